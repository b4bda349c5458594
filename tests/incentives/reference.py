"""The logic of conditions once more, written for reading and not for speed: what the compiled one must agree with.

A fact is the set of values it may still have. A comparison is met where all of them satisfy it, not met where none
does, unknown otherwise; trees follow Kleene's tables as he printed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.industry import within
from services.incentives.policy import Leaf
from services.incentives.policy.tree import All, AnyOf, Not

NOT = {"met": "not_met", "not_met": "met", "unknown": "unknown"}


def verdict(node: Any, facts: Mapping[str, FactValue]) -> str:
    """The verdict of a tree."""
    if isinstance(node, Leaf):
        assert node.fact is not None
        return _leaf(node, facts.get(node.fact))
    if isinstance(node, Not):
        return NOT[verdict(node.not_, facts)]
    children = [verdict(child, facts) for child in (node.all if isinstance(node, All) else node.any)]
    decisive, weak = ("not_met", "met") if isinstance(node, All) else ("met", "not_met")
    assert isinstance(node, All | AnyOf)
    if decisive in children:
        return decisive
    return "unknown" if "unknown" in children else weak


def _leaf(leaf: Leaf, value: FactValue | None) -> str:
    if value is None or value.state in ("missing", "conflict"):
        return "unknown"
    if value.state == "not_applicable":
        return "not_met"
    plain = value.value
    if isinstance(plain, Amount) and (plain.pending or plain.currency != "CNY"):
        return "met" if leaf.op == "known" and not plain.pending else "unknown"
    if leaf.op == "known":
        return "met"
    answers = {_holds(leaf, each) for each in _candidates(leaf, plain)}
    return "unknown" if len(answers) > 1 else "met" if True in answers else "not_met"


def _candidates(leaf: Leaf, plain: Any) -> list[Any]:
    """Every value worth trying: both ends of a range, and each threshold inside it with its neighbours."""
    if isinstance(plain, Amount):
        low, high = plain.low or 0, 10**18 if plain.high is None else plain.high
        marks = {mark + step for mark in _thresholds(leaf.value) for step in (-1, 0, 1)}
        return sorted({low, high} | {mark for mark in marks if low <= mark <= high})
    if leaf.measure.kind == "code":
        finer = [each for each in _codes(leaf.value) if within(each, plain) and each != plain]
        return [plain, *finer]
    return [plain]


def _thresholds(written: Any) -> list[int]:
    if isinstance(written, dict):
        return [each for name, each in written.items() if name in ("low", "high") and each is not None]
    return list(written) if isinstance(written, list) else [written]


def _codes(written: Any) -> list[str]:
    return list(written) if isinstance(written, list) else [written]


def _holds(leaf: Leaf, value: Any) -> bool:  # noqa: C901 - one line an operator
    op = leaf.op
    wanted: Any = leaf.value
    if leaf.measure.kind == "date" and op != "between":
        value = date.fromisoformat(value)
        wanted = [date.fromisoformat(each) for each in wanted] if op == "in" else date.fromisoformat(wanted)
    match op:
        case "eq":
            return bool(value == wanted)
        case "ne":
            return bool(value != wanted)
        case "ge":
            return bool(value >= wanted)
        case "gt":
            return bool(value > wanted)
        case "le":
            return bool(value <= wanted)
        case "lt":
            return bool(value < wanted)
        case "in":
            return value in wanted
        case "prefix_in":
            return any(within(value, each) for each in wanted)
        case "contains":
            return wanted in value
    above = value > wanted["low"] if wanted["low_open"] else value >= wanted["low"]
    below = value < wanted["high"] if wanted["high_open"] else value <= wanted["high"]
    return bool(above and below)
