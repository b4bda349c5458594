"""How a database file of an earlier layout becomes one of the present layout, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from kit.sqlite import LAYOUT, Connection, FileRefused, connect

STEPS: Mapping[int, Callable[[Connection], None]] = {}
"""By the layout a step starts from; it changes tables and nothing outside the file. None yet: 1 is the first layout."""


def upgrade_layout(path: Path, steps: Mapping[int, Callable[[Connection], None]] = STEPS) -> int:
    """Bring a file to the present layout, each step in a transaction of its own; the layout it had.

    Raises:
        FileRefused: it is no database, of a newer layout, or of one that no step starts from.
    """
    connection = connect(path)
    try:
        found = int(connection.pragma("user_version"))
        if found > LAYOUT or (found < LAYOUT and found not in steps):
            raise FileRefused(f"{path} 的布局版本是 {found}，本版本（{LAYOUT}）不能升级它。请用写入它的版本启动。")
        for layout in range(found, LAYOUT):
            with connection:
                steps[layout](connection)
                connection.pragma("user_version", layout + 1)
        return found
    finally:
        connection.close()
