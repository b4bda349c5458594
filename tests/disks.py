"""A disk that is full for a while: real errors of the system, whoever runs the tests."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """No file grows beyond ``room`` bytes while inside: each try fails as on a disk without space."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def left_in(folder: Path) -> list[str]:
    """The names of the files in a folder and below."""
    return [path.name for path in folder.rglob("*") if path.is_file()]
