"""How long work takes, one piece after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any


def probe(work: Callable[[Any], object], given: Sequence[Any]) -> Callable[[], float]:
    """The same work on one after the other."""
    turn = cycle(given)
    return lambda: seconds(work, next(turn))


def seconds(work: Callable[..., object], *given: Any) -> float:
    """How long it took."""
    started = time.perf_counter()
    work(*given)
    return time.perf_counter() - started
