"""Holds the writers of several files at once, so that who copies them finds all as of one instant."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

PATIENCE = 0.2
"""Seconds between two looks whether a writer is still there."""


class Pause:
    """A writer that meets this among its work waits, with no transaction open, until it is over."""

    def __init__(self) -> None:
        self._begun, self._over = threading.Event(), threading.Event()

    def wait(self) -> None:
        """In the writer's thread: say that it waits, and do so."""
        self._begun.set()
        self._over.wait()

    def begun(self) -> bool:
        """Whether the writer waits by now; gives it a moment to."""
        return self._begun.wait(PATIENCE)

    def end(self) -> None:
        """Let the writer go on."""
        self._over.set()


class Pausable(Protocol):
    """An open file with a writer."""

    def pause(self, pause: Pause, /) -> None:
        """Let the writer wait for the end of the pause."""
        ...

    def writing(self) -> bool:
        """Whether the writer is there."""
        ...


_open: WeakValueDictionary[Path, Pausable] = WeakValueDictionary()
"""The files of this process."""


def opened(path: Path, file: Pausable) -> None:
    """Remember a file that has a writer from now on."""
    _open[path.resolve()] = file


def closed(path: Path) -> None:
    """Forget it."""
    _open.pop(path.resolve(), None)


@contextmanager
def paused(paths: Sequence[Path]) -> Iterator[None]:
    """Hold every writer that this process has on these files while inside. Blocks: not for the event loop."""
    files = [file for path in paths if (file := _open.get(path.resolve())) is not None]
    pauses = [Pause() for _ in files]
    try:
        for file, pause in zip(files, pauses, strict=True):
            file.pause(pause)
        for file, pause in zip(files, pauses, strict=True):
            while not pause.begun() and file.writing():
                pass
        yield
    finally:
        for pause in pauses:
            pause.end()
