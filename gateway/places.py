"""So many calls to a service at once, and so many more: a service that is slow or broken does not eat the edge."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from gateway.breaker import SERVICE_NAMES
from gateway.errors import ServiceOverloaded
from gateway.settings import (
    CALLS_WAITING,
    PLACE_SECONDS,
    RETRIES_A_MINUTE,
    RETRIES_SAVED,
    RETRY_SHARE,
)

COME_AGAIN = (1, 3)
"""Seconds until those who were turned away may come again: not all of them together."""


class Places:
    """The calls to one service that may be under way; who finds none waits a moment, unless many do already."""

    def __init__(self, service: str, places: int, waiting: int = CALLS_WAITING, patience: float = PLACE_SECONDS):
        self._service, self._free = service, asyncio.Semaphore(places)
        self._room, self._patience = waiting, patience

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Inside, a place is taken.

        Raises:
            ServiceOverloaded: there is none.
        """
        await self._take()
        try:
            yield
        finally:
            self._free.release()

    async def _take(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._room < 1:
            raise overloaded(self._service)
        self._room -= 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise overloaded(self._service) from None
        finally:
            self._room += 1


class Retries:
    """How many calls may be made once more: a share of all, so that a dying service is not asked twice as often.

    Where there are few calls, a few a minute.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now, self._left, self._counted = now, RETRIES_SAVED, now()

    def earn(self) -> None:
        """A call was made."""
        self._left = min(RETRIES_SAVED, self._left + RETRY_SHARE)

    def take(self) -> bool:
        """Whether one may be made once more; then it counts."""
        now = self._now()
        self._left = min(RETRIES_SAVED, self._left + (now - self._counted) * RETRIES_A_MINUTE / 60)
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def overloaded(service: str) -> ServiceOverloaded:
    """What a caller is told when too many ask a service at once."""
    return ServiceOverloaded(
        f"「{SERVICE_NAMES.get(service, service)}」服务正忙，这次没有处理；请稍等几秒再试。",
        headers={"Retry-After": str(random.randint(*COME_AGAIN))},  # noqa: S311 - jitter, not a secret
        service=service,
    )
