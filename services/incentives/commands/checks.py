"""The checks of a draft: red flags and their answers, idle conditions, overlaps, what keeps it from publication."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from kit.auth import Principal
from kit.errors import Problem
from kit.ports import Ports
from services.incentives.authored import dotted
from services.incentives.commands.gate import publishable
from services.incentives.errors import PolicyNotFound
from services.incentives.fair_competition import Flag, flags_of
from services.incentives.policy import Policy, stored_policy
from services.incentives.policy_checks import Finding, check_policy, compare
from services.incentives.repository import POLICIES, Library, scope_of_author, today
from services.incentives.schemas import ChecksAnswer, FindingAnswer, FlagAnswer


async def checks(ports: Ports, library: Library, principal: Principal, id: str) -> ChecksAnswer:
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
    published = library.coming(today(ports))
    flags, findings = await asyncio.to_thread(_all, policy, published)
    reasons = _reasons(policy, draft)
    return ChecksAnswer(
        policy=id,
        version=version,
        draft=draft is not None,
        blocked=None if draft is None else _blocked(lambda: publishable(record, draft, today(ports))),
        flags=[_flag(each, reasons) for each in flags],
        findings=[FindingAnswer(level=each.level, path=dotted(each.path), message=each.message) for each in findings],
    )


def _all(policy: Policy, published: list[Policy]) -> tuple[list[Flag], list[Finding]]:
    return flags_of(policy), [*check_policy(policy), *compare(policy, published)]


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


def _flag(flag: Flag, reasons: dict[str, str]) -> FlagAnswer:
    rule = flag.rule
    return FlagAnswer(
        rule=rule.id,
        name=rule.name,
        path=dotted(flag.path),
        found=list(flag.found),
        advice=rule.advice,
        articles=[str(each) for each in rule.articles],
        reason=reasons.get(rule.id),
    )
