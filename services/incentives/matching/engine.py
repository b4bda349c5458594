"""Facts against every zone's policies: verdicts and sums only, fast enough to run for each change of each lead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from services.incentives.catalogue import STANDINGS, Catalogue, CompiledPolicy
from services.incentives.comparisons import MET, NOT_MET
from services.incentives.matching.combination import Candidate, combine
from services.incentives.matching.result import MatchResult, PolicyOutcome
from services.incentives.measures import Facts


def match(facts: Facts, catalogue: Catalogue, as_of: date) -> MatchResult:
    """Every policy that can be evaluated on ``as_of``, and what each zone's come to together."""
    said = catalogue.index.said(facts, as_of)
    found, verdicts = catalogue.index.verdicts(said), catalogue.index.compared(said)
    outcomes: dict[str, PolicyOutcome] = {}
    by_zone: dict[str, list[Candidate]] = {zone: [] for zone in catalogue.zones}
    standings = set()
    for compiled in catalogue.effective(as_of):
        policy = compiled.policy
        outcome = outcomes[policy.id] = outcome_of(compiled, found[policy.id], facts, verdicts)
        if compiled.barred is None:
            standings.add(policy.standing)
        if outcome.verdict == NOT_MET:
            continue
        candidate = Candidate(compiled, outcome, outcome.by_year(as_of.year))
        for zone in compiled.zones:
            if zone in by_zone:
                by_zone[zone].append(candidate)
    role = _role(facts)
    zones = {zone: combine(zone, candidates, role) for zone, candidates in by_zone.items()}
    standing = tuple(each for each in STANDINGS if each in standings)
    return MatchResult(catalogue.version, as_of, standing, outcomes, zones)


def _role(facts: Facts) -> str:
    """For whom sums are added up: an enterprise unless the facts say otherwise."""
    value = facts.get("beneficiary_role")
    return value.value if value is not None and isinstance(value.value, str) else "enterprise"


def evaluate(compiled: CompiledPolicy, facts: Facts, verdicts: Sequence[int]) -> PolicyOutcome:
    """One policy, given the verdicts of its catalogue's predicates."""
    return outcome_of(compiled, compiled.formula(verdicts), facts, verdicts)


def outcome_of(compiled: CompiledPolicy, verdict: int, facts: Facts, verdicts: Sequence[int]) -> PolicyOutcome:
    """One policy whose verdict is known."""
    leaves = compiled.decided(verdicts)
    if verdict == NOT_MET:
        return _not_met(leaves)
    low, high, known, years, calendar, returned = compiled.benefit.worth(facts, verdicts)
    if verdict == MET:
        return PolicyOutcome(verdict, leaves, low, high, known, years, calendar, returned)
    return PolicyOutcome(verdict, leaves, 0, high, known, tuple([(0, most) for _, most in years]), calendar, returned)


@lru_cache(maxsize=10_000)
def _not_met(leaves: bytes) -> PolicyOutcome:
    """What is not met comes to nothing: mostly the same few verdicts of conditions, again and again."""
    return PolicyOutcome(NOT_MET, leaves, 0, 0, known=True)
