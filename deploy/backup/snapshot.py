"""Database files as they stood at one instant, copied while their writers go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

from kit.errors import StoreFull
from kit.sqlite import FULL, OPEN, Connection, connect, rows

PAGES = 2000
"""Copied at a time: some milliseconds, outside Python's lock."""


class Snapshot:
    """One file as it was when this was made; SQLite keeps that state until :meth:`close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = connect(path)
        self.connection.execute("BEGIN")
        rows(self.connection, "SELECT COUNT(*) FROM sqlite_schema")

    @property
    def size(self) -> int:
        """The bytes a copy will have."""
        return int(self.connection.pragma("page_count")) * int(self.connection.pragma("page_size"))

    @property
    def layout(self) -> int:
        """How its tables stand."""
        return int(self.connection.pragma("user_version"))

    def tables(self) -> list[str]:
        """The names of its tables."""
        return [name for (name,) in rows(self.connection, "SELECT name FROM sqlite_schema WHERE type = 'table'")]

    def copy(self, target: Path) -> None:
        """Write this state to a file that does not exist yet.

        Raises:
            StoreFull: there is no room for it.
        """
        with closing(Connection(str(target))) as connection:
            try:
                with connection.backup("main", self.connection, "main") as backup:
                    while not backup.done:
                        backup.step(PAGES)
            except FULL as error:
                raise StoreFull from error

    def close(self) -> None:
        """Let SQLite forget this state."""
        self.connection.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


@contextmanager
def cut(paths: Sequence[Path], at_the_cut: Callable[[], None]) -> Iterator[list[Snapshot]]:
    """All files as of one instant: every writer is held until every snapshot stands and ``at_the_cut`` has run."""
    with ExitStack() as stack:
        with ExitStack() as pauses:
            for file in filter(None, (OPEN.get(path.resolve()) for path in paths)):
                pauses.enter_context(file.paused())
            snapshots = [stack.enter_context(Snapshot(path)) for path in paths]
            at_the_cut()
        yield snapshots
