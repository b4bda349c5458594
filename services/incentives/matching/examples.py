"""Running a policy's own examples: a policy that contradicts one of them must not be stored."""

from __future__ import annotations

from contracts.vocabulary.amount import format_fen
from contracts.vocabulary.facts import parse_facts
from services.incentives.authored import AuthoringProblem
from services.incentives.catalogue import CompiledPolicy, build_catalogue
from services.incentives.evaluation.comparisons import MET, NOT_MET, VERDICTS
from services.incentives.matching.beside import counted, shared_names
from services.incentives.matching.engine import evaluate
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.terms import borne
from services.incentives.policy import Policy
from services.incentives.policy.examples import Example
from services.incentives.policy.parts import fen_of

_WORDS = {"met": "满足", "not_met": "不满足", "unknown": "不确定"}


def check_examples(policy: Policy) -> list[AuthoringProblem]:
    """Where examples and policy disagree; empty where all agree.

    The conditions are tried whatever the policy's validity, so that a historical clause is tried as well.
    """
    catalogue = build_catalogue([policy], {}, illustrative=True)
    compiled = catalogue.policies[policy.id]
    problems: list[AuthoringProblem] = []
    for number, example in enumerate(policy.examples):
        facts = parse_facts(example.facts, "example")
        outcome = evaluate(compiled, facts, catalogue.predicates.evaluate(facts, example.as_of))
        failing = {
            leaf.leaf.id
            for leaf, verdict in zip(compiled.leaves, outcome.leaves, strict=True)
            if verdict == (MET if leaf.negated else NOT_MET)
        }
        messages = _verdict(example, outcome) or [
            *_amounts(example, outcome),
            *_by_year(example, outcome),
            *_beside(example, compiled, outcome),
            *_borne(example, policy, outcome),
            *_returned(example, outcome),
            *_unmet(example, failing),
        ]
        problems += [
            AuthoringProblem(f"examples.{number}", None, f"例子「{example.title}」{message}") for message in messages
        ]
    return problems


def _verdict(example: Example, outcome: PolicyOutcome) -> list[str]:
    actual = VERDICTS[outcome.verdict]
    if actual == example.verdict:
        return []
    return [f"写的是{_WORDS[example.verdict]}，按条件算是{_WORDS[actual]}；请核对条件或例子"]


def _amounts(example: Example, outcome: PolicyOutcome) -> list[str]:
    wrong = []
    for name, written, actual in (
        ("certain", example.amount if example.certain is None else example.certain, outcome.certain),
        ("possible", example.amount if example.possible is None else example.possible, outcome.possible),
    ):
        if written is not None and fen_of(written) != actual:
            computed = "没有上限或无法计算" if actual is None else format_fen(actual)
            wrong.append(f"的{name}写的是{format_fen(fen_of(written))}，算出来是{computed}；请核对金额或算法")
    return wrong


def _by_year(example: Example, outcome: PolicyOutcome) -> list[str]:
    paid = [certain for certain, _ in outcome.years or ((outcome.certain, None),)]
    if example.by_year is None or [fen_of(each) for each in example.by_year] == paid:
        return []
    return [f"的 by_year 与算出来的不符，应为 {'、'.join(map(format_fen, paid))}；请核对各年的金额或算法"]


def _beside(example: Example, compiled: CompiledPolicy, outcome: PolicyOutcome) -> list[str]:
    others = example.beside or []
    strange = sorted({each.shares for each in others} - shared_names(compiled.policy))
    if strange:
        return [f"的 beside 写了 {'、'.join(strange)}，但本政策没有这样的组、支出、上限、资金池或补差对象"]
    if example.counted is None:
        return []
    return _differs("counted", example.counted, counted(compiled, outcome, others, example.as_of))


def _borne(example: Example, policy: Policy, outcome: PolicyOutcome) -> list[str]:
    if example.borne is None:
        return []
    shares = getattr(policy.benefit, "borne", None)
    paid = {} if shares is None else borne(shares.shares, outcome.certain)
    return [
        words
        for level in sorted({*example.borne, *paid})
        for words in _differs(f"borne.{level}", example.borne.get(level, 0), paid.get(level))
    ]


def _returned(example: Example, outcome: PolicyOutcome) -> list[str]:
    if example.returned is None:
        return []
    return _differs("returned", example.returned, None if outcome.returned is None else outcome.returned[0])


def _differs(name: str, written: int | str, actual: int | None) -> list[str]:
    if actual == fen_of(written):
        return []
    computed = "没有" if actual is None else format_fen(actual)
    return [f"的{name}写的是{format_fen(fen_of(written))}，算出来是{computed}；请核对金额或算法"]


def _unmet(example: Example, failing: set[str]) -> list[str]:
    extra = sorted(set(example.unmet or ()) - failing)
    return [f"的 unmet 写了 {'、'.join(extra)}，但这些条件并非不满足"] if extra else []
