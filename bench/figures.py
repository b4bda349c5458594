"""How a figure is taken: interleaved samples, the ratio of medians in each round, the median of the rounds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

ROUNDS = 5
BLOCKS = 20
BLOCK = 10

Probe = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of ``bench/results.json``."""

    name: str
    value: float
    unit: str
    bar: float | None
    holds: bool
    p50_ms: float
    p99_ms: float
    rounds: list[float]

    @classmethod
    def at_most(cls, name: str, unit: str, bar: float, rounds: Sequence[float], samples: Sequence[float]) -> Figure:
        """A figure that should not exceed its bar; ``samples`` are the seconds beside it."""
        value = round(statistics.median(rounds), 3)
        return cls._of(name, value, unit, bar, value <= bar, rounds, samples)

    @classmethod
    def at_least(cls, name: str, unit: str, bar: float, rounds: Sequence[float], samples: Sequence[float]) -> Figure:
        """A figure that should reach its bar."""
        value = round(statistics.median(rounds), 3)
        return cls._of(name, value, unit, bar, value >= bar, rounds, samples)

    @classmethod
    def reported(cls, name: str, unit: str, rounds: Sequence[float], samples: Sequence[float]) -> Figure:
        """A figure without a bar."""
        return cls._of(name, round(statistics.median(rounds), 3), unit, None, True, rounds, samples)

    @classmethod
    def _of(
        cls,
        name: str,
        value: float,
        unit: str,
        bar: float | None,
        holds: bool,
        rounds: Sequence[float],
        samples: Sequence[float],
    ) -> Figure:
        return cls(
            name,
            value,
            unit,
            bar,
            holds,
            milliseconds(percentile(samples, 50)),
            milliseconds(percentile(samples, 99)),
            [round(each, 3) for each in rounds],
        )

    def document(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)


def interleave(
    probes: Mapping[str, Probe],
    *,
    blocks: int = BLOCKS,
    block: int = BLOCK,
    settle: Callable[[], None] | None = None,
) -> list[dict[str, list[float]]]:
    """Samples of every probe in short alternating blocks, so that what the machine does meanwhile hits all alike.

    ``settle`` runs after every block, where a probe leaves work behind that would slow the next.
    """
    for probe in probes.values():
        for _ in range(BLOCK * 3):
            probe()
    taken: list[dict[str, list[float]]] = []
    for _ in range(ROUNDS):
        samples: dict[str, list[float]] = {name: [] for name in probes}
        for _ in range(blocks):
            for name, probe in probes.items():
                if settle is not None:
                    settle()
                samples[name] += [probe() for _ in range(block)]
        taken.append(samples)
    return taken


def ratio(name: str, bar: float, taken: Sequence[Mapping[str, list[float]]], measured: str, base: str) -> Figure:
    """How many times as long ``measured`` takes as ``base``."""
    rounds = [statistics.median(each[measured]) / statistics.median(each[base]) for each in taken]
    return Figure.at_most(name, "ratio", bar, rounds, [sample for each in taken for sample in each[measured]])


def show(figure: Figure) -> Figure:
    """Print a figure as soon as it is known."""
    verdict = "reported" if figure.bar is None else "holds" if figure.holds else "DOES NOT HOLD"
    bar = "-" if figure.bar is None else figure.bar
    print(f"{figure.name:<46} {figure.value:>9} {figure.unit:<6} bar {bar:<6} {verdict}", flush=True)
    return figure
