"""Comparisons of one quantity with what a condition asks for: met, not met, or unknown where a range leaves it open.

A range decides a threshold only where both its ends agree. Numbers that are quotients come in half steps: twice the
whole part, and one more where anything is left over, so that ``>=`` and ``>`` against whole thresholds stay exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal

from contracts.vocabulary.industry import lineage
from services.incentives.policy.operands import Operand

NOT_MET: Final = 0
UNKNOWN: Final = 1
MET: Final = 2
VERDICTS: Final[tuple[Literal["not_met"], Literal["unknown"], Literal["met"]]] = ("not_met", "unknown", "met")

Test = Callable[[Any, Any, str], int]
"""From both ends of a reading and its currency to a verdict."""

INTERVALS: Final = frozenset({"amount", "integer", "decimal", "ratio", "date"})


def comparison(kind: str, op: str, operand: Operand) -> Test:
    """The test of a quantity of this kind."""
    if op == "known":
        return lambda _low, _high, _currency: MET
    if kind in INTERVALS:
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
    """Neighbours that fill a whole range decide it together, which none of them does alone."""
    wanted = frozenset(operand.values)

    def test(low: Any, high: Any, _currency: str) -> int:
        if low == high:
            return MET if low in wanted else NOT_MET
        among = sum(low <= each <= high for each in wanted)
        filled = isinstance(low, int) and high - low < among
        return NOT_MET if not among else MET if filled else UNKNOWN

    return test


def _between(operand: Operand) -> Test:
    """What lies within; nothing does where open ends leave no value between them."""
    low_end, high_end = operand.values
    if _is_empty(operand):
        return lambda _low, _high, _currency: NOT_MET
    if low_end is None:
        return _at_most(high_end, open_end=operand.high_open)
    floor = _at_least(low_end, open_end=operand.low_open)
    if high_end is None:
        return floor
    ceiling = _at_most(high_end, open_end=operand.high_open)
    return lambda low, high, currency: min(floor(low, high, currency), ceiling(low, high, currency))


def _is_empty(operand: Operand) -> bool:
    """One end that is not within leaves nothing of one value; two that are not, nothing of two neighbours."""
    low, high = operand.values
    if low == high:
        return operand.low_open or operand.high_open
    return operand.low_open and operand.high_open and low is not None and high == _next(low)


def _next(value: Any) -> Any:
    if isinstance(value, str):
        return str(date.fromisoformat(value) + timedelta(days=1)) if value < str(date.max) else None
    return value + 1


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
    """Industry codes: one that is coarser than what is asked for may still turn out to lie within it."""
    wanted = frozenset(map(str, operand.values))
    coarser = frozenset(above for each in wanted for above in lineage(each) if above != each)
    prefix = op == "prefix_in"

    def one_of(code: str, _high: str, _currency: str) -> int:
        if code in wanted or (prefix and not wanted.isdisjoint(lineage(code))):
            return MET
        return UNKNOWN if code in coarser else NOT_MET

    return _opposite(one_of) if op == "ne" else one_of
