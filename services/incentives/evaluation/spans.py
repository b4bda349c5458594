"""Sums that are known only within bounds: products, the least and greatest of several, caps, years."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from contracts.vocabulary.facts import PPM

ENDLESS: Final = math.inf
made: Final = tuple.__new__
"""A named tuple from its values, where so many are made that their own constructors would take half of the time."""
MOST: Final = 9 * 10**15
"""Fen that JSON carries to the last digit; a sum beyond is told as at least so much, and as at most without bound."""


class Span(NamedTuple):
    """The least and the greatest that something may be, whole numbers but for no end at all.

    ``known`` False is a figure that nobody can compute.
    """

    low: float
    high: float
    known: bool = True


NOTHING: Final = Span(0, 0)
OPEN: Final = Span(0, ENDLESS, known=False)
NO_CAP: Final = Span(ENDLESS, ENDLESS)


def exactly(figure: int) -> Span:
    """One figure."""
    return Span(figure, figure)


def told(low: float, high: float) -> tuple[int, int | None]:
    """Both ends of a sum of money as answers give them."""
    return MOST if low > MOST else int(low), None if high > MOST else int(high)


def times(one: Span, other: Span) -> Span:
    """A product of what is not negative; nothing times anything is nothing."""
    if one == NOTHING or other == NOTHING:
        return NOTHING
    high = 0 if one.high == 0 or other.high == 0 else one.high * other.high
    return Span(one.low * other.low, high, one.known and other.known)


def cut(span: Span, scale: int) -> Span:
    """Down to whole units of ``scale``."""
    high = span.high if span.high == ENDLESS else span.high // scale
    return Span(span.low // scale, high, span.known)


def hull(spans: Sequence[Span]) -> Span:
    """Whatever any of these may be."""
    return Span(min(each.low for each in spans), max(each.high for each in spans), all(each.known for each in spans))


def at_most(span: Span, cap: Span) -> Span:
    """No more than a cap, which itself may lie within bounds."""
    return Span(min(span.low, cap.low), min(span.high, cap.high), span.known)


def less(whole: Span, part: Span) -> Span:
    """What is left of a whole when a part that belongs to it is taken away."""
    low, high = max(0, whole.low - part.low), ENDLESS if whole.high == ENDLESS else max(0, whole.high - part.high)
    return Span(min(low, high), max(low, high), whole.known and part.known)


def within(parts: Sequence[Span], cap: Span) -> list[Span]:
    """Year after year until the cap of the whole is used up, at both ends."""
    paid, left = [], cap
    for each in parts:
        paid.append(at_most(each, left))
        left = Span(left.low - paid[-1].low, ENDLESS if left.high == ENDLESS else left.high - paid[-1].high)
    return paid


def divided(span: Span, shares: Sequence[int]) -> list[Span]:
    """One sum by shares; in no year is less possible than certain."""
    if not shares:
        return [span]
    sure = split(int(span.low), shares)
    if span.high == ENDLESS:
        return [Span(part, ENDLESS, span.known) for part in sure]
    more = split(int(span.high) - int(span.low), shares)
    return [Span(part, part + extra, span.known) for part, extra in zip(sure, more, strict=True)]


def split(total: int, shares: Sequence[int]) -> list[int]:
    """``total`` by shares in millionths; the parts always sum to it."""
    parts: list[int] = []
    done = paid = 0
    for share in shares:
        done += share
        upto = total * done // PPM
        parts.append(upto - paid)
        paid = upto
    return parts
