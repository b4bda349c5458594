"""Bands of a base: one that it lies in, or all up to it, over a range of what the base may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from contracts.vocabulary.facts import PPM
from services.incentives.policy.benefit import Banded, band_edge
from services.incentives.policy.parts import fen_of, ppm_of

Between = Callable[[float, float], tuple[int, float]]
"""From both ends of a base to the least and the greatest sum."""


def _share(base: float, ppm: int) -> float:
    if base == math.inf:
        return math.inf if ppm else 0
    return int(base) * ppm // PPM


def bands_of(benefit: Banded) -> Between:
    """What the bands give, from both ends of their base."""
    edges = [
        (band_edge(benefit.base, band.from_), math.inf if band.to is None else band_edge(benefit.base, band.to))
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

    def between(low: float, high: float) -> tuple[int, float]:
        if low == high:
            fen = next((at(low) for start, end, at in steps if start <= low < end), 0)
            return int(fen), fen
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
        if covered <= high and not (covered == high == math.inf):
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
            if top == math.inf:
                return math.inf
            millionths += (int(top) - low) * ppm
        return millionths // PPM

    return lambda low, high: (int(at(low)), at(high))
