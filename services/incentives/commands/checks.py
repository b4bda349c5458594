"""The checks of a draft, or of a text that nobody has saved: red flags and their answers, idle conditions, overlaps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.auth import Principal
from kit.errors import Problem
from kit.ports import Ports
from services.incentives.authored import Authored, AuthoringError, AuthoringProblem, dotted, read_yaml
from services.incentives.commands.gate import publishable
from services.incentives.commands.soundness import DRAFT, unsound
from services.incentives.errors import PolicyNotFound
from services.incentives.fair_competition import Flag, flags_of
from services.incentives.policy import Policy, policy_of, stored_policy
from services.incentives.policy_checks import Finding, check_policy, compare
from services.incentives.policy_text.comparing import changes
from services.incentives.policy_text.telling import benefit_lines, condition_lines, head_lines, shared_lines
from services.incentives.repository import POLICIES, CodeTables, Library, scope_of_author, today
from services.incentives.schemas import (
    ChangeAnswer,
    CheckAnswer,
    ChecksAnswer,
    FindingAnswer,
    FlagAnswer,
    ProblemAnswer,
    ReadingAnswer,
    SaidAnswer,
)

Codes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a text is checked against: what is in effect, what will be as well, and the names of industries."""

    published: Mapping[str, Policy]
    coming: Sequence[Policy]
    codes: Codes

    @classmethod
    def of(cls, ports: Ports, library: Library, tables: CodeTables) -> Beside:
        """As of now."""
        day = today(ports)
        codes = {row.code: row.name for row in tables.table(None, day).rows}
        return cls({id: each.policy for id, each in library.current.policies.items()}, library.coming(day), codes)


async def checks(ports: Ports, library: Library, tables: CodeTables, principal: Principal, id: str) -> ChecksAnswer:
    """Check the draft of a policy against itself, the rules and what is published.

    Raises:
        PolicyNotFound: there is no such policy.
    """
    record = await ports.store.get(POLICIES.name, scope_of_author(principal), id)
    if record is None:
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    draft: dict[str, Any] | None = record.body["draft"]
    policy = stored_policy((draft or record.body)["document"], id)
    version = policy.version if draft is None else record.body["version"] + 1
    policy = policy.model_copy(update={"version": version})
    former = None if draft is None or record.body["document"] is None else stored_policy(record.body["document"], id)
    written, beside = _written(draft), Beside.of(ports, library, tables)
    flags, findings = await asyncio.to_thread(_found, policy, beside, written, _reasons(policy, draft))
    return ChecksAnswer(
        policy=id,
        version=version,
        draft=draft is not None,
        blocked=None if draft is None else _blocked(lambda: publishable(record, draft, today(ports))),
        flags=flags,
        findings=findings,
        changes=[] if former is None else _changes(former, policy, beside.codes),
        reading=_reading(policy, beside.codes),
    )


async def check_text(ports: Ports, library: Library, tables: CodeTables, text: str) -> CheckAnswer:
    """Check a text as a draft would be, and keep nothing of it."""
    return await asyncio.to_thread(_checked, text, Beside.of(ports, library, tables))


def _checked(text: str, beside: Beside) -> CheckAnswer:
    try:
        written = read_yaml(text, DRAFT)
        policy = policy_of(written)
    except AuthoringError as error:
        problems = [_problem(each) for each in error.problems]
        return CheckAnswer(
            policy=None, title=None, problems=problems, flags=[], findings=[], changes=[], reading=None
        )  # fmt: skip
    flags, findings = _found(policy, beside, written, {})
    former = beside.published.get(policy.id)
    return CheckAnswer(
        policy=policy.id,
        title=policy.title,
        problems=[_problem(each) for each in unsound(policy, written)],
        flags=flags,
        findings=[each for each in findings if each.level != "error"],
        changes=[] if former is None else _changes(former, policy, beside.codes),
        reading=_reading(policy, beside.codes),
    )


def _written(draft: Mapping[str, Any] | None) -> Authored | None:
    """The author's own text; none where a draft came as JSON, or from a release that kept none."""
    text = None if draft is None else draft.get("text")
    try:
        return None if text is None else read_yaml(text, DRAFT)
    except AuthoringError:
        return None


def _found(
    policy: Policy, beside: Beside, written: Authored | None, reasons: Mapping[str, str]
) -> tuple[list[FlagAnswer], list[FindingAnswer]]:
    place = written or Authored(DRAFT, {}, {})
    found = [*check_policy(policy), *compare(policy, beside.coming)]
    flags = [_flag(each, place, reasons) for each in flags_of(policy)]
    return flags, [_finding(each, place) for each in found]


def _reasons(policy: Policy, draft: dict[str, Any] | None) -> dict[str, str]:
    """By rule: those that the draft's review gives, or of what is published its own."""
    if draft is not None:
        return {each["rule"]: each["reason"] for each in (draft["review"] or {}).get("overrides", [])}
    return {} if policy.review is None else {each.rule: each.reason for each in policy.review.overrides}


def _blocked(publish: Callable[[], Policy]) -> str | None:
    try:
        publish()
    except Problem as problem:
        return problem.detail
    return None


def _problem(each: AuthoringProblem) -> ProblemAnswer:
    return ProblemAnswer(path=each.path, line=each.line, column=each.column, message=each.message)


def _flag(flag: Flag, written: Authored, reasons: Mapping[str, str]) -> FlagAnswer:
    rule, place = flag.rule, written.problem(flag.path, "")
    return FlagAnswer(
        rule=rule.id,
        name=rule.name,
        path=dotted(flag.path),
        found=list(flag.found),
        advice=rule.advice,
        articles=[str(each) for each in rule.articles],
        reason=reasons.get(rule.id),
        line=place.line,
        column=place.column,
    )


def _finding(found: Finding, written: Authored) -> FindingAnswer:
    place = written.problem(found.path, found.message)
    return FindingAnswer(
        level=found.level, path=place.path, message=place.message, line=place.line, column=place.column
    )


def _changes(former: Policy, policy: Policy, codes: Codes) -> list[ChangeAnswer]:
    """What the author changed: number and review are those of the publication to come."""
    found = changes(former, policy.model_copy(update={"version": former.version, "review": former.review}), codes)
    return [ChangeAnswer(**each._asdict()) for each in found]


def _reading(policy: Policy, codes: Codes) -> ReadingAnswer:
    conditions = condition_lines(policy, codes)
    return ReadingAnswer(
        head=head_lines(policy),
        conditions=[SaidAnswer(depth=each.depth, group=bool(each.group), text=str(each)) for each in conditions],
        benefit=benefit_lines(policy, codes),
        shared=shared_lines(policy),
        examples=[each.title for each in policy.examples],
    )
