"""Keeps what a replica holds in memory as it is in the store: another replica may have published or loaded since."""

from __future__ import annotations

import asyncio
import logging

from operating.ending import end
from services.incentives.repository import CodeTables, Library

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds for which a replica may answer from what was published before."""


class Following:
    """Looks every second."""

    def __init__(self, library: Library, tables: CodeTables) -> None:
        self._library, self._tables = library, tables
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._forever(), name="incentives-following")

    async def stop(self) -> None:
        """End."""
        await end(self._task)

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self._library.catch_up()
                await self._tables.catch_up()
            except Exception:
                log.exception("the catalogue could not be looked at; trying again")
