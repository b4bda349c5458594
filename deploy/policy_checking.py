"""``quce policy lint`` and ``test``: what a policy file's author should mend before anybody else reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contracts.vocabulary.amount import format_fen
from contracts.vocabulary.facts import parse_facts
from contracts.vocabulary.policy_words import VERDICT_WORDS
from deploy.policy_files import Outcome, Unreadable, Written, read, shipped, where
from services.incentives.authored import AuthoringProblem, steps_of
from services.incentives.catalogue import build_catalogue
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.fair_competition import RULES, flags_of, unanswered
from services.incentives.matching import PolicyOutcome, check_examples, evaluate
from services.incentives.policy import Policy
from services.incentives.policy.examples import Example
from services.incentives.policy_checks import check_policy, compare

LEVELS = {"error": "错误", "flag": "红旗", "warning": "提醒", "unchecked": "未检查", "answered": "已说明"}
_EXACT = 9 * 10**15
_TO_MEND = ("error", "flag")
Row = dict[str, Any]


def lint(file: Path) -> Outcome:
    """Schema, examples, conditions, red flags and what ships beside it.

    Raises:
        Unreadable: there is no such file, it is too long, or it is no text.
    """
    try:
        written = read(file)
    except Unreadable as error:
        if not error.read:
            raise
        return Outcome(error.outcome.text, error.outcome.document, 1)
    rows = _rows(written)
    left = [row for row in rows if row["level"] in _TO_MEND]
    lines = [f"{where(file, _place(row))} {LEVELS[row['level']]}：{row['message']}" for row in rows]
    counted = "、".join(
        f"{label} {count} 处"
        for level, label in LEVELS.items()
        if (count := sum(row["level"] == level for row in rows))
    )
    lines += [f"  {RULES[rule].name}：{article}" for rule, article in _articles(rows)]
    lines.append(f"{file.name}：{counted or '没有发现问题'}")
    return Outcome("\n".join(lines), {"file": str(file), "ok": not left, "problems": rows}, 1 if left else 0)


def _articles(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The articles of every rule that is touched, each once."""
    touched = dict.fromkeys(row["rule"] for row in rows if "rule" in row)
    return [(rule, str(article)) for rule in touched for article in RULES[rule].articles]


def _rows(written: Written) -> list[Row]:
    """Everything found, in the order of the file."""
    policy, authored = written.policy, written.authored
    rows = [_row("error", authored.problem(steps_of(each.path), each.message)) for each in check_examples(policy)]
    others = [each for each in shipped().values() if each != policy]
    rows += [
        _row(each.level, authored.problem(each.path, each.message))
        for each in (*check_policy(policy), *compare(policy, others))
    ]
    open_flags = [] if policy.standing == "historical" else unanswered(policy)
    for flag in flags_of(policy):
        level = "flag" if flag in open_flags else "answered" if policy.standing != "historical" else "warning"
        rows.append(_row(level, authored.problem(flag.path, flag.message)) | {"rule": flag.rule.id})
    return sorted(rows, key=lambda row: (row["line"] or 0, row["column"] or 0))


def _row(level: str, problem: AuthoringProblem) -> Row:
    return {"level": level, **asdict(problem)}


def _place(row: Row) -> AuthoringProblem:
    return AuthoringProblem(row["path"], row["line"], row["message"], row["column"])


def run_examples(file: Path) -> Outcome:
    """Every worked example, with what came out.

    Raises:
        Unreadable: it is no policy.
    """
    written = read(file)
    wrong: dict[int, list[str]] = {}
    for problem in check_examples(written.policy):
        wrong.setdefault(int(steps_of(problem.path)[1]), []).append(problem.message)
    rows = [
        {**outcome, "ok": number not in wrong, "problems": wrong.get(number, [])}
        for number, outcome in enumerate(_outcomes(written.policy))
    ]
    lines = []
    for number, row in enumerate(rows):
        lines.append(f"{'通过' if row['ok'] else '不符'}  {row['title']}（{row['as_of']}）：{row['came_out']}")
        place = written.authored.problem(("examples", number), "")
        lines += [f"      {where(file, place)}：{message}" for message in row["problems"]]
    passed = sum(row["ok"] for row in rows)
    lines.append(f"{file.name}：{len(rows)} 个例子，{passed} 个通过，{len(rows) - passed} 个不符")
    document = {"file": str(file), "ok": passed == len(rows), "examples": rows}
    return Outcome("\n".join(lines), document, 0 if passed == len(rows) else 1)


def _outcomes(policy: Policy) -> list[Row]:
    catalogue = build_catalogue([policy], {}, illustrative=True)
    compiled = catalogue.policies[policy.id]

    def outcome(example: Example) -> Row:
        facts = parse_facts(example.facts, "example")
        found = evaluate(compiled, facts, catalogue.predicates.evaluate(facts, example.as_of))
        return {
            "title": example.title,
            "as_of": example.as_of.isoformat(),
            "verdict": VERDICTS[found.verdict],
            "certain_fen": exact(found.certain),
            "possible_fen": exact(found.possible),
            "came_out": f"{VERDICT_WORDS[VERDICTS[found.verdict]]}，{sums(found)}",
        }

    return [outcome(each) for each in policy.examples]


def exact(fen: int | None) -> int | str | None:
    """A sum as JSON carries it to the last fen, in text where it is too large for a number."""
    return fen if fen is None or fen <= _EXACT else str(fen)


def sums(found: PolicyOutcome) -> str:
    """What a policy comes to, in words."""
    if found.possible is None:
        bound = "没有上限" if found.known else "金额另议"
        return f"确定{format_fen(found.certain)}，{bound}" if found.certain else bound
    if found.certain == found.possible:
        return format_fen(found.certain)
    return f"确定{format_fen(found.certain)}，最多{format_fen(found.possible)}"
