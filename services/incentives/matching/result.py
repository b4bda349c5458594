"""What a match found, compact enough to store with every lead; sentences are made from it on demand."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, Self

from contracts.vocabulary.policy_words import LeftOut
from services.incentives.evaluation.comparisons import NOT_MET
from services.incentives.evaluation.spans import ENDLESS, made, told

Reached = tuple[str, int, int | None, int, bool]
"""A shared limit that was reached: its title and figure, the sum before (None: without bound) and after, and whether
that is the certain sum or only the possible one."""

_VERDICTS: Final = bytes(each & 3 for each in range(256))
_DIGITS: Final = bytes(each + ord("0") & 255 for each in range(256))
"""Verdicts of conditions as the digits that they are stored as, and back."""

Year = tuple[int, int, int | None]
"""A year with its certain and possible fen; None is without bound."""


class PolicyOutcome(NamedTuple):
    """One policy: its verdict, those of its leaves in written order, and what it comes to.

    ``possible`` None is without bound, or without any figure where ``known`` is False. ``years`` are certain and
    possible for each payment, where there are several, ``calendar`` the years of those that have a date, and
    ``returned`` is what goes back of money that was paid.
    """

    verdict: int
    leaves: bytes
    certain: int
    possible: int | None
    known: bool
    years: tuple[tuple[int, int | None], ...] = ()
    calendar: tuple[int | None, ...] = ()
    returned: tuple[int, int | None] | None = None

    def by_year(self, first: int) -> tuple[Year, ...]:
        """Certain and possible by year: one after another from ``first``, but for payments that have a date."""
        if not self.years:
            return ((first if not self.calendar else self.calendar[0] or first, self.certain, self.possible),)
        years = self.years
        if not self.calendar:
            return tuple((first + number, certain, possible) for number, (certain, possible) in enumerate(years))
        sums: dict[int, tuple[int, int | None]] = {}
        latest = first
        for number, (dated, (certain, possible)) in enumerate(zip(self.calendar, years, strict=True)):
            latest = dated or max(latest, first + number)
            sure, most = sums.get(latest, (0, 0))
            high = ENDLESS if most is None or possible is None else most + possible
            sums[latest] = told(sure + certain, high)
        return tuple((year, *sums[year]) for year in sorted(sums))

    def row(self) -> list[Any]:
        """As it is stored."""
        return [self.verdict, self.leaves.translate(_DIGITS).decode(), *self._sums()]

    def tells(self, row: Sequence[Any]) -> bool:
        """Whether what is stored says the same, but for the conditions' own verdicts."""
        return bool(self.verdict == row[0] and self._sums() == row[2:])

    def _sums(self) -> list[Any]:
        sums: list[Any] = [self.certain, self.possible, self.known]
        if self.years or self.calendar or self.returned:
            sums += [[list(year) for year in self.years], list(self.calendar), self.returned and list(self.returned)]
            while not sums[-1]:
                sums.pop()
        return sums

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Self:
        """Read :meth:`row`'s answer."""
        also: list[Any] = [*row[5:], *[None] * (8 - len(row))]
        years, calendar, returned = also[0] or (), also[1] or (), also[2]
        pairs = tuple((certain, possible) for certain, possible in years)
        back = (returned[0], returned[1]) if returned else None
        return cls(row[0], row[1].encode().translate(_VERDICTS), row[2], row[3], row[4], pairs, tuple(calendar), back)


class Outcomes(Mapping[str, PolicyOutcome]):
    """Those of every policy in the catalogue's order; what is not met, as most are, is made when it is asked for.

    ``leaves`` are the verdicts of all conditions, ``parts`` where those of each policy are.
    """

    __slots__ = ("_hopeful", "_leaves", "_parts")

    def __init__(self, hopeful: Mapping[str, PolicyOutcome], leaves: bytes, parts: Mapping[str, slice]) -> None:
        self._hopeful, self._leaves, self._parts = hopeful, leaves, parts

    def __getitem__(self, id: str) -> PolicyOutcome:
        return self._hopeful.get(id) or not_met(self._leaves[self._parts[id]])

    def __contains__(self, id: object) -> bool:
        return id in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def items(self) -> ItemsView[str, PolicyOutcome]:
        """All of them in one go, as they are stored after every match."""
        return _Items(self)

    def pairs(self) -> Iterator[tuple[str, PolicyOutcome]]:
        """Each with its id."""
        hopeful, leaves = self._hopeful, self._leaves
        for id, part in self._parts.items():
            yield id, hopeful.get(id) or not_met(leaves[part])


class _Items(ItemsView[str, PolicyOutcome]):
    _mapping: Outcomes

    def __iter__(self) -> Iterator[tuple[str, PolicyOutcome]]:
        return self._mapping.pairs()


def not_met(leaves: bytes) -> PolicyOutcome:
    """What is not met comes to nothing."""
    return made(PolicyOutcome, (NOT_MET, leaves, 0, 0, True, (), (), None))


class ZoneOutcome(NamedTuple):
    """One zone: totals of its best combination; ``left_out`` says why a policy does not count, and beside which."""

    zone: str
    certain: int
    possible: int | None
    amount_unknown: int
    met: int
    unknown: int
    by_year: tuple[Year, ...]
    left_out: Mapping[str, tuple[LeftOut, str]]
    reached: tuple[Reached, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Facts against a catalogue on a date."""

    catalogue_version: str
    as_of: date
    standing: tuple[str, ...]
    policies: Mapping[str, PolicyOutcome]
    zones: Mapping[str, ZoneOutcome]

    def document(self) -> dict[str, Any]:
        """Plain JSON of a few kilobytes."""
        return {
            "catalogue_version": self.catalogue_version,
            "as_of": self.as_of.isoformat(),
            "standing": list(self.standing),
            "policies": {id: each.row() for id, each in self.policies.items()},
            "zones": {
                zone: [
                    each.certain,
                    each.possible,
                    each.amount_unknown,
                    each.met,
                    each.unknown,
                    [list(year) for year in each.by_year],
                    {id: list(why) for id, why in each.left_out.items()},
                    *([[list(cap) for cap in each.reached]] if each.reached else []),
                ]
                for zone, each in self.zones.items()
            },
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read :meth:`document`'s answer."""
        return cls(
            document["catalogue_version"],
            date.fromisoformat(document["as_of"]),
            tuple(document["standing"]),
            {id: PolicyOutcome.of_row(row) for id, row in document["policies"].items()},
            {zone: _zone(zone, row) for zone, row in document["zones"].items()},
        )

    @property
    def best_zone(self) -> str | None:
        """The zone with the greatest certain, then possible sum; None where nothing may be had anywhere."""
        hopeful = [each for each in self.zones.values() if each.met or each.unknown]
        return max(hopeful, key=rank).zone if hopeful else None


def rank(outcome: ZoneOutcome) -> tuple[int, float, int, int]:
    """How much a zone offers, for comparing: certain first, then possible, then how many policies."""
    possible = float("inf") if outcome.possible is None else outcome.possible
    return outcome.certain, possible, outcome.met, outcome.unknown


def _zone(zone: str, row: list[Any]) -> ZoneOutcome:
    certain, possible, amount_unknown, met, unknown, years, left_out, *reached = row
    by_year = tuple((year[0], year[1], year[2]) for year in years)
    why_not = {id: tuple(why) for id, why in left_out.items()}
    caps = tuple(tuple(cap) for cap in reached[0]) if reached else ()
    return ZoneOutcome(zone, certain, possible, amount_unknown, met, unknown, by_year, why_not, caps)
