"""One project against a whole catalogue: a mask looked up for each fact, a few operations for all policies.

Equal, bit for bit, to reading every policy's formula as it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from services.incentives.evaluation.cells import cells_of
from services.incentives.evaluation.conditions import Asked, Predicates
from services.incentives.evaluation.formulas import Formula
from services.incentives.evaluation.gates import Answers, Gates, Weights
from services.incentives.evaluation.measures import Facts, measured

Said = Mapping[str, Any]
"""What is known, by fact or computed quantity: single values as they are, sums of money in fen; else a reading.

None where nobody said anything: whatever is asked for is there.
"""


class Index:
    """The policies of a catalogue by what the facts say; ``names`` are in the order of its answers."""

    def __init__(self, predicates: Predicates, formulas: Mapping[str, Formula]) -> None:
        gates = Gates.of(formulas)
        self.names = gates.names
        self._count = len(predicates)
        self.bits = gates.size
        facts = [each for each in predicates.asked if each.measure is None]
        self._sums = [each.name for each in facts if each.fact.kind == "amount"]
        self._facts = [each.name for each in facts if each.fact.kind != "amount"]
        self._computed = [(each.name, each.measure) for each in predicates.asked if each.measure is not None]
        self._silence = dict.fromkeys(each.name for each in predicates.asked)
        self._gates = gates
        self._marks = _Masks(predicates.asked, gates.weights(self._count), gates.size)
        self._comparisons = _Masks(predicates.asked, _each_its_own(self._count), self._count)

    def said(self, facts: Facts, as_of: date) -> Said:
        """What the facts say of all that the catalogue asks for."""
        found: dict[str, Any] = self._silence.copy()
        for name in self._sums:
            if (value := facts.get(name)) is not None:
                found[name] = _sum_of(value)
        for name in self._facts:
            if (value := facts.get(name)) is not None:
                plain: Any = value.value
                if plain is None or type(plain) is Amount or value.state != "value":
                    plain = measured(value)
                found[name] = plain
        for name, measure in self._computed:
            found[name] = measure(facts, as_of)
        return found

    def decided(self, said: Said) -> Answers:
        """A bit for each policy, from the lowest: those that are certainly, and those that are possibly met."""
        return self._gates.decided(*self._marks.read(said))

    def verdicts(self, said: Said) -> dict[str, int]:
        """The verdict of every policy."""
        return dict(zip(self.names, self.answers(said).tobytes(), strict=True))

    def answers(self, said: Said) -> NDArray[np.uint8]:
        """The same in the order of ``names``."""
        certain, possible = _flags(self.decided(said), len(self.names))
        found: NDArray[np.uint8] = certain + possible
        return found

    def compared(self, said: Said) -> bytes:
        """The verdict of every comparison."""
        met, open_ = _flags(self._comparisons.read(said), self._count)
        verdicts: bytes = (2 * met + open_).tobytes()
        return verdicts


def _sum_of(value: FactValue) -> Any:
    """One figure in the currency of the house where it is that; else its reading."""
    amount = value.value
    if type(amount) is Amount and value.state == "value":
        low = amount.low
        if low is not None and low == amount.high and amount.currency == "CNY":
            return low
    return measured(value)


class _Masks:
    """What all facts say together; the lower ``half`` of the bits is of what is decided, the upper of what is open."""

    def __init__(self, asked: Sequence[Asked], weights: Weights, half: int) -> None:
        cells = [cells_of(each, weights) for each in asked]
        self._half, self._all = half, (1 << half) - 1
        self._of = {each.name: each.of for each in cells}
        self._numbers = [
            (each.name, each.silent >> half, each.points, each.masks)
            for each in cells
            if each.masks and each.kind is int
        ]
        self._others = [
            (each.name, each.silent >> half, each.kind, each.at)
            for each in cells
            if not each.masks or each.kind is not int
        ]

    def read(self, said: Said) -> tuple[int, int]:
        """What is marked as decided, and what as left open; it is all that a lead costs, so each line counts."""
        found, open_ = self._of_numbers(said)
        odd = self._of
        for name, silent, kind, at in self._others:
            value = said[name]
            if value is None:
                open_ |= silent
            else:
                found |= at(value) if type(value) is kind else odd[name](value)
        above = found >> self._half
        return (found & self._all, open_ | above) if above else (found, open_)

    def _of_numbers(self, said: Said) -> tuple[int, int]:
        found = open_ = 0
        odd, bisect, number = self._of, bisect_right, int
        for name, silent, points, masks in self._numbers:
            value = said[name]
            if value is None:
                open_ |= silent
            elif type(value) is number:
                found |= masks[bisect(points, value)]
            else:
                found |= odd[name](value)
        return found, open_


def _each_its_own(count: int) -> Weights:
    return [(0, 1 << place + count, 1 << place) for place in range(count)]


def _flags(planes: tuple[int, int], count: int) -> NDArray[np.uint8]:
    """So many bits of each as a row of 0 or 1."""
    size = (count + 7) // 8
    packed = np.frombuffer(b"".join(plane.to_bytes(size, "little") for plane in planes), np.uint8)
    return np.unpackbits(packed.reshape(2, -1), axis=1, count=count, bitorder="little")
