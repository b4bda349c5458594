"""Which conditions leave a policy open: a tree of conditions by their places, "not" moved down to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.policy.tree import All, Leaf, Not


@dataclass(frozen=True, slots=True)
class Junction:
    """All of some conditions and of what nests in it, or any."""

    every: bool
    places: tuple[int, ...]
    nested: tuple[Junction, ...]

    def read(self, verdicts: Sequence[int]) -> tuple[int, list[int]]:
        """Its verdict, and where it is unknown the places of the conditions that leave it so."""
        decisive = NOT_MET if self.every else MET
        left: list[int] = []
        for place in self.places:
            if (verdict := verdicts[place]) == UNKNOWN:
                left.append(place)
            elif verdict == decisive:
                return decisive, []
        for each in self.nested:
            verdict, places = each.read(verdicts)
            if verdict == decisive:
                return decisive, []
            left += places
        return UNKNOWN if left else MET - decisive, left


class Undecided:
    """The conditions of one policy; ``turned`` are the places of those that must not hold."""

    def __init__(self, conditions: Any) -> None:
        self._turned: list[int] = []
        self._junction = self._joined([conditions], count(), every=True, negated=False)

    def among(self, verdicts: bytes) -> list[int]:
        """The places of those that leave the policy open, in written order; none where it is decided."""
        required: Sequence[int] = verdicts
        if self._turned:
            required = bytearray(verdicts)
            for place in self._turned:
                required[place] = MET - required[place]
        return sorted(self._junction.read(required)[1])

    def _joined(self, nodes: Sequence[Any], at: Iterator[int], *, every: bool, negated: bool) -> Junction:
        places: list[int] = []
        nested: list[Junction] = []
        for each in nodes:
            node, opposite = each, negated
            while isinstance(node, Not):
                node, opposite = node.not_, not opposite
            if isinstance(node, Leaf):
                places.append(next(at))
                self._turned += places[-1:] if opposite else []
                continue
            conjunction = isinstance(node, All)
            children = node.all if conjunction else node.any
            nested.append(self._joined(children, at, every=conjunction is not opposite, negated=opposite))
        return Junction(every, tuple(places), tuple(nested))
