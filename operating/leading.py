"""Work that one replica does at a time: under a lease, which is renewed for as long as the work goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from kit.clock import Clock, from_text
from kit.errors import Unavailable
from kit.ids import random_id
from kit.leases import Lease, Leases
from kit.ports import Ports
from kit.telemetry import LEASE_HELD
from operating.ending import end

ALONE = timedelta(seconds=10)
PATIENCE, PAUSE = 5.0, 0.02


class LeaseLost(RuntimeError):
    """Another replica has taken the work over, so it was broken off here."""


class Busy(Unavailable):
    """Somebody else is at the same thing."""

    slug, title = "busy", "暂时繁忙"


async def under_lease(
    leases: Leases, name: str, holder: str, length: timedelta, work: Callable[[], Awaitable[None]]
) -> bool:
    """Do ``work`` while nobody else does; False where somebody else is doing it.

    Raises:
        LeaseLost: the lease was lost meanwhile, and the work was cancelled.
    """
    lease = await leases.acquire(name, holder, length)
    if lease is None:
        return False
    LEASE_HELD.labels(name).set(1)
    held = _Held(leases, lease, length)
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
    deadline = time.monotonic() + PATIENCE
    while (lease := await ports.leases.acquire(name, holder, ALONE)) is None:
        if time.monotonic() > deadline:
            raise Busy("有人正在办理同一件事，请稍后重试。", headers={"Retry-After": "5"})
        await asyncio.sleep(PAUSE)
    return lease


class _Held:
    """A lease that is being kept."""

    def __init__(self, leases: Leases, lease: Lease, length: timedelta) -> None:
        self._leases, self._length = leases, length
        self.lease = lease

    async def keep(self) -> None:
        """Renew it in time; ends once it is lost, or could not be renewed while it lasted."""
        seconds = self._length.total_seconds()
        lasts_until = time.monotonic() + seconds
        while time.monotonic() < lasts_until:
            await asyncio.sleep(seconds / 4)
            with suppress(Unavailable):
                renewed = await self._leases.renew(self.lease, self._length)
                if renewed is None:
                    return
                self.lease, lasts_until = renewed, time.monotonic() + seconds


class Leader:
    """The right to go on with work that never ends: asked for before each piece of it.

    ``on_taking`` runs first, each time the right is had anew: who did the work before may have broken off.
    """

    def __init__(
        self,
        leases: Leases,
        clock: Clock,
        name: str,
        holder: str,
        length: timedelta,
        on_taking: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._leases, self._clock = leases, clock
        self._name, self._holder, self._length, self._on_taking = name, holder, length, on_taking
        self._lease: Lease | None = None

    async def leads(self) -> bool:
        """Whether this replica may go on, for at least half the length of a lease."""
        if self._lease is not None:
            if from_text(self._lease.until) - self._clock.now() > self._length / 2:
                return True
            self._lease = await self._leases.renew(self._lease, self._length)
        if self._lease is None:
            self._lease = await self._leases.acquire(self._name, self._holder, self._length)
            if self._lease is not None and self._on_taking is not None:
                await self._on_taking()
        LEASE_HELD.labels(self._name).set(self._lease is not None)
        return self._lease is not None

    def forget(self) -> None:
        """Begin as after a restart: something broke off in the middle."""
        self._lease = None

    async def stop(self) -> None:
        """Let another replica go on at once."""
        if self._lease is not None:
            await self._leases.release(self._lease)
        LEASE_HELD.labels(self._name).set(0)
