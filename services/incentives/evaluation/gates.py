"""Many policies decided at once by a few operations on one big integer: where each of their clauses has its bits.

A policy becomes a gate: all of some comparisons and of some clauses, each any of several; one that is any of several
conjunctions is kept as its opposite. A comparison that fails leaves its mark on the gate itself. Clauses stand slot by
slot, first that of every gate that has one, then the second of all that have two, so that "all" is a shift of one slot
over another; no place is left empty. What nests deeper are gates of their own, decided before those that they belong
to.

Comparisons mark each place once: in one half of their bits where they decide it, in the other where they leave it open,
so that what a single value says is half as long. From both halves two planes are made, of what is certain and of what
is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.incentives.evaluation.formulas import Formula, Joint, Literal, Node, pushed

Answers = tuple[int, int]
"""A bit for each gate that is certainly met, and one for each that is possibly met."""
Weights = Sequence[tuple[int, int, int]]
"""For each comparison the bits that it sets where it is not met, unknown, met."""


@dataclass(slots=True, eq=False)
class Clause:
    """Any of some comparisons and gates; ``place`` is where it is in its layer."""

    literals: list[Literal]
    gates: list[Gate]
    place: int = 0


@dataclass(slots=True, eq=False)
class Gate:
    """All of some comparisons and clauses; ``place`` is where it is in its layer, ``rank`` where its answers are."""

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
    """Gates that are decided together, once all that nests in them is; ``base`` is where their bits begin.

    In each plane they come first, those with the most clauses at the lowest places, then their clauses, slot by slot.
    """

    def __init__(self, gates: Iterable[Gate], base: int) -> None:
        self.gates = sorted(gates, key=lambda gate: -len(gate.clauses))
        self.base, self.size = base, len(self.gates)
        for place, gate in enumerate(self.gates):
            gate.place = place
        self._slots: list[tuple[int, int]] = []
        for slot in range(len(self.gates[0].clauses)):
            having = [gate for gate in self.gates if len(gate.clauses) > slot]
            for place, gate in enumerate(having, self.size):
                gate.clauses[slot].place = place
            self._slots.append((self.size, _ones(len(having))))
            self.size += len(having)
        self.plane, self._own = _ones(self.size), _ones(len(self.gates))
        self._clauses = self.plane ^ self._own
        self._wires = _Wires([clause for gate in self.gates for clause in gate.clauses], self.size)

    def decided(self, marked: int, open_: int, results: Answers) -> Answers:
        """The answers of its gates from what is marked of it alone.

        ``results`` are the answers of the gates decided before.
        """
        own, clauses, slots = self._own, self._clauses, self._slots
        lost, failed = marked | open_ & own, marked | open_ & clauses
        if self._wires:
            certain, possible = self._wires.carried(results)
            lost, failed = lost | certain, failed | possible
        lost = whole = lost ^ clauses
        for start, those in slots:
            lost |= whole >> start & those
        failed = whole = failed ^ clauses
        for start, those in slots:
            failed |= whole >> start & those
        return lost & own ^ own, failed & own ^ own


class _Wires:
    """From gates to the clauses that they belong to, of which there are ``size`` in a plane with their own gates."""

    def __init__(self, clauses: Sequence[Clause], size: int) -> None:
        pairs = [(gate.rank, clause.place) for clause in clauses for gate in clause.gates]
        self._from, self._to = (np.array([pair[end] for pair in pairs], dtype=np.intp) for end in (0, 1))
        self._read, self._bits = max((rank for rank, _ in pairs), default=0) // 8 + 1, size

    def __bool__(self) -> bool:
        return bool(len(self._from))

    def carried(self, results: Answers) -> Answers:
        """The bits of clauses that gates set."""
        known = b"".join((plane & _ones(8 * self._read)).to_bytes(self._read, "little") for plane in results)
        there = np.unpackbits(np.frombuffer(known, np.uint8).reshape(2, -1), axis=1, bitorder="little")[:, self._from]
        clauses = np.zeros((2, self._bits), np.uint8)
        for plane, set_ in zip(clauses, there, strict=True):
            plane[self._to[set_ == 1]] = 1
        certain, possible = np.packbits(clauses, axis=1, bitorder="little")
        return int.from_bytes(certain.tobytes(), "little"), int.from_bytes(possible.tobytes(), "little")


@dataclass(slots=True)
class Gates:
    """Every policy of a catalogue; ``names`` are in the order of its answers, ``size`` is half of its bits."""

    names: tuple[str, ...] = ()
    size: int = 0
    _nested: list[Layer] = field(default_factory=list)
    _roots: Layer | None = None
    _opposite: int = 0

    @classmethod
    def of(cls, formulas: Mapping[str, Formula]) -> Gates:
        """Lay out the policies."""
        made = cls()
        roots: dict[Gate, tuple[str, bool]] = {}
        for name, formula in formulas.items():
            node = pushed(formula)
            opposite = (
                isinstance(node, Joint) and not node.every and any(isinstance(part, Joint) for part in node.parts)
            )
            roots[gate_of(pushed(formula, negated=True) if opposite else node)] = (name, opposite)
        if roots:
            made._roots = made._lay_out(list(roots))
            ordered = [roots[gate] for gate in made._roots.gates]
            made.names = tuple(name for name, _ in ordered)
            made._opposite = sum(1 << place for place, (_, opposite) in enumerate(ordered) if opposite)
        return made

    def _lay_out(self, roots: list[Gate]) -> Layer:
        nested: dict[int, list[Gate]] = {}
        for gate in roots:
            _collect(gate, nested)
        settled = 0
        for _, gates in sorted(nested.items()):
            layer = self._layer(gates)
            for rank, gate in enumerate(layer.gates, settled):
                gate.rank = rank
            settled += len(gates)
            self._nested.append(layer)
        return self._layer(roots)

    def _layer(self, gates: list[Gate]) -> Layer:
        layer = Layer(gates, self.size)
        self.size += layer.size
        return layer

    def weights(self, comparisons: int) -> Weights:
        """Which bits each comparison sets: of clauses what it meets, of gates what it loses them."""
        found = [[0, 0, 0] for _ in range(comparisons)]
        for layer in (*self._nested, *filter(None, [self._roots])):
            for gate in layer.gates:
                self._mark(found, gate.literals, layer.base + gate.place, lost=True)
                for clause in gate.clauses:
                    self._mark(found, clause.literals, layer.base + clause.place, lost=False)
        return [(not_met, unknown, met) for not_met, unknown, met in found]

    def _mark(self, weights: list[list[int]], literals: Iterable[Literal], place: int, *, lost: bool) -> None:
        """A literal's verdict is the mirror image of its comparison's where it is negated."""
        for each in literals:
            weights[each.index][0 if lost is not each.negated else 2] |= 1 << place
            weights[each.index][1] |= 1 << self.size + place

    def decided(self, marked: int, open_: int) -> Answers:
        """A bit for each policy, where it is certainly and where it is possibly met, from what comparisons mark."""
        certain = possible = settled = 0
        for layer in self._nested:
            answer = layer.decided(marked & layer.plane, open_ & layer.plane, (certain, possible))
            certain, possible = certain | answer[0] << settled, possible | answer[1] << settled
            settled += len(layer.gates)
            marked, open_ = marked >> layer.size, open_ >> layer.size
        if self._roots is None:
            return 0, 0
        answer = self._roots.decided(marked, open_, (certain, possible))
        return self._turned(answer) if self._opposite else answer

    def _turned(self, answer: Answers) -> Answers:
        """Those kept as their opposites as what they are: certain where the opposite is not even possible."""
        turned = ~(answer[0] ^ answer[1]) & self._opposite
        return answer[0] ^ turned, answer[1] ^ turned


def _collect(gate: Gate, nested: dict[int, list[Gate]]) -> None:
    for inner in (inner for clause in gate.clauses for inner in clause.gates):
        nested.setdefault(inner.height, []).append(inner)
        _collect(inner, nested)


def _ones(count: int) -> int:
    return (1 << count) - 1
