"""The lock of a data folder: one process writes it; who comes second learns where the first one listens."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson


class DataFolderBusy(RuntimeError):
    """Another process holds the data folder."""

    def __init__(self, folder: Path, url: str | None) -> None:
        where = f"，地址 {url}" if url else ""
        super().__init__(
            f"数据目录 {folder} 正由另一个 Quce 进程使用{where}。请先停止它，或用 QUCE_DATA 指定别的目录。"
        )
        self.url = url


@contextmanager
def hold(folder: Path, url: str | None) -> Iterator[None]:
    """Hold the folder while inside; ``url`` is told to those who come meanwhile.

    Raises:
        DataFolderBusy: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataFolderBusy(folder, read_url(folder)) from error
        _write(file.fileno(), orjson.dumps({"pid": os.getpid(), "url": url}))
        try:
            yield
        finally:
            _write(file.fileno(), b"")


def running_url(folder: Path) -> str | None:
    """Where the suite of this folder listens; None where none runs."""
    path = folder / "lock"
    if not path.exists():
        return None
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return read_url(folder)
        fcntl.flock(file, fcntl.LOCK_UN)
    return None


def read_url(folder: Path) -> str | None:
    """The address in the lock file."""
    content = (folder / "lock").read_bytes()
    return orjson.loads(content).get("url") if content else None


def _write(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)
    os.fsync(descriptor)
