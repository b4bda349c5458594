"""What stands between a project and a policy: which facts to ask for, which numbers to reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.catalogue import CompiledPolicy
from services.incentives.evaluation.comparisons import NOT_MET, UNKNOWN
from services.incentives.evaluation.measures import HOME, Facts, read_fact
from services.incentives.matching.result import PolicyOutcome
from services.incentives.policy import Leaf

_FINEST = 4
"""Digits of an industry code that stands for one industry."""


class Gaps(NamedTuple):
    """``missing`` facts were never stated, ``unclear`` ones not clearly enough to decide."""

    missing: list[str]
    unclear: list[str]


def gaps(compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts) -> Gaps:
    """The facts that would decide a policy or its amount, in written order."""
    if outcome.verdict == NOT_MET:
        return Gaps([], [])
    names: list[str] = []
    if outcome.verdict == UNKNOWN:
        for place in compiled.phrases.undecided.among(outcome.leaves):
            names += _open_in(compiled.leaves[place].leaf, facts)
    names += [name for name in compiled.benefit.needs if _unreadable(facts.get(name))]
    found = Gaps([], [])
    for name in dict.fromkeys(names):
        (found.unclear if _is_stated(facts.get(name)) else found.missing).append(name)
    return found


def _open_in(leaf: Leaf, facts: Facts) -> Sequence[str]:
    """The facts that leave a condition open: those nobody stated, else those said too vaguely, else all."""
    if len(leaf.facts) == 1:
        return leaf.facts
    silent = [name for name in leaf.facts if _unreadable(facts.get(name))]
    return silent or [name for name in leaf.facts if _vague(name, facts.get(name))] or leaf.facts


def _unreadable(value: FactValue | None) -> bool:
    if value is None or value.state == "not_applicable":
        return value is None
    reading = read_fact(value)
    return reading is None or reading.currency not in HOME


def _vague(name: str, value: FactValue | None) -> bool:
    """Whether it may still be said more exactly: a sum between bounds, a code that stands for several."""
    reading = read_fact(value)
    if reading is None:
        return False
    return reading.low != reading.high or (FACTS[name].kind == "code" and len(reading.low) < _FINEST)


def _is_stated(value: FactValue | None) -> bool:
    return value is not None and (value.state == "conflict" or (value.state == "value" and value.value is not None))
