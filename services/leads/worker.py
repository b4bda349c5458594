"""Work beside the requests: done when somebody wakes it, and at the start what was left from before."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

log = logging.getLogger(__name__)


class Worker:
    """Does ``work`` each time it was woken; what is woken meanwhile is done in one further turn."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._name, self._work = name, work
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    async def start(self) -> None:
        """Begin with what is left from before."""
        self._wake.set()
        self._task = asyncio.create_task(self._forever(), name=self._name)

    async def stop(self) -> None:
        """Break off; the work resumes at the next start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._work()
            except Exception:
                log.exception("%s broke off; what is left waits for the next wake", self._name)
