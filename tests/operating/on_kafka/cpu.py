"""How busy each thread of this process is."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def times() -> dict[str, float]:
    """CPU seconds that each thread has used, by its number and name."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            name, _, rest = task.joinpath("stat").read_text("utf-8").rpartition(") ")
            user, system = rest.split()[11:13]
            found[f"{task.name} {name.partition('(')[2]}"] = (int(user) + int(system)) / TICKS
    return found


class Busy:
    """Shares of a second that threads used from here to :meth:`shares`."""

    def __init__(self) -> None:
        self._before, self._at = times(), time.monotonic()

    def shares(self) -> dict[str, float]:
        """Of each thread that is there at both ends."""
        seconds, now = time.monotonic() - self._at, times()
        return {name: (now[name] - used) / seconds for name, used in self._before.items() if name in now}
