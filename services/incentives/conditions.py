"""Three-valued conditions: strong Kleene logic over typed facts, compiled once, never dependent on order.

Verdicts are 0 (not met), 1 (unknown), 2 (met), so that "all" is the least, "any" the greatest and "not" the
mirror image. What is missing, contested or stated in another currency is unknown, under "not" as well, so that
learning a fact never turns met into not met. A range decides a threshold only where both its ends agree.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, FactValue
from contracts.vocabulary.industry import within
from services.incentives.policy import Leaf
from services.incentives.policy.operands import Operand, operand_of
from services.incentives.policy.schema import All, Not

NOT_MET: Final = 0
UNKNOWN: Final = 1
MET: Final = 2
VERDICTS: Final = ("not_met", "unknown", "met")

Facts = Mapping[str, FactValue]
Test = Callable[[Any, Any, str], int]
Formula = Callable[[Sequence[int]], int]

_INTERVALS = frozenset({"amount", "integer", "decimal", "ratio", "date"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact as tests compare it: both ends of its interval (equal where it is one value) and its currency."""

    low: Any
    high: Any
    currency: str = ""


@dataclass(frozen=True, slots=True)
class CompiledLeaf:
    """A condition of one policy: its place among the predicates, and whether "not" stands above it.

    ``any_of`` numbers the alternative it belongs to, None where it must hold by itself.
    """

    leaf: Leaf
    index: int
    negated: bool
    any_of: int | None


def read_fact(value: FactValue | None) -> Reading | None:
    """The fact as an interval or a value; None where nothing certain can be said."""
    if value is None or value.state != "value" or value.value is None:
        return None
    plain = value.value
    if not isinstance(plain, Amount):
        return Reading(plain, plain)
    if plain.pending or (plain.low is None and plain.high is None):
        return None
    return Reading(plain.low or 0, math.inf if plain.high is None else plain.high, plain.currency)


class Predicates:
    """The distinct comparisons of a catalogue, each tested once a match, grouped by the fact they ask about."""

    def __init__(self) -> None:
        self._index: dict[tuple[str, str, Operand], int] = {}
        self._tests: dict[str, list[tuple[int, Test]]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._index)

    def add(self, leaf: Leaf) -> int:
        """The place of a leaf's comparison, shared by all leaves that compare the same."""
        operand = operand_of(FACTS[leaf.fact], leaf.op, leaf.value)
        key = (leaf.fact, leaf.op, operand)
        if key not in self._index:
            self._index[key] = len(self._index)
            self._tests[leaf.fact].append((self._index[key], _test(FACTS[leaf.fact].kind, leaf.op, operand)))
        return self._index[key]

    def evaluate(self, facts: Facts) -> bytearray:
        """The verdict of every comparison."""
        verdicts = bytearray(b"\x01") * len(self._index)
        for name, value in facts.items():
            tests = self._tests.get(name)
            if tests is None:
                continue
            if value.state == "not_applicable":
                for index, _ in tests:
                    verdicts[index] = NOT_MET
            elif (reading := read_fact(value)) is not None:
                low, high, currency = reading.low, reading.high, reading.currency
                for index, test in tests:
                    verdicts[index] = test(low, high, currency)
        return verdicts


def compile_condition(node: Any, predicates: Predicates) -> tuple[Formula, tuple[CompiledLeaf, ...]]:
    """The condition tree as a function of the predicates' verdicts, and its leaves in written order."""
    leaves: list[CompiledLeaf] = []
    formula = _compile(node, predicates, leaves, _Place())
    return formula, tuple(leaves)


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
        index = predicates.add(node)
        leaves.append(CompiledLeaf(node, index, place.negated, place.any_of))
        return _pick(index)
    if isinstance(node, Not):
        inner = _compile(node.not_, predicates, leaves, place.below(negated=not place.negated, any_of=place.any_of))
        return lambda verdicts: MET - inner(verdicts)
    conjunction = isinstance(node, All)
    any_of = place.any_of
    if any_of is None and conjunction == place.negated and len(_children(node)) > 1:
        any_of = len(leaves)
    below = place.below(negated=place.negated, any_of=any_of)
    children = [_compile(child, predicates, leaves, below) for child in _children(node)]
    return _least(children) if conjunction else _greatest(children)


def _children(node: Any) -> list[Any]:
    children: list[Any] = node.all if isinstance(node, All) else node.any
    return children


def _pick(index: int) -> Formula:
    return lambda verdicts: verdicts[index]


def _least(children: list[Formula]) -> Formula:
    def all_of(verdicts: Sequence[int]) -> int:
        worst = MET
        for child in children:
            verdict = child(verdicts)
            if verdict < worst:
                if verdict == NOT_MET:
                    return NOT_MET
                worst = verdict
        return worst

    return all_of


def _greatest(children: list[Formula]) -> Formula:
    def any_of(verdicts: Sequence[int]) -> int:
        best = NOT_MET
        for child in children:
            verdict = child(verdicts)
            if verdict > best:
                if verdict == MET:
                    return MET
                best = verdict
        return best

    return any_of


def _test(kind: str, op: str, operand: Operand) -> Test:
    if op == "known":
        return lambda _low, _high, _currency: MET
    if kind in _INTERVALS:
        return _in_currency(_INTERVAL_TESTS[op](operand), operand.currency)
    if kind == "code":
        return _code_test(op, operand)
    return _VALUE_TESTS[op](operand)


def _in_currency(test: Test, wanted: str) -> Test:
    if not wanted:
        return test
    return lambda low, high, currency: test(low, high, currency) if currency == wanted else UNKNOWN


def _at_least(limit: Any, *, open_end: bool = False) -> Test:
    if open_end:
        return lambda low, high, _: MET if low > limit else NOT_MET if high <= limit else UNKNOWN
    return lambda low, high, _: MET if low >= limit else NOT_MET if high < limit else UNKNOWN


def _at_most(limit: Any, *, open_end: bool = False) -> Test:
    if open_end:
        return lambda low, high, _: MET if high < limit else NOT_MET if low >= limit else UNKNOWN
    return lambda low, high, _: MET if high <= limit else NOT_MET if low > limit else UNKNOWN


def _equal(limit: Any) -> Test:
    return lambda low, high, _: MET if low == high == limit else NOT_MET if limit < low or limit > high else UNKNOWN


def _opposite(test: Test) -> Test:
    return lambda low, high, currency: MET - test(low, high, currency)


def _one_of(operand: Operand) -> Test:
    tests = [_equal(limit) for limit in operand.values]
    return lambda low, high, currency: max(test(low, high, currency) for test in tests)


def _between(operand: Operand) -> Test:
    low_end, high_end = operand.values
    if low_end is None:
        return _at_most(high_end, open_end=operand.high_open)
    floor = _at_least(low_end, open_end=operand.low_open)
    if high_end is None:
        return floor
    ceiling = _at_most(high_end, open_end=operand.high_open)
    return lambda low, high, currency: min(floor(low, high, currency), ceiling(low, high, currency))


_INTERVAL_TESTS: Mapping[str, Callable[[Operand], Test]] = {
    "ge": lambda operand: _at_least(operand.values[0]),
    "gt": lambda operand: _at_least(operand.values[0], open_end=True),
    "le": lambda operand: _at_most(operand.values[0]),
    "lt": lambda operand: _at_most(operand.values[0], open_end=True),
    "eq": lambda operand: _equal(operand.values[0]),
    "ne": lambda operand: _opposite(_equal(operand.values[0])),
    "in": _one_of,
    "between": _between,
    "date_in": _between,
}


def _one_value_of(operand: Operand) -> Test:
    wanted = frozenset(operand.values)
    return lambda value, _high, _currency: MET if value in wanted else NOT_MET


def _containing(operand: Operand) -> Test:
    wanted = operand.values[0]
    return lambda value, _high, _currency: MET if wanted in value else NOT_MET


_VALUE_TESTS: Mapping[str, Callable[[Operand], Test]] = {
    "eq": _one_value_of,
    "ne": lambda operand: _opposite(_one_value_of(operand)),
    "in": _one_value_of,
    "contains": _containing,
}


def _code_test(op: str, operand: Operand) -> Test:
    """Industry codes: one that is coarser than what is asked for may still turn out to lie within it.

    There are some two thousand codes, so each test remembers what it found.
    """
    wanted = [str(value) for value in operand.values]
    prefix = op == "prefix_in"
    known: dict[str, int] = {}

    def one_of(code: str, _high: str, _currency: str) -> int:
        verdict = known.get(code)
        if verdict is None:
            verdict = known[code] = _place_of(code, wanted, prefix=prefix)
        return verdict

    return _opposite(one_of) if op == "ne" else one_of


def _place_of(code: str, wanted: list[str], *, prefix: bool) -> int:
    for each in wanted:
        if within(code, each) if prefix else code == each:
            return MET
    return UNKNOWN if any(code != each and within(each, code) for each in wanted) else NOT_MET
