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

from services.incentives.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.conditions import Asked, Comparison, Predicates
from services.incentives.formulas import Formula, Literal, Node, pushed
from services.incentives.matching.columns import WORD, Codes, Column, Columns, Span

Bits = NDArray[np.uint64]
"""Two sets of leads, one above the other: certainly and possibly met."""
Flags = NDArray[np.bool_]

_FEW: Final = 4
"""So many spans are compared one by one; more are looked up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Policies ready to be asked of many leads."""

    comparisons: Sequence[tuple[Asked, Comparison]]
    nodes: Mapping[str, Node]

    @classmethod
    def of(cls, predicates: Predicates, formulas: Mapping[str, Formula]) -> Plan:
        """Their comparisons and trees."""
        pairs = [(asked, each) for asked in predicates.asked for each in asked.comparisons]
        pairs.sort(key=lambda pair: pair[1].index)
        return cls(pairs, {name: pushed(formula) for name, formula in formulas.items()})


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
        self._silent: dict[str, Bits] = {}

    def decide(self, plan: Plan) -> Decided:
        """Every policy of the plan for every lead."""
        sets = [self._set(asked, comparison) for asked, comparison in plan.comparisons]
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
        spans = [span for span in column.spans(comparison) if span[0] < span[1]]
        silence = (column.absent + 1, column.absent + 2, UNKNOWN)
        bits = np.empty((2, len(column.codes) // WORD), np.uint64)
        bits[0] = _packed(_flags(column.codes, _joined(spans, (MET,)), column.absent + 2))
        if [span for span in spans if span[2] == UNKNOWN] == [silence]:
            np.bitwise_or(bits[0], self._silence(asked.name, column, silence), out=bits[1])
        else:
            bits[1] = _packed(_flags(column.codes, _joined(spans, (UNKNOWN, MET)), column.absent + 2))
        return bits

    def _silence(self, name: str, column: Column, silence: Span) -> Bits:
        """Of whom a fact is not known, made once for all its comparisons."""
        if name not in self._silent:
            self._silent[name] = _packed(_flags(column.codes, [silence[:2]], silence[1]))
        return self._silent[name]

    def _column(self, asked: Asked) -> Column:
        if asked.name not in self._quantities:
            self._quantities[asked.name] = self._columns.of(asked, self._as_of)
        return self._quantities[asked.name]


def _joined(spans: Iterable[Span], verdicts: tuple[int, ...]) -> list[tuple[int, int]]:
    """Where the codes with these verdicts are, neighbours together."""
    found: list[tuple[int, int]] = []
    for first, end, verdict in spans:
        if verdict not in verdicts:
            continue
        if found and found[-1][1] == first:
            first = found.pop()[0]
        found.append((first, end))
    return found


def _flags(codes: Codes, spans: Sequence[tuple[int, int]], last: int) -> Flags:
    if len(spans) > _FEW:
        among = np.zeros(last, np.bool_)
        for first, end in spans:
            among[first:end] = True
        return among[codes]
    if not spans:
        return np.zeros(len(codes), np.bool_)
    flags = _within(codes, *spans[0], last)
    for span in spans[1:]:
        flags |= _within(codes, *span, last)
    return flags


def _within(codes: Codes, first: int, end: int, last: int) -> Flags:
    flags: Flags = codes == first if end == first + 1 else codes >= first if end == last else codes < end
    if first and first + 1 < end < last:
        flags &= codes >= first
    return flags


def _packed(flags: Flags) -> Bits:
    return np.packbits(flags, bitorder="little").view(np.uint64)


def _combined(node: Node, sets: Sequence[Bits], into: Bits) -> None:
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


def _literal(literal: Literal, sets: Sequence[Bits], into: Bits) -> None:
    """A comparison's own sets; of its opposite is certain what is not even possible."""
    if literal.negated:
        np.invert(sets[literal.index][::-1], out=into)
    else:
        into[:] = sets[literal.index]
