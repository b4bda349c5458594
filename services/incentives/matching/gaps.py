"""What stands between a project and a policy: which facts to ask for, which numbers to reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.catalogue import CompiledPolicy
from services.incentives.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.matching.result import PolicyOutcome
from services.incentives.measures import HOME, Facts, read_fact
from services.incentives.policy import Leaf
from services.incentives.policy.tree import All, Not

_FINEST = 4
"""Digits of an industry code that stands for one industry."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """``missing`` facts were never stated, ``unclear`` ones not clearly enough to decide."""

    missing: list[str]
    unclear: list[str]


def gaps(compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts) -> Gaps:
    """The facts that would decide a policy or its amount, in written order."""
    if outcome.verdict == NOT_MET:
        return Gaps([], [])
    names: list[str] = []
    if outcome.verdict == UNKNOWN:
        names += _undecided(compiled.policy.requirements, iter(outcome.leaves), facts)[1]
    names += [name for name in compiled.benefit.needs if _unreadable(facts.get(name))]
    unique = list(dict.fromkeys(names))
    stated = [name for name in unique if _is_stated(facts.get(name))]
    return Gaps([name for name in unique if name not in stated], stated)


def _undecided(node: Any, verdicts: Iterator[int], facts: Facts) -> tuple[int, list[str]]:
    """The verdict of a node, and the facts that leave it open; ``verdicts`` are those of its leaves and all behind."""
    if isinstance(node, Leaf):
        verdict = next(verdicts)
        if verdict != UNKNOWN:
            return verdict, []
        return verdict, _open_in(node, facts)
    if isinstance(node, Not):
        verdict, names = _undecided(node.not_, verdicts, facts)
        return MET - verdict, names
    every = isinstance(node, All)
    found = [_undecided(child, verdicts, facts) for child in (node.all if every else node.any)]
    verdict = (min if every else max)([each for each, _ in found])
    return verdict, [name for _, names in found for name in names] if verdict == UNKNOWN else []


def _open_in(leaf: Leaf, facts: Facts) -> list[str]:
    """The facts that leave a condition open: those nobody stated, else those said too vaguely, else all."""
    silent = [name for name in leaf.facts if _unreadable(facts.get(name))]
    return silent or [name for name in leaf.facts if _vague(name, facts.get(name))] or list(leaf.facts)


def _unreadable(value: FactValue | None) -> bool:
    if value is not None and value.state == "not_applicable":
        return False
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
