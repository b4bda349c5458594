"""One project against a whole catalogue: a mask looked up for each fact, a few operations for all policies.

Equal, bit for bit, to reading every policy's formula as it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from services.incentives.cells import cells_of
from services.incentives.conditions import Asked, Predicates
from services.incentives.formulas import Formula
from services.incentives.gates import BOTH, POSSIBLE, Gates, Weights
from services.incentives.measures import Facts, measured

Said = Mapping[str, Any]
"""What is known, by fact or computed quantity: single values as they are, sums of money in fen; else a reading."""


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
        self._gates = gates
        self._lost_and_met = _Masks(predicates.asked, gates.weights(self._count))
        self._comparisons = _Masks(predicates.asked, _each_its_own(self._count))

    def said(self, facts: Facts, as_of: date) -> Said:
        """What the facts say of all that the catalogue asks for."""
        found: dict[str, Any] = {}
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

    def decided(self, said: Said) -> int:
        """Two bits a policy, from the lowest: certainly met, possibly met."""
        return self._gates.decided(self._lost_and_met.read(said))

    def verdicts(self, said: Said) -> dict[str, int]:
        """The verdict of every policy."""
        return dict(zip(self.names, _verdicts(self.decided(said), len(self.names)), strict=True))

    def compared(self, said: Said) -> bytes:
        """The verdict of every comparison."""
        return _verdicts(self._comparisons.read(said), self._count)


def _sum_of(value: FactValue) -> Any:
    """One figure in the currency of the house where it is that; else its reading."""
    amount = value.value
    if type(amount) is Amount and value.state == "value":
        low = amount.low
        if low is not None and low == amount.high and amount.currency == "CNY":
            return low
    return measured(value)


class _Masks:
    """What all facts say together."""

    def __init__(self, asked: Sequence[Asked], weights: Weights) -> None:
        cells = [cells_of(each, weights) for each in asked]
        self._scales = [
            (each.name, each.silent, each.kind, each.points, each.masks, each.of)
            for each in cells
            if each.points is not None and each.masks is not None
        ]
        self._named = [
            (each.name, each.silent, each.kind, each.named.get, each.other, each.of)
            for each in cells
            if each.named is not None
        ]
        self._others = [
            (each.name, each.silent, each.of) for each in cells if each.points is None and each.named is None
        ]

    def read(self, said: Said) -> int:
        """The bits that they set."""
        found = 0
        told = said.get
        for name, silent, kind, points, masks, of in self._scales:
            value = told(name)
            if type(value) is kind:
                found |= masks[bisect_right(points, value)]
            else:
                found |= silent if value is None else of(value)
        for name, silent, kind, mask_of, other, of in self._named:
            value = told(name)
            if type(value) is kind:
                found |= mask_of(value, other)
            else:
                found |= silent if value is None else of(value)
        for name, silent, of in self._others:
            value = told(name)
            found |= silent if value is None else of(value)
        return found


def _each_its_own(count: int) -> Weights:
    return [(0, POSSIBLE << 2 * place, BOTH << 2 * place) for place in range(count)]


def _verdicts(pairs: int, count: int) -> bytes:
    """Two bits each as one number each: 0, 1 or 2."""
    packed = np.frombuffer(pairs.to_bytes((2 * count + 7) // 8, "little"), np.uint8)
    bits = np.unpackbits(packed, count=2 * count, bitorder="little").reshape(-1, 2)
    return (bits[:, 0] + bits[:, 1]).tobytes()
