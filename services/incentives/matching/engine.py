"""Facts against every zone's policies: verdicts and sums only, fast enough to run for each change of each lead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.incentives.catalogue import Catalogue, CompiledPolicy
from services.incentives.evaluation.comparisons import MET, NOT_MET
from services.incentives.evaluation.conditions import decided
from services.incentives.evaluation.measures import Facts
from services.incentives.evaluation.spans import made
from services.incentives.evaluation.stated import Stated
from services.incentives.matching.combination import Candidate, combine
from services.incentives.matching.result import MatchResult, Outcomes, PolicyOutcome, not_met


def match(facts: Facts, catalogue: Catalogue, as_of: date) -> MatchResult:
    """Every policy that can be evaluated on ``as_of``, and what each zone's come to together."""
    effective, said = catalogue.laid_out(as_of), catalogue.index.said(facts, as_of)
    compared, found = catalogue.index.compared(said), effective.verdicts(catalogue.index.answers(said))
    leaves, verdicts = effective.leaves(compared), found.tobytes()
    stated, year = Stated(facts), as_of.year
    hopeful: dict[str, PolicyOutcome] = {}
    by_zone: dict[str, list[Candidate]] = {zone: [] for zone in catalogue.zones}
    for place in found.nonzero()[0].tolist():
        compiled = effective.policies[place]
        of_one = leaves[effective.parts[compiled.id]]
        outcome = hopeful[compiled.id] = _hopeful(compiled, verdicts[place], of_one, stated, compared)
        candidate = made(Candidate, (compiled, outcome, year))
        for zone in compiled.zones:
            if zone in by_zone:
                by_zone[zone].append(candidate)
    role = _role(facts)
    zones = {zone: combine(zone, candidates, role) for zone, candidates in by_zone.items()}
    outcomes = Outcomes(hopeful, leaves, effective.parts)
    return MatchResult(catalogue.version, as_of, effective.standing, outcomes, zones)


def _role(facts: Facts) -> str:
    """For whom sums are added up: an enterprise unless the facts say otherwise."""
    value = facts.get("beneficiary_role")
    return value.value if value is not None and isinstance(value.value, str) else "enterprise"


def evaluate(compiled: CompiledPolicy, facts: Facts, verdicts: Sequence[int]) -> PolicyOutcome:
    """One policy, given the verdicts of its catalogue's predicates."""
    verdict, leaves = compiled.formula(verdicts), decided(compiled.leaves, verdicts)
    return not_met(leaves) if verdict == NOT_MET else _hopeful(compiled, verdict, leaves, Stated(facts), verdicts)


def _hopeful(
    compiled: CompiledPolicy, verdict: int, leaves: bytes, stated: Stated, verdicts: Sequence[int]
) -> PolicyOutcome:
    """What is met, or may yet be: then nothing of it is certain."""
    low, high, known, years, calendar, returned = compiled.benefit.worth(stated, verdicts)
    if verdict != MET:
        low, years = 0, years and tuple([(0, most) for _, most in years])
    return made(PolicyOutcome, (verdict, leaves, low, high, known, years, calendar, returned))
