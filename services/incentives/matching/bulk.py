"""All policies for many leads at once: sets of leads as packed bits, combined like the conditions themselves.

Each comparison becomes two sets, of leads that certainly and that possibly satisfy it, made once from its column and
kept: a changed policy asks only for those that it brings. The answers equal, bit for bit, those of one lead at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.evaluation.conditions import Asked, Comparison, Predicates
from services.incentives.evaluation.formulas import Formula, Literal, Node, pushed
from services.incentives.matching.columns import WORD, Codes, Column, Columns, Run

Bits = NDArray[np.uint64]
"""Two sets of leads, one above the other: certainly and possibly met."""
Flags = NDArray[np.bool_]

_FEW: Final = 4
"""So many runs are compared one by one; more are looked up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Policies ready to be asked of many leads, with the comparisons that they use."""

    comparisons: Mapping[int, tuple[Asked, Comparison]]
    nodes: Mapping[str, Node]

    @classmethod
    def of(cls, predicates: Predicates, formulas: Mapping[str, Formula]) -> Plan:
        """Their comparisons and trees."""
        nodes = {name: pushed(formula) for name, formula in formulas.items()}
        used = {index for node in nodes.values() for index in _used(node)}
        pairs = ((asked, each) for asked in predicates.asked for each in asked.comparisons)
        return cls({pair[1].index: pair for pair in pairs if pair[1].index in used}, nodes)


def _used(node: Node) -> Iterable[int]:
    if isinstance(node, Literal):
        yield node.index
    else:
        for part in node.parts:
            yield from _used(part)


@dataclass(frozen=True, slots=True)
class Decided:
    """The answers: ``bits`` of shape (policies, 2, words), policies in the order of ``names``."""

    names: tuple[str, ...]
    bits: Bits
    count: int

    def verdicts(self, name: str) -> NDArray[np.uint8]:
        """The verdict of every lead on one policy."""
        planes = self.bits[self.names.index(name)].view(np.uint8).reshape(2, -1)
        flags = np.unpackbits(planes, axis=1, count=self.count, bitorder="little")
        found: NDArray[np.uint8] = flags[0] + flags[1]
        return found

    def tally(self, name: str) -> dict[int, int]:
        """How many leads have each verdict."""
        met, possible = (int(each) for each in np.bitwise_count(self.bits[self.names.index(name)]).sum(axis=1))
        return {MET: met, UNKNOWN: possible - met, NOT_MET: self.count - possible}


class Bulk:
    """Columns with the sets that were made from them, on one date."""

    def __init__(self, columns: Columns, as_of: date) -> None:
        self._columns = columns
        self._as_of = as_of
        self._quantities: dict[str, Column] = {}
        self._sets: dict[tuple[str, str, Any], Bits] = {}
        self._known: dict[str, Bits] = {}

    def decide(self, plan: Plan) -> Decided:
        """Every policy of the plan for every lead."""
        sets = {index: self._set(*pair) for index, pair in plan.comparisons.items()}
        count = self._columns.count
        words = -(-count // WORD)
        bits = np.empty((len(plan.nodes), 2, words), np.uint64)
        for row, node in zip(bits, plan.nodes.values(), strict=True):
            _combined(node, sets, row)
        if count % WORD:
            bits[:, :, -1] &= np.uint64((1 << count % WORD) - 1)
        return Decided(tuple(plan.nodes), bits, count)

    def _set(self, asked: Asked, comparison: Comparison) -> Bits:
        key = (asked.name, comparison.op, comparison.operand)
        if key not in self._sets:
            self._sets[key] = self._made(asked, comparison)
        return self._sets[key]

    def _made(self, asked: Asked, comparison: Comparison) -> Bits:
        column = self._column(asked)
        said, silent = self._said(asked.name, column)
        runs = column.runs(comparison)
        bits = np.empty((2, len(said)), np.uint64)
        np.bitwise_and(_among(column, _joined(runs, MET)), said, out=bits[0])
        np.bitwise_or(bits[0], silent, out=bits[1])
        if undecided := _joined(runs, UNKNOWN):
            bits[1] |= _among(column, undecided) & said
        return bits

    def _said(self, name: str, column: Column) -> Bits:
        """Of whom somebody said something of it, and of whom nobody did, made once for all its comparisons."""
        if name not in self._known:
            said, silent = _packed(column.codes < column.absent), _packed(column.codes > column.absent)
            self._known[name] = np.stack([said, silent])
        return self._known[name]

    def _column(self, asked: Asked) -> Column:
        if asked.name not in self._quantities:
            self._quantities[asked.name] = self._columns.of(asked, self._as_of)
        return self._quantities[asked.name]


def _joined(runs: Iterable[Run], wanted: int) -> list[tuple[int, int]]:
    """Where the codes with this verdict are, neighbours together."""
    found: list[tuple[int, int]] = []
    for first, end, verdict in runs:
        if verdict == wanted and first < end:
            begin = found.pop()[0] if found and found[-1][1] == first else first
            found.append((begin, end))
    return found


def _among(column: Column, runs: Sequence[tuple[int, int]]) -> Bits:
    """Whose codes are in these runs; whatever where nobody said anything."""
    codes, absent = column.codes, column.absent
    if len(runs) > _FEW:
        there = np.zeros(absent + 2, np.bool_)
        for first, end in runs:
            there[first:end] = True
        return _packed(there[codes])
    flags = [_within(codes, first, end, absent) for first, end in runs] or [np.zeros(len(codes), np.bool_)]
    return _packed(np.logical_or.reduce(flags) if len(flags) > 1 else flags[0])


def _within(codes: Codes, first: int, end: int, absent: int) -> Flags:
    flags: Flags = codes == first if end == first + 1 else codes < end if end < absent else codes >= first
    if first and first + 1 < end < absent:
        flags &= codes >= first
    return flags


def _packed(flags: Flags) -> Bits:
    return np.packbits(flags, bitorder="little").view(np.uint64)


def _combined(node: Node, sets: Mapping[int, Bits], into: Bits) -> None:
    """The two sets of a tree."""
    if isinstance(node, Literal):
        _literal(node, sets, into)
        return
    combine, neutral = (np.bitwise_and, ~np.uint64(0)) if node.every else (np.bitwise_or, np.uint64(0))
    into[:] = neutral
    scratch: Bits | None = None
    for part in node.parts:
        if isinstance(part, Literal) and not part.negated:
            combine(into, sets[part.index], out=into)
            continue
        scratch = np.empty_like(into) if scratch is None else scratch
        _combined(part, sets, scratch)
        combine(into, scratch, out=into)


def _literal(literal: Literal, sets: Mapping[int, Bits], into: Bits) -> None:
    """A comparison's own sets; of its opposite is certain what is not even possible."""
    if literal.negated:
        np.invert(sets[literal.index][::-1], out=into)
    else:
        into[:] = sets[literal.index]
