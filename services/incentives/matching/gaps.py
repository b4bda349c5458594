"""What stands between a project and a policy: which facts to ask for, which numbers to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.catalogue import CompiledPolicy
from services.incentives.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.conditions import threshold
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.wording import shown_number
from services.incentives.measures import HOME, Facts, Reading, read_fact
from services.incentives.policy import Leaf
from services.incentives.policy.lookups import Lookup
from services.incentives.policy.operands import NUMERIC_KINDS, Operand
from services.incentives.policy.tree import All, AnyOf, Not

MAX_CHANGES = 3
_UNLESS = {"ge": "lt", "gt": "le", "le": "gt", "lt": "ge", "ne": "eq"}

Verdicts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """A number to reach: from what was stated to the threshold, in the units of the fact."""

    fact: str
    from_: int
    to: int
    text: str


@dataclass(frozen=True, slots=True)
class Gaps:
    """``missing`` facts were never stated, ``unclear`` ones not clearly enough to decide."""

    missing: list[str]
    unclear: list[str]


def gaps(compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts) -> Gaps:
    """The facts that would decide a policy or its amount, in written order."""
    verdicts = leaf_verdicts(compiled, outcome)
    names = _undecided(compiled.policy.requirements, verdicts, facts)
    if outcome.verdict != NOT_MET:
        names += [name for name in compiled.benefit.needs if _unreadable(facts.get(name))]
    unique = list(dict.fromkeys(names))
    stated = [name for name in unique if _is_stated(facts.get(name))]
    return Gaps([name for name in unique if name not in stated], stated)


def nearest(compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts) -> list[Change]:
    """The fewest numbers to change for a policy that is not met; empty where numbers alone cannot help."""
    if outcome.verdict != NOT_MET:
        return []
    changes = _changes(compiled.policy.requirements, leaf_verdicts(compiled, outcome), facts, wanted=True)
    return changes if changes is not None and len(changes) <= MAX_CHANGES else []


def leaf_verdicts(compiled: CompiledPolicy, outcome: PolicyOutcome) -> Verdicts:
    """Each condition's verdict by its id."""
    return {each.leaf.id: verdict for each, verdict in zip(compiled.leaves, outcome.leaves, strict=True)}


def _verdict(node: Any, verdicts: Verdicts) -> int:
    if isinstance(node, Leaf):
        return verdicts[node.id]
    if isinstance(node, Not):
        return MET - _verdict(node.not_, verdicts)
    if isinstance(node, All):
        return min(_verdict(child, verdicts) for child in node.all)
    return max(_verdict(child, verdicts) for child in node.any)


def _undecided(node: Any, verdicts: Verdicts, facts: Facts) -> list[str]:
    if _verdict(node, verdicts) != UNKNOWN:
        return []
    if isinstance(node, Leaf):
        return [name for name in node.facts if _unreadable(facts.get(name))] or list(node.facts)
    children = [node.not_] if isinstance(node, Not) else node.all if isinstance(node, All) else node.any
    return [name for child in children for name in _undecided(child, verdicts, facts)]


def _unreadable(value: FactValue | None) -> bool:
    if value is not None and value.state == "not_applicable":
        return False
    reading = read_fact(value)
    return reading is None or reading.currency not in HOME


def _is_stated(value: FactValue | None) -> bool:
    return value is not None and (value.state == "conflict" or (value.state == "value" and value.value is not None))


def _changes(node: Any, verdicts: Verdicts, facts: Facts, *, wanted: bool) -> list[Change] | None:
    """The fewest changes that make ``node`` come out as wanted; None where numbers cannot."""
    if isinstance(node, Leaf):
        return _leaf_changes(node, verdicts[node.id], facts, wanted=wanted)
    if isinstance(node, Not):
        return _changes(node.not_, verdicts, facts, wanted=not wanted)
    children = node.any if isinstance(node, AnyOf) else node.all
    found = [_changes(child, verdicts, facts, wanted=wanted) for child in children]
    if isinstance(node, All) == wanted:
        together: list[Change] = []
        for each in found:
            if each is None:
                return None
            together += each
        return together
    possible = [each for each in found if each is not None]
    return min(possible, key=len) if possible else None


def _leaf_changes(leaf: Leaf, verdict: int, facts: Facts, *, wanted: bool) -> list[Change] | None:
    if verdict == UNKNOWN or verdict == (MET if wanted else NOT_MET):
        return []
    if leaf.fact is None or isinstance(leaf.value, Lookup):
        return None
    reading = read_fact(facts.get(leaf.fact))
    if FACTS[leaf.fact].kind not in NUMERIC_KINDS or reading is None:
        return None
    op = leaf.op if wanted else _UNLESS.get(leaf.op, "")
    span = _span(op, threshold(leaf, leaf.value))
    if span is None:
        return None
    change = _reach(leaf.fact, reading, *span)
    return None if change is None else [change]


def _span(op: str, operand: Operand) -> tuple[int | None, int | None] | None:
    """The closed interval of numbers that satisfy a comparison; None where it is no interval."""
    low, high = (*operand.values, None, None)[:2] if operand.values else (None, None)
    if op == "between":
        return _inner(low, operand.low_open, 1), _inner(high, operand.high_open, -1)
    edges: Mapping[str, tuple[Any, Any]] = {
        "eq": (low, low),
        "ge": (low, None),
        "gt": (_inner(low, True, 1), None),
        "le": (None, low),
        "lt": (None, _inner(low, True, -1)),
    }
    return edges.get(op)


def _inner(end: Any, is_open: bool, step: int) -> int | None:
    return None if end is None else int(end) + (step if is_open else 0)


def _reach(name: str, reading: Reading, low: int | None, high: int | None) -> Change | None:
    fact = FACTS[name]
    if low is not None and reading.low < low:
        start, target, verb = reading.low, low, "增加"
    elif high is not None and high >= 0 and reading.high > high and reading.high != math.inf:
        start, target, verb = reading.high, high, "减少"
    else:
        return None
    words = [shown_number(fact, number, reading.currency) for number in (start, target, abs(target - start))]
    return Change(name, start, target, f"{fact.label}从{words[0]}{verb}到{words[1]}（相差{words[2]}）即可满足这一条")
