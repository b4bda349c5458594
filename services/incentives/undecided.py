"""Which conditions leave a policy open: a tree of conditions by their places, "not" moved down to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from services.incentives.comparisons import MET, UNKNOWN
from services.incentives.policy.tree import All, Leaf, Not


@dataclass(frozen=True, slots=True)
class Junction:
    """All of some conditions and of what nests in it, or any; ``turned`` are those that must not hold."""

    every: bool
    plain: tuple[int, ...]
    turned: tuple[int, ...]
    nested: tuple[Junction, ...]

    def open(self, verdicts: Sequence[int]) -> list[int]:
        """The places of those that leave it open, in written order; none where it is decided."""
        return sorted(self._read(verdicts)[1])

    def _read(self, verdicts: Sequence[int]) -> tuple[int, list[int]]:
        inner = [each._read(verdicts) for each in self.nested]
        found = [verdicts[place] for place in self.plain]
        found += [MET - verdicts[place] for place in self.turned]
        found += [verdict for verdict, _ in inner]
        verdict = min(found) if self.every else max(found)
        if verdict != UNKNOWN:
            return verdict, []
        here = [place for place in (*self.plain, *self.turned) if verdicts[place] == UNKNOWN]
        return verdict, here + [place for _, places in inner for place in places]


def junction(conditions: Any) -> Junction:
    """A tree of conditions, each at its place in written order."""
    return _junction([conditions], count(), every=True, negated=False)


def _junction(nodes: Sequence[Any], places: Iterator[int], *, every: bool, negated: bool) -> Junction:
    plain: list[int] = []
    turned: list[int] = []
    nested: list[Junction] = []
    for each in nodes:
        node, opposite = each, negated
        while isinstance(node, Not):
            node, opposite = node.not_, not opposite
        if isinstance(node, Leaf):
            (turned if opposite else plain).append(next(places))
            continue
        conjunction = isinstance(node, All)
        children = node.all if conjunction else node.any
        nested.append(_junction(children, places, every=conjunction is not opposite, negated=opposite))
    return Junction(every, tuple(plain), tuple(turned), tuple(nested))
