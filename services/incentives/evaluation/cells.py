"""What one reading says of every comparison of a catalogue at once: a mask for each value, made beforehand.

On a scale of numbers or days the thresholds of a catalogue leave cells within which no comparison changes; industry
codes and categories are cells anyway. Each cell's mask is what the tests themselves answer for one value in it. What
is no single value, or of no known kind, is tested comparison by comparison.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate, pairwise
from operator import or_
from typing import Any, Final

from contracts.vocabulary.industry import lineage, section_of
from services.incentives.evaluation.comparisons import INTERVALS
from services.incentives.evaluation.conditions import Asked, Comparison
from services.incentives.evaluation.gates import Weights
from services.incentives.evaluation.measures import DOES_NOT_APPLY, Reading
from services.incentives.policy.operands import Operand

Of = Callable[[Any], int]

_TYPES: Final[Mapping[str, type]] = {"date": str, "code": str, "choice": str, "boolean": bool}
"""Of what type a single value is that may be looked up; numbers are integers."""
_NOWHERE: Final = "\0"
_DIVISIONS: Final = {f"{number:02}": section_of(f"{number:02}") for number in range(100)}


def type_of(kind: str) -> type:
    """The type of a single value of this kind."""
    return _TYPES.get(kind, int)


def house_currency(kind: str) -> str:
    """The currency of sums that are looked up without naming it; "" of what is no money."""
    return "CNY" if kind == "amount" else ""


def points_of(operand: Operand) -> list[Any]:
    """Where on its scale a comparison may change: at each figure and just behind it."""
    ends = {each for each in operand.values if each is not None}
    return sorted(ends | {each + 1 if isinstance(each, int) else f"{each}\0" for each in ends})


def runs_of(comparison: Comparison, currency: str) -> list[tuple[Any, int]]:
    """From which value on a comparison has which verdict; the first from the beginning of its scale (None)."""
    points = points_of(comparison.operand)
    low: Any = points[0] - 1 if points and isinstance(points[0], int) else ""
    runs = [(None, comparison.test(low, low, currency))]
    for point in points:
        verdict = comparison.test(point, point, currency)
        if verdict != runs[-1][1]:
            runs.append((point, verdict))
    return runs


@dataclass(frozen=True, slots=True)
class Cells:
    """The masks of one quantity: where nobody said anything, and of what somebody did.

    Single values of type ``kind`` in the currency of the house are looked up: numbers by ``points`` and ``masks``,
    anything else by ``at``. ``of`` takes whatever was said.
    """

    name: str
    silent: int
    of: Of
    kind: type
    at: Of
    points: list[int] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)


def cells_of(asked: Asked, weights: Weights) -> Cells:
    """The masks of one quantity."""
    kind, comparisons = asked.fact.kind, asked.comparisons
    silent, absent = (reduce(or_, (weights[each.index][verdict] for each in comparisons)) for verdict in (1, 0))
    single, lookups = type_of(kind), _lookups(asked, weights)
    of = _anything(single, lookups, _tested(comparisons, weights), absent)
    if kind in INTERVALS:
        scale = _Scale(comparisons, weights, house_currency(kind))
        return Cells(asked.name, silent, of, single, scale.of, scale.points, scale.masks)
    if kind in ("boolean", "choice"):
        return Cells(asked.name, silent, of, single, _Named(comparisons, weights).__getitem__)
    return Cells(asked.name, silent, of, single, lookups.get("", of))


class _Named(dict[Any, int]):
    """The masks of categories; whatever no comparison names is like any other such."""

    def __init__(self, comparisons: Sequence[Comparison], weights: Weights) -> None:
        named = {value for each in comparisons for value in each.operand.values}
        super().__init__({value: _mask_at(value, comparisons, weights) for value in named})
        self._other = _mask_at(object(), comparisons, weights)

    def __missing__(self, value: Any) -> int:
        return self._other


def _anything(single: type, lookups: Mapping[str, Of], tested: Callable[[Reading], int], absent: int) -> Of:
    def of(said: Any) -> int:
        if said is DOES_NOT_APPLY:
            return absent
        reading = said if isinstance(said, Reading) else Reading(said, said)
        low = reading.low
        if type(low) is single and low == reading.high and reading.currency in lookups:
            return lookups[reading.currency](low)
        return tested(reading)

    return of


def _tested(comparisons: Sequence[Comparison], weights: Weights) -> Callable[[Reading], int]:
    tests = [(each.test, weights[each.index]) for each in comparisons]

    def of(reading: Reading) -> int:
        low, high, currency = reading.low, reading.high, reading.currency
        found = 0
        for test, bits in tests:
            found |= bits[test(low, high, currency)]
        return found

    return of


def _lookups(asked: Asked, weights: Weights) -> Mapping[str, Of]:
    """By currency, how single values are looked up that a fact does not have every day."""
    if asked.fact.kind == "code":
        return {"": _codes(asked.comparisons, weights)}
    if asked.fact.kind not in INTERVALS:
        return {}
    known = {each.operand.currency for each in asked.comparisons} | {""}
    return {currency: _Scale(asked.comparisons, weights, currency).of for currency in known}


class _Scale:
    """The cells of numbers or days in one currency."""

    def __init__(self, comparisons: Sequence[Comparison], weights: Weights, currency: str) -> None:
        runs = [runs_of(each, currency) for each in comparisons]
        self.points = sorted({start for each in runs for start, _ in each[1:]})
        self.masks = self._swept(comparisons, runs, weights)

    def of(self, value: Any) -> int:
        """The mask of one value."""
        return self.masks[bisect_right(self.points, value)]

    def _swept(
        self, comparisons: Sequence[Comparison], runs: Sequence[list[tuple[Any, int]]], weights: Weights
    ) -> list[int]:
        place = {point: number for number, point in enumerate(self.points, 1)}
        last = len(self.points) + 1
        rising, falling, within = ([0] * last for _ in range(3))
        for each, run in zip(comparisons, runs, strict=True):
            starts = [0, *(place[start] for start, _ in run[1:]), last]
            for (first, end), (_, verdict) in zip(pairwise(starts), run, strict=True):
                bits = weights[each.index][verdict]
                if end == last:
                    rising[first] |= bits
                elif first == 0:
                    falling[end - 1] |= bits
                elif bits:
                    for cell in range(first, end):
                        within[cell] |= bits
        fallen = [*accumulate(reversed(falling), or_)][::-1]
        return [a | b | c for a, b, c in zip(accumulate(rising, or_), fallen, within, strict=True)]


def _codes(comparisons: Sequence[Comparison], weights: Weights) -> Of:
    """Every code that is named, with all above it; any other is like its nearest such, apart from what lies below."""
    named = {above for each in comparisons for code in each.operand.values for above in lineage(str(code))}
    masks = {code: _mask_at(code, comparisons, weights) for code in named}
    below = {code: _mask_at(_unnamed_in(code, named), comparisons, weights) for code in named}
    elsewhere = _mask_at(_NOWHERE, comparisons, weights)

    def at(code: str) -> int:
        for found in (masks.get(code), below.get(code[:3]), below.get(code[:2])):
            if found is not None:
                return found
        return below.get(_DIVISIONS.get(code[:2]) or code, elsewhere)

    return at


def _unnamed_in(code: str, named: set[str]) -> str:
    """A code within another that no comparison names; of a digit that no code has."""
    if len(code) > 1:
        return f"{code}{_NOWHERE}"
    others = (division for division, section in _DIVISIONS.items() if section == code and division not in named)
    return next(others, _NOWHERE)


def _mask_at(value: Any, comparisons: Iterable[Comparison], weights: Weights) -> int:
    return reduce(or_, (weights[each.index][each.test(value, value, "")] for each in comparisons), 0)
