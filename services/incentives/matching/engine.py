"""Facts against every zone's policies: verdicts and sums only, fast enough to run for each change of each lead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from services.incentives.catalogue import Catalogue, CompiledPolicy
from services.incentives.evaluation.comparisons import MET, NOT_MET
from services.incentives.evaluation.conditions import decided
from services.incentives.evaluation.measures import Facts
from services.incentives.evaluation.stated import Stated
from services.incentives.matching.combination import Candidate, combine
from services.incentives.matching.result import MatchResult, PolicyOutcome


def match(facts: Facts, catalogue: Catalogue, as_of: date) -> MatchResult:
    """Every policy that can be evaluated on ``as_of``, and what each zone's come to together."""
    effective, said = catalogue.laid_out(as_of), catalogue.index.said(facts, as_of)
    compared, found = catalogue.index.compared(said), effective.verdicts(catalogue.index.answers(said))
    leaves, verdicts = effective.leaves(compared), found.tobytes()
    stated, first = Stated(facts), as_of.year
    outcomes = dict(zip(effective.ids, map(_not_met, leaves), strict=True))
    by_zone: dict[str, list[Candidate]] = {zone: [] for zone in catalogue.zones}
    for place in found.nonzero()[0].tolist():
        compiled = effective.policies[place]
        outcome = outcomes[compiled.id] = _hopeful(compiled, verdicts[place], leaves[place], stated, compared)
        candidate = Candidate(compiled, outcome, outcome.by_year(first))
        for zone in compiled.zones:
            if zone in by_zone:
                by_zone[zone].append(candidate)
    role = _role(facts)
    zones = {zone: combine(zone, candidates, role) for zone, candidates in by_zone.items()}
    return MatchResult(catalogue.version, as_of, effective.standing, outcomes, zones)


def _role(facts: Facts) -> str:
    """For whom sums are added up: an enterprise unless the facts say otherwise."""
    value = facts.get("beneficiary_role")
    return value.value if value is not None and isinstance(value.value, str) else "enterprise"


def evaluate(compiled: CompiledPolicy, facts: Facts, verdicts: Sequence[int]) -> PolicyOutcome:
    """One policy, given the verdicts of its catalogue's predicates."""
    verdict, leaves = compiled.formula(verdicts), decided(compiled.leaves, verdicts)
    return _not_met(leaves) if verdict == NOT_MET else _hopeful(compiled, verdict, leaves, Stated(facts), verdicts)


def _hopeful(
    compiled: CompiledPolicy, verdict: int, leaves: bytes, stated: Stated, verdicts: Sequence[int]
) -> PolicyOutcome:
    """What is met, or may yet be: then nothing of it is certain."""
    worth = compiled.benefit.worth(stated, verdicts)
    if verdict == MET:
        return PolicyOutcome._make((verdict, leaves, *worth))
    _, high, known, years, calendar, returned = worth
    if years:
        years = tuple([(0, most) for _, most in years])
    return PolicyOutcome(verdict, leaves, 0, high, known, years, calendar, returned)


@lru_cache(maxsize=10_000)
def _not_met(leaves: bytes) -> PolicyOutcome:
    """What is not met comes to nothing: mostly the same few verdicts of conditions, again and again."""
    return PolicyOutcome(NOT_MET, leaves, 0, 0, known=True)
