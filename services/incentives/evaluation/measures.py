"""Quantities as comparisons read them: a fact itself, or what several facts come to together.

A quotient is kept in half steps, so that no division is rounded: twice its whole part, and one more where anything is
left over. What is missing, contested, pending or in mixed currencies leaves a quotient open; of a sum it leaves the
upper end open, because no part of one is negative. What is yes or no on the day has both ends the same.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, date
from typing import Any, Final, NamedTuple

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import PPM, FactValue
from services.incentives.policy.dated import Applicable, Entitled, Held, Ruling
from services.incentives.policy.quantities import Per, Quantity, Ratio, Since, Sum

Facts = Mapping[str, FactValue]


class Reading(NamedTuple):
    """A quantity as tests compare it: both ends of its interval (equal where it is one value) and its currency."""

    low: Any
    high: Any
    currency: str = ""


DOES_NOT_APPLY: Final = Reading(None, None)
"""A quantity of which somebody said that there is none: every comparison with it fails."""

HOME: Final = ("", "CNY")
"""The currency in which sums are made, and that of what is no money."""
Measured = Reading | None
Measure = Callable[[Facts, date], Measured]


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


def measured(value: FactValue | None) -> Measured:
    """The same, and :data:`DOES_NOT_APPLY` where that is what was said."""
    if value is not None and value.state == "not_applicable":
        return DOES_NOT_APPLY
    return read_fact(value)


def measure_of(quantity: Quantity) -> Measure:
    """How a quantity is computed from the facts on a date."""
    return _MEASURES[type(quantity)](quantity)


def _ratio(quantity: Ratio) -> Measure:
    return lambda facts, _: _quotient(
        measured(facts.get(quantity.of)), measured(facts.get(quantity.to)), PPM, bare=True
    )


def _per(quantity: Per) -> Measure:
    """An amount by a decimal, which is stored in millionths."""
    scale = PPM if quantity.divides_decimal else 1
    return lambda facts, _: _quotient(measured(facts.get(quantity.of)), measured(facts.get(quantity.by)), scale)


def _quotient(above: Measured, below: Measured, scale: int, *, bare: bool = False) -> Measured:
    if above is DOES_NOT_APPLY or below is DOES_NOT_APPLY or (below is not None and below.high == 0):
        return DOES_NOT_APPLY
    if above is None or below is None or below.low == 0 or (bare and above.currency != below.currency):
        return None
    low = _halves(above.low * scale, below.high)
    high = _halves(above.high if above.high == math.inf else above.high * scale, below.low)
    return Reading(low, high, "" if bare else above.currency)


def _halves(above: float, below: float) -> float:
    if above == math.inf:
        return math.inf
    if below == math.inf:
        return 1 if above else 0
    whole, rest = divmod(int(above), int(below))
    return 2 * whole + (1 if rest else 0)


def _sum(quantity: Sum) -> Measure:
    return lambda facts, _: added([measured(facts.get(name)) for name in quantity.sum])


def added(parts: Sequence[Measured]) -> Measured:
    """The sum of readings; what does not apply adds nothing, another currency an unknown part."""
    there = [part for part in parts if part is not None and part is not DOES_NOT_APPLY and part.currency in HOME]
    if not there:
        return DOES_NOT_APPLY if all(part is DOES_NOT_APPLY for part in parts) else None
    complete = len(there) + sum(part is DOES_NOT_APPLY for part in parts) == len(parts)
    high = sum(part.high for part in there) if complete else math.inf
    return Reading(sum(part.low for part in there), high, there[0].currency)


def _since(quantity: Since) -> Measure:
    count = _ELAPSED[quantity.unit]

    def elapsed(facts: Facts, as_of: date) -> Measured:
        reading = measured(facts.get(quantity.date))
        if reading is None or reading is DOES_NOT_APPLY:
            return reading
        steps = count(date.fromisoformat(reading.low), as_of)
        return Reading(steps, steps)

    return elapsed


def _days(start: date, end: date) -> int:
    return 2 * (end - start).days


def _months(start: date, end: date) -> int:
    """Whole months, the last day of a shorter month counting as the same day; one half step more for days beyond."""
    whole = (end.year - start.year) * 12 + end.month - start.month
    day = min(start.day, _last_day(end))
    if end.day < day:
        whole -= 1
    return 2 * whole + (end.day != day)


def _years(start: date, end: date) -> int:
    months = _months(start, end)
    whole, rest = divmod(months, 24)
    return 2 * whole + (1 if rest else 0)


def _last_day(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def months_after(day: date, months: int) -> date:
    """The same day of a later month, the last day of a shorter one counting as the same; no later than days go."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    first = date(year, month + 1, 1)
    return first.replace(day=min(day.day, _last_day(first)))


def _held(quantity: Held) -> Measure:
    def held(facts: Facts, as_of: date) -> Measured:
        known = [_status(measured(facts.get(quantity.status)), quantity.tag)]
        if quantity.on is not None:
            known.append(_on(facts.get(quantity.on), lambda day: day <= as_of and not _over(day, as_of)))
        if quantity.until is not None:
            known.append(_on(facts.get(quantity.until), lambda day: as_of <= day))
        return _answer(False if False in known else None if None in known else True)

    def _over(day: date, as_of: date) -> bool:
        return quantity.years is not None and months_after(day, 12 * quantity.years) <= as_of

    return held


def _status(reading: Measured, tag: str | None) -> bool | None:
    if reading is None:
        return None
    if reading is DOES_NOT_APPLY:
        return False
    return bool(reading.low) if tag is None else tag in reading.low


def _on(value: FactValue | None, holds: Callable[[date], bool]) -> bool | None:
    """Whether something is so of a date; what has none does not hold."""
    reading = measured(value)
    if reading is None:
        return None
    return reading is not DOES_NOT_APPLY and holds(date.fromisoformat(reading.low))


def _answer(known: bool | None) -> Measured:
    return None if known is None else Reading(known, known)


def _ruled(quantity: Ruling) -> Measure:
    return lambda facts, _: measured(facts.get(quantity.of))


def _entitled(quantity: Entitled) -> Measure:
    def entitled(facts: Facts, as_of: date) -> Measured:
        if quantity.start <= as_of <= quantity.end:
            return _answer(True)
        return _answer(_on(facts.get(quantity.by), lambda day: quantity.start <= day <= quantity.end))

    return entitled


def _applicable(quantity: Applicable) -> Measure:
    def applicable(facts: Facts, as_of: date) -> Measured:
        if quantity.last is not None and as_of > quantity.last:
            return _answer(False)
        if quantity.after is None:
            return _answer(True)
        return _answer(_on(facts.get(quantity.after), lambda day: as_of <= months_after(day, quantity.months)))

    return applicable


_ELAPSED: Mapping[str, Callable[[date, date], int]] = {"days": _days, "months": _months, "years": _years}
_MEASURES: Mapping[type, Callable[[Any], Measure]] = {
    Ratio: _ratio,
    Per: _per,
    Sum: _sum,
    Since: _since,
    Held: _held,
    Ruling: _ruled,
    Entitled: _entitled,
    Applicable: _applicable,
}
