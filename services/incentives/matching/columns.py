"""Many leads' facts as columns: of every fact its distinct values in order, and for each lead the number of its own.

A comparison is then tested once for each distinct value, or for each run of them between its own thresholds, and not
for each lead.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactSource, FactValue
from contracts.vocabulary.industry import section_of
from services.incentives.evaluation.cells import house_currency, runs_of
from services.incentives.evaluation.comparisons import INTERVALS
from services.incentives.evaluation.conditions import Asked, Comparison
from services.incentives.evaluation.measures import DOES_NOT_APPLY, Measured, Reading

Codes = NDArray[np.unsignedinteger[Any]]
Run = tuple[int, int, int]
"""Codes from, codes to (exclusive), their verdict."""

WORD: Final = 64
"""Columns are filled up to whole words with leads of whom nothing is known."""
ABSENT: Final[tuple[Any, ...]] = ()
"""The key of what does not apply; None is that of silence, a value its own, another tuple that of another reading."""
_SOURCE: Final = FactSource(kind="system")


@dataclass(frozen=True, slots=True)
class Column:
    """One fact or computed quantity of all leads.

    ``codes`` number the ``single`` values in order, then the ``others`` (ranges, foreign sums, tags), then what does
    not apply, then silence.
    """

    kind: str
    codes: Codes
    single: list[Any]
    others: list[Reading]

    @property
    def absent(self) -> int:
        """The code of what does not apply; that of silence comes behind it."""
        return len(self.single) + len(self.others)

    def runs(self, comparison: Comparison) -> list[Run]:
        """The codes of all that was said, with the comparison's verdicts."""
        found = self._of_intervals(comparison) if self.kind in INTERVALS else self._of_values(comparison)
        verdicts = [comparison.test(each.low, each.high, each.currency) for each in self.others]
        return found + _grouped(verdicts, len(self.single))

    def _of_intervals(self, comparison: Comparison) -> list[Run]:
        runs = runs_of(comparison, house_currency(self.kind))
        starts = [0, *(bisect_left(self.single, start) for start, _ in runs[1:]), len(self.single)]
        return [(first, end, verdict) for (first, end), (_, verdict) in zip(pairwise(starts), runs, strict=True)]

    def _of_values(self, comparison: Comparison) -> list[Run]:
        return _grouped([comparison.test(value, value, "") for value in self.single], 0)

    def told(self, code: int) -> FactValue | None:
        """A fact that reads as this code does."""
        if code > self.absent:
            return None
        if code == self.absent:
            return FactValue(state="not_applicable", source=_SOURCE)
        if code < len(self.single):
            value = self.single[code]
            return _constructed(Amount.exact(value) if self.kind == "amount" else value)
        reading = self.others[code - len(self.single)]
        if not reading.currency:
            return _constructed(reading.low)
        high = None if reading.high == float("inf") else reading.high
        return _constructed(Amount(low=reading.low, high=high, currency=reading.currency))


def _constructed(value: Any) -> FactValue:
    return FactValue.model_construct(value=value, state="value", source=_SOURCE, as_written=None)


def _grouped(verdicts: Sequence[int], first: int) -> list[Run]:
    runs = []
    for verdict, group in groupby(verdicts):
        end = first + sum(1 for _ in group)
        runs.append((first, end, verdict))
        first = end
    return runs


class Columns:
    """The facts of many leads; ``count`` of them."""

    def __init__(self, count: int, facts: Mapping[str, Column]) -> None:
        self.count = count
        self.facts = facts

    def of(self, asked: Asked, as_of: date) -> Column:
        """What a catalogue asks for: a fact's column, or one computed from several."""
        if asked.quantity is None:
            return self.facts[asked.name]
        parts = [(name, self.facts[name]) for name in asked.quantity.facts]
        together, inverse = self._combinations([column for _, column in parts])
        readings: list[Measured] = []
        for codes in together:
            told = {name: column.told(code) for (name, column), code in zip(parts, codes, strict=True)}
            known = {name: value for name, value in told.items() if value is not None}
            readings.append(asked.measure(known, as_of) if asked.measure is not None else None)
        kind = asked.fact.kind
        keys = [_key_of(reading, kind) for reading in readings]
        numbers = Numbers(keys)
        read: dict[Hashable, Measured] = dict(zip(keys, readings, strict=True))
        return column_of(kind, numbers, read, np.array([numbers[key] for key in keys], np.int32)[inverse])

    def _combinations(self, columns: Sequence[Column]) -> tuple[list[list[int]], NDArray[np.intp]]:
        """The distinct combinations of several columns' codes, and which of them each lead has.

        What the calendar alone decides has no columns, and is the same for all.
        """
        if columns:
            return _distinct(columns)
        return [[]], np.zeros(-(-self.count // WORD) * WORD, np.intp)


def facts_of(asked: Sequence[Asked]) -> tuple[str, ...]:
    """The facts that a catalogue asks for, also those that others are computed from."""
    names = (name for each in asked for name in ((each.name,) if each.quantity is None else each.quantity.facts))
    return tuple(dict.fromkeys(names))


def _distinct(columns: Sequence[Column]) -> tuple[list[list[int]], NDArray[np.intp]]:
    stacked = np.stack([column.codes.astype(np.int64) for column in columns], axis=1)
    inverse = np.zeros(len(stacked), np.int64)
    for column, codes in zip(columns, stacked.T, strict=True):
        _, inverse = np.unique(inverse * (column.absent + 2) + codes, return_inverse=True)
    _, first = np.unique(inverse, return_index=True)
    return stacked[first].tolist(), inverse


def _key_of(reading: Measured, kind: str) -> Hashable:
    if reading is None:
        return None
    if reading is DOES_NOT_APPLY:
        return ABSENT
    if type(reading.low) is int and reading.low == reading.high and reading.currency == house_currency(kind):
        return reading.low
    return "reading", reading.low, reading.high, reading.currency


class Numbers(dict[Hashable, int]):
    """Keys numbered as they come."""

    def __init__(self, keys: Iterable[Hashable] = ()) -> None:
        super().__init__()
        for key in keys:
            self.setdefault(key, len(self))

    def __missing__(self, key: Hashable) -> int:
        return self.setdefault(key, len(self))


def column_of(
    kind: str, keys: Mapping[Hashable, int], readings: Mapping[Hashable, Measured], numbers: NDArray[np.int32]
) -> Column:
    """The column of leads whose keys have these ``numbers``; ``readings`` are those of tuples."""
    single: list[Any] = sorted(
        (key for key in keys if key is not None and type(key) is not tuple), key=_ORDER.get(kind)
    )
    read = {key: readings[key] for key in keys if type(key) is tuple and key}
    others = {key: each for key, each in read.items() if each is not None and each is not DOES_NOT_APPLY}
    codes: dict[Hashable, int] = {key: code for code, key in enumerate((*single, *others, ABSENT, None))}
    codes |= {key: codes[None if each is None else ABSENT] for key, each in read.items() if key not in others}
    known = np.zeros(max(keys.values(), default=0) + 1, np.min_scalar_type(len(single) + len(others) + 1))
    known[[*keys.values()]] = [codes[key] for key in keys]
    return Column(kind, known.take(numbers), single, [*others.values()])


_ORDER: Final[Mapping[str, Callable[[Any], Any]]] = {"code": lambda code: (section_of(code) or code, code)}
"""Industry codes below the section that they belong to, so that what lies within one stands together."""
