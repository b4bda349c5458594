"""The logic of a condition as a tree over a catalogue's comparisons: to be read as it stands, or rebuilt for speed.

Called with verdicts, a formula reads like the rule it is; that is the plain reading, which the fast ones equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.incentives.evaluation.comparisons import MET, NOT_MET


class Formula(ABC):
    """From the verdicts of a catalogue's comparisons to one verdict."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, verdicts: Sequence[int]) -> int:
        """The verdict."""


@dataclass(frozen=True, slots=True)
class Picked(Formula):
    """A comparison's own verdict."""

    index: int

    def __call__(self, verdicts: Sequence[int]) -> int:
        """Read it."""
        return verdicts[self.index]


@dataclass(frozen=True, slots=True)
class Mirrored(Formula):
    """Not."""

    inner: Formula

    def __call__(self, verdicts: Sequence[int]) -> int:
        """The mirror image."""
        return MET - self.inner(verdicts)


@dataclass(frozen=True, slots=True)
class Least(Formula):
    """All of these."""

    children: tuple[Formula, ...]

    def __call__(self, verdicts: Sequence[int]) -> int:
        """The least of them."""
        worst = MET
        for child in self.children:
            verdict = child(verdicts)
            if verdict < worst:
                if verdict == NOT_MET:
                    return NOT_MET
                worst = verdict
        return worst


@dataclass(frozen=True, slots=True)
class Greatest(Formula):
    """Any of these."""

    children: tuple[Formula, ...]

    def __call__(self, verdicts: Sequence[int]) -> int:
        """The greatest of them."""
        best = NOT_MET
        for child in self.children:
            verdict = child(verdicts)
            if verdict > best:
                if verdict == MET:
                    return MET
                best = verdict
        return best


@dataclass(frozen=True, slots=True)
class Literal:
    """A comparison, or with ``negated`` its mirror image."""

    index: int
    negated: bool


@dataclass(frozen=True, slots=True)
class Joint:
    """Several together: all of them, or any; no part of it is of the same sort."""

    every: bool
    parts: tuple[Node, ...]


Node = Literal | Joint


def pushed(formula: Formula, *, negated: bool = False) -> Node:
    """The same with "not" at the comparisons only, and what nests without need made flat: no case is ever repeated."""
    if isinstance(formula, Picked):
        return Literal(formula.index, negated)
    if isinstance(formula, Mirrored):
        return pushed(formula.inner, negated=not negated)
    if not isinstance(formula, Least | Greatest):
        raise TypeError(f"no such formula: {formula!r}")
    every = isinstance(formula, Least) is not negated
    parts = tuple(dict.fromkeys(_flat(every, (pushed(child, negated=negated) for child in formula.children))))
    return parts[0] if len(parts) == 1 else Joint(every, parts)


def _flat(every: bool, nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        if isinstance(node, Joint) and node.every is every:
            yield from node.parts
        else:
            yield node
