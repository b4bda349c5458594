"""Three-valued conditions: strong Kleene logic over typed quantities, compiled once, never dependent on order.

Verdicts are 0 (not met), 1 (unknown), 2 (met), so that "all" is the least, "any" the greatest and "not" the
mirror image. What is missing, contested or stated in another currency is unknown, under "not" as well, so that
learning a fact never turns met into not met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from contracts.vocabulary.facts import FACTS, Fact
from services.incentives.evaluation.comparisons import NOT_MET, Test, comparison
from services.incentives.evaluation.formulas import Formula, Greatest, Least, Mirrored, Picked
from services.incentives.evaluation.measures import DOES_NOT_APPLY, Facts, Measure, Reading, measure_of, measured
from services.incentives.policy import Leaf
from services.incentives.policy.lookups import Lookup, categories
from services.incentives.policy.operands import Operand, operand_for
from services.incentives.policy.quantities import Quantity
from services.incentives.policy.tree import All, Not


@dataclass(frozen=True, slots=True)
class CompiledLeaf:
    """A condition of one policy: how it is decided, and whether "not" stands above it.

    ``any_of`` numbers the alternative it belongs to, None where it must hold by itself.
    """

    leaf: Leaf
    formula: Formula
    negated: bool
    any_of: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One distinct comparison of a catalogue: which it is, and how a reading decides it."""

    index: int
    op: str
    operand: Operand
    test: Test


@dataclass(slots=True)
class Asked:
    """A quantity that a catalogue asks about: a fact itself, or with ``measure`` one that is computed."""

    name: str
    fact: Fact
    quantity: Quantity | None
    measure: Measure | None
    comparisons: list[Comparison] = field(default_factory=list)


class Predicates:
    """The distinct comparisons of a catalogue, grouped by the quantity they measure."""

    def __init__(self) -> None:
        self._index: dict[tuple[str, str, Operand], int] = {}
        self._asked: dict[str, Asked] = {}

    def __len__(self) -> int:
        return len(self._index)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every quantity with its comparisons."""
        return tuple(self._asked.values())

    def add(self, measure: Fact, op: str, operand: Operand, quantity: Quantity | None = None) -> Formula:
        """The verdict of one comparison, shared by all that compare the same."""
        name = measure.name if quantity is None else quantity.key
        key = (name, op, operand)
        if key not in self._index:
            self._index[key] = len(self._index)
            test = comparison(measure.kind, op, operand)
            self._of(name, measure, quantity).comparisons.append(Comparison(self._index[key], op, operand, test))
        return Picked(self._index[key])

    def _of(self, name: str, measure: Fact, quantity: Quantity | None) -> Asked:
        if name not in self._asked:
            computed = None if quantity is None else measure_of(quantity)
            self._asked[name] = Asked(name, measure, quantity, computed)
        return self._asked[name]

    def evaluate(self, facts: Facts, as_of: date) -> bytearray:
        """The verdict of every comparison, one after the other."""
        verdicts = bytearray(b"\x01") * len(self._index)
        for asked in self._asked.values():
            reading = measured(facts.get(asked.name)) if asked.measure is None else asked.measure(facts, as_of)
            _decide(verdicts, asked.comparisons, reading)
        return verdicts


def _decide(verdicts: bytearray, comparisons: Sequence[Comparison], reading: Reading | None) -> None:
    if reading is DOES_NOT_APPLY:
        for each in comparisons:
            verdicts[each.index] = NOT_MET
    elif reading is not None:
        for each in comparisons:
            verdicts[each.index] = each.test(reading.low, reading.high, reading.currency)


def compile_condition(node: Any, predicates: Predicates) -> tuple[Formula, tuple[CompiledLeaf, ...]]:
    """The condition tree as a function of the predicates' verdicts, and its leaves in written order."""
    leaves: list[CompiledLeaf] = []
    formula = _compile(node, predicates, leaves, _Place())
    return formula, tuple(leaves)


def decided(leaves: Sequence[CompiledLeaf], verdicts: Sequence[int]) -> bytes:
    """From the predicates' verdicts to those of conditions in written order."""
    return bytes([each.formula(verdicts) for each in leaves])


class Leaves:
    """The conditions of many policies, decided at once: nearly all are comparisons, which are only read.

    ``parts`` is where those of each policy are among all.
    """

    def __init__(self, formulas: Sequence[Sequence[Formula]]) -> None:
        every = [each for of_one in formulas for each in of_one]
        ends = [0, *accumulate(map(len, formulas))]
        self.parts = [slice(first, last) for first, last in pairwise(ends)]
        self._picked = np.array([each.index if isinstance(each, Picked) else 0 for each in every], np.intp)
        self._composed = [(place, each) for place, each in enumerate(every) if not isinstance(each, Picked)]

    def read(self, verdicts: bytes) -> bytes:
        """All of them, those of each policy in written order, from the predicates' verdicts."""
        found = np.frombuffer(verdicts, np.uint8)[self._picked]
        for place, formula in self._composed:
            found[place] = formula(verdicts)
        return found.tobytes()


class _Place:
    """Where in the tree a node stands."""

    def __init__(self) -> None:
        self.negated = False
        self.any_of: int | None = None
        self.alternatives = 0

    def below(self, *, negated: bool, any_of: int | None) -> _Place:
        place = _Place()
        place.negated, place.any_of = negated, any_of
        return place


def _compile(node: Any, predicates: Predicates, leaves: list[CompiledLeaf], place: _Place) -> Formula:
    if isinstance(node, Leaf):
        decided = _comparison_of(node, predicates)
        leaves.append(CompiledLeaf(node, decided, place.negated, place.any_of))
        return decided
    if isinstance(node, Not):
        inner = _compile(node.not_, predicates, leaves, place.below(negated=not place.negated, any_of=place.any_of))
        return Mirrored(inner)
    conjunction = isinstance(node, All)
    any_of = place.any_of
    if any_of is None and conjunction == place.negated and len(_children(node)) > 1:
        any_of = len(leaves)
    below = place.below(negated=place.negated, any_of=any_of)
    children = [_compile(child, predicates, leaves, below) for child in _children(node)]
    return (Least if conjunction else Greatest)(tuple(children))


def _comparison_of(leaf: Leaf, predicates: Predicates) -> Formula:
    if isinstance(leaf.value, Lookup):
        return _by_category(leaf, leaf.value, predicates)
    return _against(leaf, leaf.value, predicates)


def _against(leaf: Leaf, written: Any, predicates: Predicates) -> Formula:
    return predicates.add(leaf.measure, leaf.op, threshold(leaf, written), leaf.quantity)


def threshold(leaf: Leaf, written: Any) -> Operand:
    """A figure of a condition as its quantity is compared: that of a quotient in half steps."""
    operand = operand_for(leaf.measure, leaf.op, written, leaf.period)
    if leaf.quantity is None or not leaf.quantity.halves:
        return operand
    return replace(operand, values=tuple(value if value is None else 2 * int(value) for value in operand.values))


def _by_category(leaf: Leaf, table: Lookup, predicates: Predicates) -> Formula:
    """The comparison with the figure of the category; with what satisfies all figures, met whatever the category."""
    cases = [in_category(table, case.in_, predicates) for case in table.cases]
    against = [_against(leaf, case.value, predicates) for case in table.cases]
    ways: list[Formula] = [Least(pair) for pair in zip(cases, against, strict=True)]
    if table.exhaustive:
        if table.otherwise is not None:
            against.append(_against(leaf, table.otherwise, predicates))
            ways.append(Least((Mirrored(Greatest(tuple(cases))), against[-1])))
        ways.append(Least(tuple(against)))
    return Greatest(tuple(ways))


def in_category(table: Lookup, written: Sequence[Any], predicates: Predicates) -> Formula:
    """Whether the fact that a table goes by is in one of these categories."""
    fact = FACTS[table.by]
    named = categories(fact, written)
    if fact.kind == "date":
        spans = [Operand((f"{year}-01-01", f"{year + 1}-01-01"), high_open=True) for year in named]
        return Greatest(tuple(predicates.add(fact, "date_in", span) for span in spans))
    op = "prefix_in" if fact.kind == "code" else "in"
    return predicates.add(fact, op, Operand(tuple(sorted(set(named), key=str))))


def _children(node: Any) -> list[Any]:
    children: list[Any] = node.all if isinstance(node, All) else node.any
    return children
