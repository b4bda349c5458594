"""What a benefit comes to: certain and possible fen from exact integers, and the years in which it is paid.

The certain sum takes the end of a stated range that gives least, the possible sum the end that gives most. A rate
is cut down to whole fen once, at the end. A base that nobody stated leaves only the cap as a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary.facts import PPM
from services.incentives.conditions import Facts, read_fact
from services.incentives.policy.benefit import Banded, Fixed, Rate, band_edge
from services.incentives.policy.parts import fen_of, ppm_of

ENDLESS: Final = math.inf


@dataclass(frozen=True, slots=True)
class Worth:
    """What a benefit comes to if its conditions hold; ``high`` None is without bound, ``known`` False no figure."""

    low: int
    high: int | None
    known: bool = True


NOTHING: Final = Worth(0, 0)
UNTOLD: Final = Worth(0, None, known=False)

Between = Callable[[int, float], tuple[int, float]]
"""From both ends of a base to the least and the greatest sum."""


@dataclass(frozen=True, slots=True)
class CompiledBenefit:
    """A benefit ready to be computed; ``base`` is the fact it needs, None where it needs none."""

    worth: Callable[[Facts], Worth]
    base: str | None
    shares: tuple[int, ...]


def compile_benefit(benefit: Any) -> CompiledBenefit:
    """The benefit as a function of the facts."""
    shares = tuple(ppm_of(share) for share in benefit.instalments or ())
    if isinstance(benefit, Fixed):
        fixed = Worth(fen := fen_of(benefit.amount), fen)
        return CompiledBenefit(lambda _facts: fixed, None, shares)
    if not isinstance(benefit, Rate | Banded):
        return CompiledBenefit(lambda _facts: UNTOLD, None, shares)
    cap = None if benefit.cap is None else fen_of(benefit.cap)
    between = _rate(ppm_of(benefit.rate)) if isinstance(benefit, Rate) else _bands(benefit)
    return CompiledBenefit(_of_base(benefit.base, between, cap), benefit.base, shares)


def _of_base(base: str, between: Between, cap: int | None) -> Callable[[Facts], Worth]:
    """The worth by a fact; foreign currency, 待定 and silence leave the cap as the only bound."""
    unknown = Worth(0, cap, known=cap is not None)

    def worth(facts: Facts) -> Worth:
        value = facts.get(base)
        if value is not None and value.state == "not_applicable":
            return NOTHING
        reading = read_fact(value)
        if reading is None or reading.currency not in ("", "CNY"):
            return unknown
        low, high = between(reading.low, reading.high)
        if cap is not None:
            low, high = min(low, cap), min(high, cap)
        return Worth(int(low), None if high == ENDLESS else int(high))

    return worth


def _rate(ppm: int) -> Between:
    return lambda low, high: (low * ppm // PPM, _share(high, ppm))


def _share(base: float, ppm: int) -> float:
    if base == ENDLESS:
        return ENDLESS if ppm else 0
    return int(base) * ppm // PPM


def _bands(benefit: Banded) -> Between:
    edges = [
        (band_edge(benefit.base, band.from_), ENDLESS if band.to is None else band_edge(benefit.base, band.to))
        for band in benefit.bands
    ]
    if benefit.mode == "marginal":
        rates = [ppm_of(band.rate or 0) for band in benefit.bands]
        return _marginal([(low, high, ppm) for (low, high), ppm in zip(edges, rates, strict=True)])
    steps: list[tuple[int, float, Callable[[float], float]]] = []
    for (low, high), band in zip(edges, benefit.bands, strict=True):
        steps.append((low, high, _step(band.amount, band.rate)))
    return _stepped(steps)


def _step(amount: str | int | None, rate: str | int | float | None) -> Callable[[float], float]:
    if amount is not None:
        fen = fen_of(amount)
        return lambda _base: fen
    ppm = ppm_of(rate or 0)
    return lambda base: _share(base, ppm)


def _stepped(steps: Sequence[tuple[int, float, Callable[[float], float]]]) -> Between:
    """The least and greatest over a range: each band grows with its base, bands may jump either way."""

    def between(low: int, high: float) -> tuple[int, float]:
        sums: list[float] = []
        covered: float = low
        for start, end, at in steps:
            if high < start or low >= end:
                continue
            if covered < start:
                sums.append(0)
            last = high if high < end else end - 1
            sums += (at(max(low, start)), at(last))
            covered = last + 1
        if covered <= high and not (covered == high == ENDLESS):
            sums.append(0)
        return int(min(sums)), max(sums)

    return between


def _marginal(bands: Sequence[tuple[int, float, int]]) -> Between:
    def at(base: float) -> float:
        millionths = 0
        for low, high, ppm in bands:
            if base <= low or not ppm:
                continue
            top = min(base, high)
            if top == ENDLESS:
                return ENDLESS
            millionths += (int(top) - low) * ppm
        return millionths // PPM

    return lambda low, high: (int(at(low)), at(high))


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


def by_year(year: int, certain: int, possible: int | None, shares: Sequence[int]) -> list[tuple[int, int, int | None]]:
    """Certain and possible fen by year from ``year`` on; in no year is less possible than certain."""
    if not shares:
        return [(year, certain, possible)]
    sure = split(certain, shares)
    if possible is None:
        return [(year + number, part, None) for number, part in enumerate(sure)]
    more = split(possible - certain, shares)
    return [(year + number, part, part + extra) for number, (part, extra) in enumerate(zip(sure, more, strict=True))]
