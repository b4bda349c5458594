"""Background work gives way to people: one piece at a time, and none begins while a request is being answered.

Commits that arrive together end together; without a bound, all that waited for them would go on at once and hold up
the next request (``docs/adr/0008``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import chain, repeat, takewhile
from weakref import WeakKeyDictionary

TURNS = (0, 0)
PAUSE = 0.001
PATIENCE = 20
"""At most twenty pauses of a millisecond before each piece of work, so that people never stop it altogether."""

_answering = 0
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@contextmanager
def answering() -> Iterator[None]:
    """A request is being answered while inside."""
    global _answering
    _answering += 1
    try:
        yield
    finally:
        _answering -= 1


@asynccontextmanager
async def giving_way() -> AsyncIterator[None]:
    """A piece of background work is done inside, when its turn comes and nobody waits; pieces do not nest."""
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        await step_aside()
        yield


async def step_aside() -> None:
    """Let who waits go first, for two turns of the event loop where nobody does: a long piece does so now and then.

    Of what has come in the loop hears in its next turn, and begins to answer it in the one after.
    """
    for pause in chain(TURNS, takewhile(lambda _: _answering, repeat(PAUSE, PATIENCE))):
        await asyncio.sleep(pause)
