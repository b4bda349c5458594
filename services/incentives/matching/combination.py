"""What a zone's policies come to together: of an exclusive group only the best counts (就高不重复)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.incentives.catalogue import CompiledPolicy
from services.incentives.comparisons import MET
from services.incentives.matching.result import LeftOut, PolicyOutcome, Year, ZoneOutcome
from services.incentives.spans import ENDLESS


class Candidate(NamedTuple):
    """A policy that is met or may yet be, with its sums by year."""

    compiled: CompiledPolicy
    outcome: PolicyOutcome
    years: Sequence[Year]

    @property
    def comparable(self) -> bool:
        """Whether it has a figure or a bound that a known fact would turn into one."""
        return self.outcome.known or self.compiled.benefit.computable

    @property
    def sure(self) -> tuple[int, float]:
        """For the best certain sum; the possible one breaks ties."""
        return self.outcome.certain, self.hoped[0]

    @property
    def hoped(self) -> tuple[float, int]:
        """For the best possible sum."""
        return ENDLESS if self.outcome.possible is None else self.outcome.possible, self.outcome.certain


class _Total:
    """A zone's sums as they are added up."""

    def __init__(self) -> None:
        self.certain: dict[int, int] = defaultdict(int)
        self.possible: dict[int, int | None] = defaultdict(int)
        self.amount_unknown = 0
        self.left_out: dict[str, tuple[LeftOut, str]] = {}

    def add(self, sure: Candidate, hoped: Candidate) -> None:
        for year, certain, _ in sure.years:
            self.certain[year] += certain
        for year, _, possible in hoped.years:
            before = self.possible[year]
            self.possible[year] = None if before is None or possible is None else before + possible

    def leave_out(self, each: Candidate, why: LeftOut, beside: str) -> None:
        self.left_out[each.compiled.id] = (why, beside)


def combine(zone: str, candidates: Iterable[Candidate], role: str) -> ZoneOutcome:
    """The best combination of a zone's candidates for one beneficiary: others' money is not added to theirs."""
    total = _Total()
    groups: dict[str, list[Candidate]] = defaultdict(list)
    met = unknown = 0
    for each in candidates:
        met += each.outcome.verdict == MET
        unknown += each.outcome.verdict != MET
        policy = each.compiled.policy
        if each.compiled.barred is not None:
            total.leave_out(each, each.compiled.barred, "")
        elif policy.beneficiary != role:
            total.leave_out(each, "beneficiary", "")
        elif policy.exclusive_group is None:
            _add_single(total, each)
        else:
            groups[policy.exclusive_group].append(each)
    for group in groups.values():
        _add_best(total, group)
    years = sorted({*total.certain, *total.possible})
    by_year = tuple((year, total.certain.get(year, 0), total.possible.get(year, 0)) for year in years)
    bounded = [possible for _, _, possible in by_year if possible is not None]
    return ZoneOutcome(
        zone,
        sum(certain for _, certain, _ in by_year),
        sum(bounded) if len(bounded) == len(by_year) else None,
        total.amount_unknown,
        met,
        unknown,
        by_year,
        total.left_out,
    )


def _add_single(total: _Total, each: Candidate) -> None:
    total.amount_unknown += not each.outcome.known
    if each.comparable:
        total.add(each, each)


def _add_best(total: _Total, group: list[Candidate]) -> None:
    total.amount_unknown += sum(not each.outcome.known for each in group)
    comparable = [each for each in group if each.comparable]
    if not comparable:
        return
    sure = max(comparable, key=lambda each: each.sure)
    hoped = max(comparable, key=lambda each: each.hoped)
    total.add(sure, hoped)
    leading = sure if sure.outcome.certain else hoped
    for each in group:
        if each is not leading:
            why: LeftOut = "exclusive" if each.comparable else "incomparable"
            total.leave_out(each, "contender" if each is hoped else why, leading.compiled.id)
