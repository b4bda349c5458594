"""What stands between a project and a policy: which facts to ask for, which numbers to reach."""

from __future__ import annotations

from collections.abc import Mapping
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

Verdicts = Mapping[str, int]


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
        silent = [name for name in node.facts if _unreadable(facts.get(name))]
        return silent or [name for name in node.facts if _vague(name, facts.get(name))] or list(node.facts)
    children = [node.not_] if isinstance(node, Not) else node.all if isinstance(node, All) else node.any
    return [name for child in children for name in _undecided(child, verdicts, facts)]


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
