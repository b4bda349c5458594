"""Many policies decided at once by a few operations on one big integer: where each of their clauses has its bits.

A policy becomes a gate: all of some comparisons and of some clauses, each any of several; one that is any of several
at its root is kept as its opposite. A comparison that fails leaves its mark on the gate itself. Clauses stand slot by
slot, first that of every gate that has one, then the second of all that have two, so that "all" is a shift of one slot
over another; no place is left empty. What nests deeper are gates of their own, decided before those that they belong
to. Everything has two bits: certain (even) and possible (odd), of a gate those that it has lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from services.incentives.formulas import Formula, Joint, Literal, Node, pushed

CERTAIN: Final = 1
POSSIBLE: Final = 2
BOTH: Final = 3

Weights = Sequence[tuple[int, int, int]]
"""For each comparison the bits that it sets where it is not met, unknown, met."""


@dataclass(slots=True, eq=False)
class Clause:
    """Any of some comparisons and gates; ``place`` is where its bits are, in pairs."""

    literals: list[Literal]
    gates: list[Gate]
    place: int = 0


@dataclass(slots=True, eq=False)
class Gate:
    """All of some comparisons and clauses; ``place`` is where its bits are, ``rank`` where those of its answer are."""

    literals: list[Literal]
    clauses: list[Clause]
    height: int
    place: int = 0
    rank: int = 0


def gate_of(node: Node) -> Gate:
    """A tree as a gate."""
    parts = node.parts if isinstance(node, Joint) and node.every else (node,)
    clauses = [_clause(part) for part in parts if isinstance(part, Joint)]
    heights = [inner.height + 1 for clause in clauses for inner in clause.gates]
    return Gate([part for part in parts if isinstance(part, Literal)], clauses, max(heights, default=0))


def _clause(node: Joint) -> Clause:
    literals = [part for part in node.parts if isinstance(part, Literal)]
    return Clause(literals, [gate_of(part) for part in node.parts if isinstance(part, Joint)])


class Layer:
    """Gates that are decided together, once all that nests in them is; ``base`` is where their bits begin."""

    def __init__(self, gates: Iterable[Gate], base: int) -> None:
        self.gates = sorted(gates, key=lambda gate: -len(gate.clauses))
        self._base = 2 * base
        self._slots: list[tuple[int, int]] = []
        self.size = len(self.gates)
        for place, gate in enumerate(self.gates, base):
            gate.place = place
        for slot in range(len(self.gates[0].clauses)):
            having = [gate for gate in self.gates if len(gate.clauses) > slot]
            for place, gate in enumerate(having, base + self.size):
                gate.clauses[slot].place = place
            self._slots.append((2 * self.size, _ones(2 * len(having))))
            self.size += len(having)
        self._own = _ones(2 * len(self.gates))
        self._clauses = _ones(2 * self.size) ^ self._own
        self._wires = _Wires([clause for gate in self.gates for clause in gate.clauses], base, self.size)

    def decided(self, bits: int, results: int) -> int:
        """The answers of its gates, from the bits of the comparisons and the answers of the gates decided before."""
        bits >>= self._base
        if self._wires:
            bits |= self._wires.carried(results)
        lost = bits & self._own
        failed = (bits & self._clauses) ^ self._clauses
        for shift, those in self._slots:
            lost |= (failed >> shift) & those
        return lost ^ self._own


class _Wires:
    """From gates to the clauses that they belong to."""

    def __init__(self, clauses: Sequence[Clause], base: int, size: int) -> None:
        pairs = [(gate.rank, clause.place - base) for clause in clauses for gate in clause.gates]
        self._from, self._to = (
            np.array([2 * pair[end] + plane for pair in pairs for plane in (0, 1)], dtype=np.intp) for end in (0, 1)
        )
        self._read, self._bits = (2 * max((gate for gate, _ in pairs), default=0) + 9) // 8, 2 * size

    def __bool__(self) -> bool:
        return bool(len(self._from))

    def carried(self, results: int) -> int:
        """The bits of clauses that gates set."""
        known = (results & _ones(8 * self._read)).to_bytes(self._read, "little")
        there = np.unpackbits(np.frombuffer(known, np.uint8), bitorder="little")[self._from]
        clauses = np.zeros(self._bits, np.uint8)
        clauses[self._to[there == 1]] = 1
        return int.from_bytes(np.packbits(clauses, bitorder="little").tobytes(), "little")


@dataclass(slots=True)
class Gates:
    """Every policy of a catalogue; ``names`` are in the order of its bits."""

    names: tuple[str, ...] = ()
    _layers: list[Layer] = field(default_factory=list)
    _roots: list[Layer] = field(default_factory=list)
    size: int = 0
    _opposite: int = 0

    @classmethod
    def of(cls, formulas: Mapping[str, Formula]) -> Gates:
        """Lay out the policies."""
        made = cls()
        roots: dict[Gate, tuple[str, bool]] = {}
        for name, formula in formulas.items():
            node = pushed(formula)
            opposite = isinstance(node, Joint) and not node.every
            roots[gate_of(pushed(formula, negated=True) if opposite else node)] = (name, opposite)
        made._lay_out([gate for gate in roots if not gate.height], [gate for gate in roots if gate.height])
        ordered = [roots[gate] for layer in made._roots for gate in layer.gates]
        made.names = tuple(name for name, _ in ordered)
        made._opposite = sum(BOTH << 2 * place for place, (_, opposite) in enumerate(ordered) if opposite)
        return made

    def _lay_out(self, flat: list[Gate], deep: list[Gate]) -> None:
        nested: dict[int, list[Gate]] = {}
        for gate in deep:
            _collect(gate, nested)
        settled = 0
        for _, gates in sorted(nested.items()):
            layer = self._add(gates)
            for rank, gate in enumerate(layer.gates, settled):
                gate.rank = rank
            settled += len(gates)
            self._layers.append(layer)
        self._roots = [self._add(gates) for gates in (flat, deep) if gates]

    def _add(self, gates: list[Gate]) -> Layer:
        layer = Layer(gates, self.size)
        self.size += layer.size
        return layer

    def weights(self, comparisons: int) -> Weights:
        """Which bits each comparison sets: of clauses what it meets, of gates what it loses them."""
        found = [[0, 0, 0] for _ in range(comparisons)]
        for gate in (gate for layer in (*self._layers, *self._roots) for gate in layer.gates):
            for literal in gate.literals:
                _set(found, literal, gate.place, (BOTH, CERTAIN, 0))
            for clause in gate.clauses:
                for literal in clause.literals:
                    _set(found, literal, clause.place, (0, POSSIBLE, BOTH))
        return [(not_met, unknown, met) for not_met, unknown, met in found]

    def decided(self, bits: int) -> int:
        """Two bits for each policy, certainly and possibly met, from those that the comparisons set."""
        results = shift = 0
        for layer in self._layers:
            results |= layer.decided(bits, results) << shift
            shift += 2 * len(layer.gates)
        answer = shift = 0
        for layer in self._roots:
            answer |= layer.decided(bits, results) << shift
            shift += 2 * len(layer.gates)
        return self._turned(answer) if self._opposite else answer

    def _turned(self, answer: int) -> int:
        """Those kept as their opposites as what they are: certain where the opposite is not even possible."""
        turned = (answer & self._opposite) ^ self._opposite
        certain = self._opposite // BOTH
        return (answer & ~self._opposite) | ((turned & certain) << 1) | ((turned >> 1) & certain)


def _collect(gate: Gate, nested: dict[int, list[Gate]]) -> None:
    for inner in (inner for clause in gate.clauses for inner in clause.gates):
        nested.setdefault(inner.height, []).append(inner)
        _collect(inner, nested)


def _set(weights: list[list[int]], literal: Literal, place: int, bits: tuple[int, int, int]) -> None:
    """Bits by the verdict of a literal, which is the mirror image of its comparison's where it is negated."""
    for verdict, set_ in enumerate(reversed(bits) if literal.negated else bits):
        weights[literal.index][verdict] |= set_ << 2 * place


def _ones(count: int) -> int:
    return (1 << count) - 1
