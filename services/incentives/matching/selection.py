"""Which policies to claim together so that the sum is greatest, and what it comes to in each year.

Of policies that exclude one another one may be had. What is chosen is then made up to a difference and cut down by the
caps that policies share, the narrowest first: each year's, then that of all years until it is used up. More policies
hardly ever come to less, so that mostly those that exclude one another are a choice; it is searched whole, from the
greatest, leaving out what cannot be better. Caps of which none lies in the other have no order: a solver shares the
sum out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.incentives.matching.crossing import shared_out
from services.incentives.policy.combination import Limit

Years = dict[int, float]
Bounds = Sequence[tuple[Limit, frozenset[str]]]
"""Limits with their members, the narrowest first."""
MOST_STEPS: Final = 20_000
"""So much is searched before the solver is asked, which takes longer to begin and less to end."""


class Item(NamedTuple):
    """A policy that can be claimed: ``years`` in fen, ``second`` decides between equal sums.

    ``rivals`` are the names of what only one policy may have, ``limits`` those of what it may come to beside others.
    """

    id: str
    years: Mapping[int, float]
    second: float
    rivals: frozenset[str]
    limits: frozenset[str]
    tops_up: frozenset[str]

    @property
    def total(self) -> float:
        """All years together."""
        return sum(self.years.values())

    @property
    def alone(self) -> bool:
        """Whether it is had, and whole, whatever else is."""
        return not (self.rivals or self.limits or self.tops_up)

    @property
    def rank(self) -> tuple[float, float, str]:
        """The greatest sum first; the id makes it certain."""
        return -self.total, -self.second, self.id

    def made_up(self, others: Iterable[Item]) -> list[Item]:
        """Those whose sum counts before its own; of two that make each other up, the first by id counts whole."""
        return [
            each for each in others if each.id in self.tops_up and not (self.id in each.tops_up and self.id < each.id)
        ]


@dataclass(slots=True)
class Selection:
    """What to claim, what it comes to by year, and each limit that was reached with the sum before and after it."""

    chosen: frozenset[str] = frozenset()
    years: Years = field(default_factory=dict)
    reduced: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All years together."""
        return sum(self.years.values())

    def add(self, other: Selection) -> None:
        """Take in what has nothing to do with this."""
        self.chosen |= other.chosen
        self.years = _sum([self.years, other.years])
        self.reduced |= other.reduced


def select(items: Sequence[Item], limits: Mapping[str, Limit]) -> Selection:
    """The best of all: what stands alone, and of each set of policies that share something its best."""
    if len(items) == 1:
        return _only(items[0], limits)
    made_up = {other for each in items for other in each.tops_up}
    alone = [each for each in items if each.alone and each.id not in made_up]
    best = Selection(frozenset(each.id for each in alone), _sum(each.years for each in alone))
    if len(alone) < len(items):
        rest = [each for each in items if not each.alone or each.id in made_up]
        for together in _apart(rest):
            best.add(_best(together, limits))
    return best


def _apart(items: Sequence[Item]) -> list[list[Item]]:
    """Sets of items with a rival, a cap or a difference in common."""
    root = {each.id: each.id for each in items}

    def find(id: str) -> str:
        while root[id] != id:
            root[id] = root[root[id]]
            id = root[id]
        return id

    first: dict[str, str] = {}
    for each in items:
        for name in (*each.rivals, *each.limits):
            root[find(each.id)] = find(first.setdefault(name, each.id))
        for other in each.tops_up & root.keys():
            root[find(each.id)] = find(other)
    sets: dict[str, list[Item]] = defaultdict(list)
    for each in items:
        sets[find(each.id)].append(each)
    return list(sets.values())


def _best(items: Sequence[Item], limits: Mapping[str, Limit]) -> Selection:
    if len(items) == 1:
        return _only(items[0], limits)
    if _one_of(items):
        return _greatest(items)
    bounds = _bounds(items, limits)
    if bounds is None:
        return _shared_out(items, limits)
    ordered = sorted(items, key=lambda each: each.rank)
    shifting = _shifting(bounds)
    doubtful = frozenset(name for each in items for name in each.tops_up) | shifting
    named = Counter(name for each in items for name in each.rivals)
    free: list[Item] = []
    choice: list[Item] = []
    for each in ordered:
        (choice if each.id in doubtful or any(named[name] > 1 for name in each.rivals) else free).append(each)
    search = _Search(bounds, free, doubtful, steady=not shifting)
    search.choose([], choice)
    return search.best if search.steps < MOST_STEPS else _shared_out(items, limits)


def _one_of(items: Sequence[Item]) -> bool:
    """Whether each excludes all others, and nothing else is shared."""
    for each in items:
        if each.limits or each.tops_up:
            return False
    return bool(frozenset.intersection(*[each.rivals for each in items]))


def _only(item: Item, limits: Mapping[str, Limit]) -> Selection:
    """What nothing is beside, cut down by its own caps."""
    years: Years = dict(item.years)
    reduced = {}
    for limit in sorted([limits[name] for name in item.limits], key=lambda each: (not each.per_year, each.name)):
        after = within(years, limit)
        if after != years:
            reduced[limit.name] = sum(years.values()), sum(after.values())
        years = after
    return Selection(frozenset({item.id}), years, reduced)


def _greatest(items: Sequence[Item]) -> Selection:
    greatest = min(items, key=lambda each: each.rank)
    return Selection(frozenset({greatest.id}), dict(greatest.years))


@dataclass(slots=True)
class _Search:
    """Branch and bound over what excludes one another, from the greatest on.

    ``doubtful`` are those that may cost more than they bring: others count what these are worth as had already, or they
    use up what a cap leaves in years in which another cuts it off. ``steady`` is whether no cap does the latter.
    """

    bounds: Bounds
    free: Sequence[Item]
    doubtful: frozenset[str]
    steady: bool
    best: Selection = field(default_factory=Selection)
    steps: int = 0

    def choose(self, taken: Sequence[Item], left: Sequence[Item]) -> None:
        self.steps += 1
        if self.steps >= MOST_STEPS:
            return
        if not left:
            found = _total([*self.free, *taken], self.bounds)
            if not self.best.chosen or found.total > self.best.total:
                self.best = found
            return
        if self.best.chosen and self._at_most(taken, left) <= self.best.total:
            return
        first, rest = left[0], left[1:]
        beside = [each for each in rest if not first.rivals & each.rivals]
        self.choose([*taken, first], beside)
        if first.id in self.doubtful or len(beside) < len(rest):
            self.choose(taken, rest)

    def _at_most(self, taken: Sequence[Item], left: Sequence[Item]) -> float:
        """No more than all that is left would bring, nor than the greatest of each set of rivals."""
        greatest: dict[str, float] = {}
        for each in left:
            name = min(each.rivals, default=each.id)
            greatest[name] = max(greatest.get(name, 0), each.total)
        apart = sum(each.total for each in (*self.free, *taken)) + sum(greatest.values())
        if not self.bounds or not self.steady:
            return apart
        whole = [each._replace(tops_up=frozenset()) for each in (*self.free, *taken, *left)]
        return min(apart, _total(whole, self.bounds).total)


def _shifting(bounds: Bounds) -> frozenset[str]:
    """Policies under a cap of all years that lies inside one of each year: the first years use it up."""
    return frozenset(
        id
        for number, (limit, members) in enumerate(bounds)
        for inner, inside in bounds[:number]
        if limit.per_year and not inner.per_year and len(inside) > 1 and inside < members
        for id in inside
    )


def _bounds(items: Sequence[Item], limits: Mapping[str, Limit]) -> Bounds | None:
    """Limits with their members, the narrowest first; None where two cross."""
    members = {
        name: frozenset(each.id for each in items if name in each.limits)
        for name in {name for each in items for name in each.limits}
    }
    ordered = sorted(members, key=lambda name: (len(members[name]), not limits[name].per_year, name))
    for number, name in enumerate(ordered):
        for wider in ordered[number + 1 :]:
            if members[name] & members[wider] and not members[name] <= members[wider]:
                return None
    return [(limits[name], members[name]) for name in ordered]


def _total(chosen: Sequence[Item], bounds: Bounds) -> Selection:
    """What is chosen, made up to differences and cut down by each cap in turn."""
    sums = {frozenset({each.id}): topped_up(each, chosen) for each in chosen}
    reduced = {}
    for limit, members in bounds:
        inside = [ids for ids in sums if ids <= members]
        if not inside:
            continue
        before = _sum([sums.pop(ids) for ids in inside])
        after = within(before, limit)
        sums[frozenset().union(*inside)] = after
        if after != before:
            reduced[limit.name] = sum(before.values()), sum(after.values())
    return Selection(frozenset(each.id for each in chosen), _sum(sums.values()), reduced)


def topped_up(item: Item, chosen: Sequence[Item]) -> Years:
    """What a policy adds to those that it makes up to its own sum: their sum is counted first."""
    had = sum(each.total for each in item.made_up(chosen))
    years: Years = {}
    for year in sorted(item.years):
        used = min(had, item.years[year])
        years[year] = item.years[year] - used if used < item.years[year] else 0
        had -= used
    return years


def within(years: Mapping[int, float], limit: Limit) -> Years:
    """Cut down to a limit."""
    if limit.per_year:
        return {year: min(fen, limit.most) for year, fen in years.items()}
    left: float = limit.most
    kept: Years = {}
    for year in sorted(years):
        kept[year] = min(years[year], left)
        left -= kept[year]
    return kept


def _sum(parts: Iterable[Mapping[int, float]]) -> Years:
    years: Years = {}
    for part in parts:
        for year, fen in part.items():
            years[year] = years.get(year, 0) + fen
    return years


def _shared_out(items: Sequence[Item], limits: Mapping[str, Limit]) -> Selection:
    chosen, years = shared_out(items, limits)
    taken = [each for each in items if each.id in chosen]
    reduced = {}
    for name in sorted({name for each in taken for name in each.limits}):
        before = _sum(each.years for each in taken if name in each.limits)
        after = within(before, limits[name])
        if after != before:
            reduced[name] = sum(before.values()), sum(after.values())
    return Selection(frozenset(chosen), years, reduced)
