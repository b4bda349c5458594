"""Work that goes on for ever beside the requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def repeat(work: Callable[[], Awaitable[None]], failing: str, pause: Callable[[], float]) -> None:
    """Do it again after every pause, until this is cancelled; what breaks it off is logged as ``failing``."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s", failing)
        await asyncio.sleep(pause())
