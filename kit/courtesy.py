"""Background work gives way to people: while a request is being answered, it waits, though never for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE = 0.001
PATIENCE = 20
"""At most twenty pauses of a millisecond before each piece of work, so that people never stop it altogether."""

_answering = 0


@contextmanager
def answering() -> Iterator[None]:
    """A request is being answered while inside."""
    global _answering
    _answering += 1
    try:
        yield
    finally:
        _answering -= 1


async def give_way() -> None:
    """Wait while requests are being answered, for twenty milliseconds at the most."""
    for _ in range(PATIENCE):
        if not _answering:
            return
        await asyncio.sleep(PAUSE)
