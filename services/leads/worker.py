"""Work beside the requests, by one replica at a time: when somebody wakes it, and what a dead one left undone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from kit.ports import Ports
from operating.ending import end
from operating.leading import under_lease

log = logging.getLogger(__name__)

LENGTH = timedelta(seconds=15)
LOOK, AGAIN = 30.0, 1.0
"""Seconds: between looks for what was left undone, and until one that another replica is at is asked for again."""


class Worker:
    """Does ``work`` each time it was woken; what is woken meanwhile is done in one further turn."""

    def __init__(self, ports: Ports, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._leases, self._holder = ports.leases, ports.settings.replica
        self._name, self._work = f"{ports.service}-{name}", work
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
        await end(self._task)

    async def _forever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if not await under_lease(self._leases, self._name, self._holder, LENGTH, self._work):
                    await asyncio.sleep(AGAIN)
                    self._wake.set()
            except Exception:
                log.exception("%s broke off; what is left waits for the next wake", self._name)
