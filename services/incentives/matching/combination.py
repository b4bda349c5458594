"""What a zone's policies come to together: the best of what may be claimed at once, within the caps they share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from contracts.vocabulary.policy_words import LeftOut
from services.incentives.catalogue import CompiledPolicy
from services.incentives.evaluation.comparisons import MET
from services.incentives.evaluation.spans import ENDLESS, told
from services.incentives.matching.result import PolicyOutcome, Reached, Year, ZoneOutcome
from services.incentives.matching.selection import Item, Selection, select
from services.incentives.policy import base_of
from services.incentives.policy.combination import GROUP, VERSION, Limit


class Candidate(NamedTuple):
    """A policy that is met or may yet be; ``first`` is the year in which it may be had."""

    compiled: CompiledPolicy
    outcome: PolicyOutcome
    first: int

    @property
    def id(self) -> str:
        """The policy's id."""
        return self.compiled.id

    @property
    def years(self) -> Sequence[Year]:
        """Its sums by year."""
        return self.outcome.by_year(self.first)

    @property
    def comparable(self) -> bool:
        """Whether it has a figure or a bound that a known fact would turn into one."""
        return self.outcome.known or self.compiled.benefit.computable

    @property
    def possible(self) -> float:
        """The most it may come to."""
        return ENDLESS if self.outcome.possible is None else self.outcome.possible

    @property
    def sure(self) -> Item:
        """For the best certain sum; the possible one decides between equal ones."""
        return item_of(self.compiled, {year: certain for year, certain, _ in self.years}, self.possible)

    @property
    def hoped(self) -> Item:
        """For the best possible sum."""
        years = {year: ENDLESS if possible is None else possible for year, _, possible in self.years}
        return item_of(self.compiled, years, self.outcome.certain)


def item_of(compiled: CompiledPolicy, years: Mapping[int, float], second: float) -> Item:
    """A policy as it is chosen among others."""
    return Item(compiled.id, years, second, compiled.rivals, compiled.limited, compiled.tops_up)


def combine(zone: str, candidates: Iterable[Candidate], role: str) -> ZoneOutcome:
    """The best combination of a zone's candidates for one beneficiary: others' money is not added to theirs.

    What is barred is in no figure, not even in how many are met.
    """
    left_out: dict[str, tuple[LeftOut, str]] = {}
    own: list[Candidate] = []
    sharing: list[Candidate] = []
    met = unknown = amount_unknown = 0
    for each in candidates:
        compiled, outcome, _ = each
        if compiled.barred is not None:
            left_out[compiled.id] = (compiled.barred, "")
            continue
        if outcome.verdict == MET:
            met += 1
        else:
            unknown += 1
        if compiled.beneficiary != role:
            left_out[compiled.id] = ("beneficiary", "")
        else:
            own.append(each)
            if not outcome.known:
                amount_unknown += 1
            if not compiled.alone:
                sharing.append(each)
    apart, bound = _parted(own, sharing) if sharing else (own, ())
    years = _together(apart)
    caps: tuple[Reached, ...] = ()
    if bound:
        reasons, caps = _chosen(bound, years)
        left_out |= reasons
    by_year = tuple([(year, *told(*years[year])) for year in sorted(years)])
    whole = by_year[0][1:] if len(by_year) == 1 else _all_years(years.values())
    return ZoneOutcome(zone, *whole, amount_unknown, met, unknown, by_year, left_out, caps)


def _chosen(
    bound: Sequence[Candidate], years: dict[int, tuple[float, float]]
) -> tuple[dict[str, tuple[LeftOut, str]], tuple[Reached, ...]]:
    """Add the best of these to ``years``; why others of them do not count, and the limits that were reached."""
    comparable = [each for each in bound if each.comparable]
    limits: dict[str, Limit] = {}
    if _rivals(comparable):
        sure, hoped = (_greatest(comparable, hoped=each) for each in (False, True))
    else:
        limits = lowest([each.compiled for each in comparable])
        sure = select(_beside_formers([each.sure for each in comparable]), limits)
        hoped = select(_beside_formers([each.hoped for each in comparable]), limits)
    for year in {*sure.years, *hoped.years}:
        certain, possible = years.get(year, (0, 0))
        years[year] = certain + sure.years.get(year, 0), possible + hoped.years.get(year, 0)
    reduced = sorted({*sure.reduced, *hoped.reduced})
    return _left_out(bound, sure, hoped), tuple([_reached(limits[name], sure, hoped) for name in reduced])


def _rivals(candidates: Sequence[Candidate]) -> bool:
    """Whether each excludes all others, and nothing else is shared."""
    for each in candidates:
        if each.compiled.limited or each.compiled.tops_up:
            return False
    return bool(candidates) and bool(frozenset.intersection(*[each.compiled.rivals for each in candidates]))


def _greatest(rivals: Sequence[Candidate], *, hoped: bool) -> Selection:
    """The one that brings most for certain, or possibly; the other sum decides between equal ones, and then the id."""
    best = min([each.hoped if hoped else each.sure for each in rivals], key=attrgetter("rank"))
    return Selection(frozenset({best.id}), dict(best.years))


def _all_years(years: Collection[tuple[float, float]]) -> tuple[int, int | None]:
    return told(sum([certain for certain, _ in years]), sum([possible for _, possible in years]))


def _beside_formers(items: Sequence[Item]) -> Sequence[Item]:
    """What tops up a policy tops up each version of it that goes on."""
    if not any(each.tops_up for each in items):
        return items
    formers = {each.id: base for each in items if (base := base_of(each.id)) != each.id}
    return [
        each._replace(tops_up=each.tops_up | {id for id, base in formers.items() if base in each.tops_up})
        for each in items
    ]


def _parted(own: Sequence[Candidate], sharing: Sequence[Candidate]) -> tuple[Sequence[Candidate], Sequence[Candidate]]:
    """Those that are had, and whole, whatever else is, and those that may have to do with one another.

    ``sharing`` are those that name something that they share.
    """
    if len(sharing) == 1 and _is_whole(sharing[0]):
        return own, ()
    names = [name for each in sharing for name in each.compiled.rivals]
    twice = {name for name in names if names.count(name) > 1} if len(names) > 1 else ()
    made_up = {id for each in sharing for id in each.compiled.tops_up}
    apart: list[Candidate] = []
    bound: list[Candidate] = []
    for each in own:
        compiled = each.compiled
        shares = compiled.limited or compiled.tops_up or not compiled.rivals.isdisjoint(twice)
        (bound if shares or (made_up and compiled.policy.base in made_up) else apart).append(each)
    return apart, bound


def _is_whole(each: Candidate) -> bool:
    """Whether a policy beside which none shares anything is had whole: no limit is below what it may come to."""
    most = each.possible
    return not each.compiled.tops_up and all(limit.most >= most for limit in each.compiled.limits.values())


def _together(candidates: Iterable[Candidate]) -> dict[int, tuple[float, float]]:
    """What comes of all of these by year, certain and possible, as far as they have a figure."""
    years: dict[int, tuple[float, float]] = {}
    for compiled, outcome, first in candidates:
        _, _, least, most, known, payments, calendar, _ = outcome
        if not known and not compiled.benefit.computable:
            continue
        own = outcome.by_year(first) if payments or calendar else ((first, least, most),)
        for year, certain, possible in own:
            sure, hoped = years.get(year, (0, 0))
            years[year] = sure + certain, ENDLESS if possible is None else hoped + possible
    return years


def lowest(policies: Iterable[CompiledPolicy]) -> dict[str, Limit]:
    """The limits that policies share; where they write different ones for the same, the lowest holds."""
    limits: dict[str, Limit] = {}
    for policy in policies:
        for name, limit in policy.limits.items():
            if name not in limits or limit.most < limits[name].most:
                limits[name] = limit
    return limits


def _reached(limit: Limit, sure: Selection, hoped: Selection) -> Reached:
    """A limit that was reached, by the certain sum or by the possible one alone."""
    certain = limit.name in sure.reduced
    before, after = (sure if certain else hoped).reduced[limit.name]
    return limit.title, limit.most, told(0, before)[1], told(after, after)[0], certain


def _left_out(own: Sequence[Candidate], sure: Selection, hoped: Selection) -> dict[str, tuple[LeftOut, str]]:
    """Why policies do not count, and beside which: what is certain leads where there is anything certain."""
    by_name: dict[str, list[Candidate]] = {}
    for each in own:
        for name in each.compiled.rivals:
            by_name.setdefault(name, []).append(each)
    reasons: dict[str, tuple[LeftOut, str]] = {}
    for name, rivals in sorted(by_name.items(), key=lambda each: (not each[0].startswith(VERSION), each[0])):
        certain = any(each.id in sure.chosen and each.outcome.certain for each in rivals)
        chosen = (sure if certain else hoped).chosen
        leading = next((each for each in rivals if each.id in chosen), None)
        if leading is None:
            continue
        for each in rivals:
            if each.id not in chosen:
                reasons.setdefault(each.id, (_why(each, name, hoped), leading.id))
    return _crowded(own, sure, hoped) | _made_up(own, sure) | reasons


def _crowded(own: Sequence[Candidate], sure: Selection, hoped: Selection) -> dict[str, tuple[LeftOut, str]]:
    """Policies that would use up a shared cap before others that bring more under it, beside the greatest of those."""
    found: dict[str, tuple[LeftOut, str]] = {}
    for each in [each for each in own if each.compiled.limited]:
        chosen = (sure if each.outcome.certain else hoped).chosen
        if not each.comparable or each.id in chosen:
            continue
        beside = [
            other
            for other in own
            if other.id in chosen and not other.compiled.limited.isdisjoint(each.compiled.limited)
        ]
        if beside:
            found[each.id] = ("crowded", max(beside, key=lambda other: (other.possible, other.id)).id)
    return found


def _made_up(own: Sequence[Candidate], sure: Selection) -> dict[str, tuple[LeftOut, str]]:
    """Policies of whose certain sum others leave nothing, beside the greatest of those."""
    found: dict[str, tuple[LeftOut, str]] = {}
    chosen = {each.id: each for each in own if each.id in sure.chosen}
    for each in [each for each in own if each.compiled.tops_up]:
        first = [other for other in chosen.values() if other.compiled.policy.base in each.compiled.tops_up]
        if each.outcome.certain and sum(other.outcome.certain for other in first) >= each.outcome.certain:
            found[each.id] = ("made_up", max(first, key=lambda other: other.outcome.certain).id)
    return found


def _why(each: Candidate, name: str, hoped: Selection) -> LeftOut:
    if each.id in hoped.chosen:
        return "contender"
    if not each.comparable:
        return "incomparable"
    if name.startswith(VERSION):
        return "version"
    return "exclusive" if name.startswith(GROUP) else "claimed"
