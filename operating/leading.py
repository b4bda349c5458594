"""Work that one replica does at a time: under a lease, which is renewed for as long as the work goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from prometheus_client import Gauge

from kit.errors import Unavailable
from kit.leases import Lease, StoreLeases
from kit.ports import Ports
from operating.ending import end
from operating.ids import random_id

LEASE_HELD = Gauge("quce_lease_held", "Whether this replica does what one replica does at a time.", ["lease"])
ALONE = timedelta(seconds=10)
PATIENCE, PAUSE = 5.0, 0.02


class LeaseLost(RuntimeError):
    """Another replica has taken the work over, so it was broken off here."""


class Busy(Unavailable):
    """Somebody else is at the same thing."""

    slug, title = "busy", "暂时繁忙"


async def under_lease(
    leases: StoreLeases, name: str, holder: str, length: timedelta, work: Callable[[], Awaitable[None]]
) -> bool:
    """Do ``work`` while nobody else does; False where somebody else is doing it.

    Raises:
        LeaseLost: the lease was lost meanwhile, and the work was cancelled.
    """
    asked = leases.elapsed()
    lease = await leases.acquire(name, holder, length)
    if lease is None:
        return False
    LEASE_HELD.labels(name).set(1)
    held = _Held(leases, lease, length, asked)
    working, keeping = asyncio.ensure_future(work()), asyncio.create_task(held.keep())
    try:
        await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise LeaseLost(f"{name} is held by another replica now")
        await working
    finally:
        LEASE_HELD.labels(name).set(0)
        try:
            await end(keeping, None if working.done() else working)
        finally:
            with suppress(Unavailable):  # where nobody can be told, it lapses
                await leases.release(held.lease)
    return True


@asynccontextmanager
async def alone(ports: Ports, name: str) -> AsyncIterator[None]:
    """Inside at the same time as nobody else, of whatever replica: for changes that look at several records first.

    Raises:
        Busy: others were inside for too long.
    """
    lease = await _entered(ports, name, f"{ports.settings.replica}:{random_id()}")
    try:
        yield
    finally:
        await ports.leases.release(lease)


async def _entered(ports: Ports, name: str, holder: str) -> Lease:
    deadline = ports.leases.elapsed() + PATIENCE
    while (lease := await ports.leases.acquire(name, holder, ALONE)) is None:
        if ports.leases.elapsed() > deadline:
            raise Busy("有人正在办理同一件事，请稍后重试。", headers={"Retry-After": "5"})
        await asyncio.sleep(PAUSE)
    return lease


class _Held:
    """A lease that is being kept; it lasts from when it was ``asked`` for, however long the store took to answer."""

    def __init__(self, leases: StoreLeases, lease: Lease, length: timedelta, asked: float) -> None:
        self._leases, self._length, self._asked = leases, length, asked
        self.lease = lease

    async def keep(self) -> None:
        """Renew it in time; ends once it is lost, or could not be renewed while it lasted."""
        seconds, elapsed = self._length.total_seconds(), self._leases.elapsed
        due = self._asked + seconds / 4
        while elapsed() < self._asked + seconds:
            await asyncio.sleep(due - elapsed())
            asked = elapsed()
            due = asked + seconds / 4
            with suppress(Unavailable):
                renewed = await self._leases.renew(self.lease, self._length)
                if renewed is None:
                    return
                self.lease, self._asked = renewed, asked


class Leader:
    """The right to go on with work that never ends: asked for before each piece of it."""

    def __init__(self, leases: StoreLeases, name: str, holder: str, length: timedelta) -> None:
        self._leases, self._name, self._holder, self._length = leases, name, holder, length
        self._lease: Lease | None = None
        self._asked = 0.0

    async def leads(self) -> bool:
        """Whether this replica may go on, for at least half the length of a lease."""
        now = self._leases.elapsed()
        if self._lease is not None:
            if now - self._asked < self._length.total_seconds() / 2:
                return True
            self._lease = await self._leases.renew(self._lease, self._length)
        if self._lease is None:
            self._lease = await self._leases.acquire(self._name, self._holder, self._length)
        self._asked = now
        LEASE_HELD.labels(self._name).set(self._lease is not None)
        return self._lease is not None

    async def stop(self) -> None:
        """Let another replica go on at once."""
        if self._lease is not None:
            with suppress(Unavailable):  # where nobody can be told, it lapses
                await self._leases.release(self._lease)
        LEASE_HELD.labels(self._name).set(0)
