"""Keeps what a replica holds in memory as it is in the store: another replica may have published or loaded since.

What is overtaken by that, or by the date, is matched again at once by every replica, each for its share.
"""

from __future__ import annotations

import asyncio

from kit.ports import Ports
from operating.ending import end
from operating.jobs import JOBS
from operating.repeating import repeat
from services.incentives.commands.rematch import rematch
from services.incentives.commands.taking_effect import bring_up_to_date
from services.incentives.repository import CodeTables, Library, today
from services.incentives.settings import SERVICE

FAILING = "following what is published failed; trying again"
LOOK = 1.0
"""Seconds for which a replica may answer from what was published before."""
GLANCE = 0.1
"""Seconds after which it begins to match again by what it holds in memory."""


class Following:
    """Looks into the store every second, and at the date."""

    def __init__(self, ports: Ports, library: Library, tables: CodeTables) -> None:
        self._ports, self._library, self._tables = ports, library, tables
        self._rematched: object = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look."""
        self._tasks = [
            asyncio.create_task(repeat(self._catch_up, FAILING, lambda: LOOK), name="incentives-following"),
            asyncio.create_task(repeat(self._rematch, FAILING, lambda: GLANCE), name="incentives-rematch"),
        ]

    async def stop(self) -> None:
        """End; what is half matched again goes on when it starts, or at another replica."""
        await end(*self._tasks)

    async def _catch_up(self) -> None:
        await self._library.catch_up()
        await self._tables.catch_up()

    async def _rematch(self) -> None:
        """Once for each state of the policies that count, and every minute, whatever came in between."""
        now = self._ports.clock.now()
        due = self._library.basis(today(self._ports)), now.replace(second=0, microsecond=0)
        if due == self._rematched:
            return
        self._rematched = due
        try:
            await bring_up_to_date(self._ports, self._library)
            await rematch(self._ports, self._library)
        except Exception:
            JOBS.labels(SERVICE, "rematch", "failed").inc()
            raise
        JOBS.labels(SERVICE, "rematch", "done").inc()
