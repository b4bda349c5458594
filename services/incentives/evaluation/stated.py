"""What was stated of a project as benefits read it: spans of figures, each made once in a match."""

from __future__ import annotations

import math

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from services.incentives.evaluation.measures import DOES_NOT_APPLY, HOME, Facts, Measured, measured
from services.incentives.evaluation.spans import NOTHING, OPEN, Span


class Stated(dict[str, Span]):
    """The span of each fact that somebody asks for; ``facts`` are all that is known."""

    __slots__ = ("facts",)

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts

    def __missing__(self, name: str) -> Span:
        span = self[name] = _stated(self.facts.get(name))
        return span


def span_of(reading: Measured) -> Span:
    """A reading as a span; in another currency, or not stated at all, it is open."""
    if reading is DOES_NOT_APPLY:
        return NOTHING
    if reading is None or reading.currency not in HOME:
        return OPEN
    return Span(reading.low, reading.high)


def _stated(value: FactValue | None) -> Span:
    """The same of a fact; most are a number, or a sum with a lower end."""
    plain = None if value is None or value.state != "value" else value.value
    if type(plain) is int:
        return Span(plain, plain)
    if type(plain) is Amount and plain.low is not None:
        return Span(plain.low, math.inf if plain.high is None else plain.high) if plain.currency == "CNY" else OPEN
    return span_of(measured(value))
