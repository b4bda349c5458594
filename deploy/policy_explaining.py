"""``quce policy explain``: a policy in sentences, and its verdict on some facts with every condition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts.vocabulary.facts import FACTS, FactsError, FactValue, parse_facts
from contracts.vocabulary.policy_words import VERDICT_WORDS
from deploy.policy_checking import exact, sums
from deploy.policy_files import Outcome, code_names, read, read_authored, unreadable
from services.incentives.authored import AuthoringError, AuthoringProblem
from services.incentives.catalogue import CompiledPolicy, barred_on, build_catalogue
from services.incentives.evaluation.comparisons import MET, VERDICTS
from services.incentives.matching import evaluate
from services.incentives.matching.gaps import gaps
from services.incentives.matching.reckoning import reckoning
from services.incentives.matching.wording import shown, shown_quantity
from services.incentives.policy import Leaf, Policy
from services.incentives.policy_text.telling import Said, benefit_lines, condition_lines, head_lines, shared_lines

Row = dict[str, Any]
_MARKS = {"met": "●", "not_met": "○", "unknown": "◐"}
_INSIDE_NOT = {"met": "没有这种情形", "not_met": "有这种情形", "unknown": "待确认"}


def explain(file: Path, facts_file: Path | None, day: date | None, today: date) -> Outcome:
    """The policy in sentences; with facts or a day also the verdict, with every condition.

    Raises:
        Unreadable: one of the files cannot be used.
    """
    policy = read(file).policy
    verdict = None if facts_file is None and day is None else _Verdict(policy, _facts(facts_file), day or today)
    conditions = condition_lines(policy, code_names())
    rows = [_row(said, verdict) for said in conditions]
    benefit, shared = benefit_lines(policy, code_names()), shared_lines(policy)
    title, *head = head_lines(policy)
    lines = [title, *(f"  {each}" for each in head), "", "条件", *map(_line, conditions, rows)]
    lines += ["", "支持", *(f"  {each}" for each in benefit)]
    lines += ["", "与其他政策", *(f"  {each}" for each in shared)] if shared else []
    document = {
        "policy": policy.id,
        "version": policy.version,
        "conditions": rows,
        "benefit": benefit,
        "shared": shared,
        "result": None if verdict is None else verdict.document,
    }
    if verdict is not None:
        lines += ["", *verdict.lines]
    return Outcome("\n".join(lines), document)


def _facts(file: Path | None) -> dict[str, FactValue]:
    if file is None:
        return {}
    try:
        authored = read_authored(file)
    except AuthoringError as error:
        raise unreadable(file, error.problems) from error
    if not isinstance(authored.content, dict):
        raise unreadable(file, [AuthoringProblem("", 1, "应为「事实: 值」的形式，如 jobs: 300")])
    try:
        return parse_facts(authored.content, "officer")
    except FactsError as error:
        problems = [authored.problem((name,), message) for name, message in error.errors]
        raise unreadable(file, problems) from error


class _Verdict:
    """A policy on some facts on a day."""

    def __init__(self, policy: Policy, facts: Mapping[str, FactValue], day: date) -> None:
        catalogue = build_catalogue([policy], {}, illustrative=True)
        self.policy, self.facts, self.day = policy, facts, day
        self.compiled: CompiledPolicy = catalogue.policies[policy.id]
        self.outcome = evaluate(self.compiled, facts, catalogue.predicates.evaluate(facts, day))
        pairs = zip(self.compiled.leaves, self.outcome.leaves, strict=True)
        self._of = {compiled.leaf.id: verdict for compiled, verdict in pairs}

    def of(self, leaf: Leaf, *, negated: bool) -> Row:
        """One condition as it must be, and on what it was tried."""
        verdict = VERDICTS[MET - self._of[leaf.id] if negated else self._of[leaf.id]]
        tried = [shown(name, self.facts.get(name)) for name in leaf.facts]
        if leaf.quantity is not None:
            tried[: len(leaf.quantity.facts)] = [shown_quantity(leaf.quantity, self.facts, self.day)]
        return {"verdict": verdict, "tried": "、".join(tried)}

    @property
    def missing(self) -> list[str]:
        """What would have to be known."""
        open_questions = gaps(self.compiled, self.outcome, self.facts)
        return [*open_questions.missing, *open_questions.unclear]

    @property
    def notes(self) -> list[str]:
        """Why the sum would not count all the same."""
        found = [] if self.policy.holds(self.day) else ["这一天不在有效期内，系统不测算这项政策，以下只按条件判断"]
        if (barred := barred_on(self.policy, self.day)) is not None:
            words = "待清理条款" if barred == "cleanup" else "这一天没有有效的公平竞争审查"
            found.append(f"{words}，不计入合计金额")
        return found

    @property
    def document(self) -> Row:
        """For scripts."""
        return {
            "as_of": self.day.isoformat(),
            "verdict": VERDICTS[self.outcome.verdict],
            "certain_fen": exact(self.outcome.certain),
            "possible_fen": exact(self.outcome.possible),
            "missing_facts": self.missing,
            "notes": self.notes,
        }

    @property
    def lines(self) -> list[str]:
        """For people."""
        verdict = VERDICTS[self.outcome.verdict]
        lines = [f"结论（{self.day}）", f"  {_MARKS[verdict]} {VERDICT_WORDS[verdict]}，{sums(self.outcome)}"]
        how = reckoning(self.compiled, self.outcome, self.facts, self.day)
        lines += [f"  {how}"] if how else []
        lines += [f"  还缺：{'、'.join(FACTS[name].label for name in self.missing)}"] if self.missing else []
        return [*lines, *(f"  注意：{each}" for each in self.notes)]


def _row(said: Said, verdict: _Verdict | None) -> Row:
    if said.leaf is None:
        return {"group": said.group, "text": said.text}
    row: Row = {"id": said.id, "text": said.text, "sentence": said.sentence, "clause": said.leaf.clause}
    row["negated"] = said.negated
    return row | (verdict.of(said.leaf, negated=said.negated) if verdict is not None else {})


def _line(said: Said, row: Row) -> str:
    indent = "  " * (said.depth + 1)
    if said.group:
        return f"{indent}{said}"
    if "verdict" not in row:
        return f"{indent}- {said}"
    words = (_INSIDE_NOT if said.negated else VERDICT_WORDS)[row["verdict"]]
    return f"{indent}{_MARKS[row['verdict']]} {said} —— {words}，现在是：{row['tried']}"
