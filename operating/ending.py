"""How tasks that run beside the requests are stopped."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger(__name__)


async def end(*tasks: asyncio.Future[None] | None) -> None:
    """Cancel them and wait until they have ended; who is cancelled while it waits here hears of it.

    Awaiting the task under ``suppress(CancelledError)`` would swallow that, and its own stop would wait for ever.
    """
    begun = [task for task in tasks if task is not None]
    for task in begun:
        task.cancel()
    if begun:
        await asyncio.wait(begun)
    for task in begun:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s broke off", task, exc_info=error)
