"""The relay: publishes saved events in the order of their saves, then forgets them; one a service, by lease."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from kit.bus.port import Bus, Message, partition_of
from kit.clock import Clock, from_text
from kit.courtesy import giving_way
from kit.failpoints import failpoint
from kit.leases import Lease, Leases
from kit.store.port import PendingEvent, Store
from kit.telemetry import EVENTS_PUBLISHED, OUTBOX_AGE

log = logging.getLogger(__name__)

BATCH = 50
SWEEP = 1.0
LENGTH = timedelta(seconds=15)
NAMED = "partition:"
"""What a partition key begins with that names a partition."""


async def relay_once(store: Store, bus: Bus, topic: str) -> int:
    """Publish one batch and settle it; a crash in between repeats events, which readers expect.

    Returns:
        How many events were published.
    """
    pending = await store.pending(BATCH)
    if pending:
        partitions = bus.partitions(topic)
        await bus.publish([_message(topic, partitions, each) for each in pending])
        failpoint("publish.before_settle")
        await store.settle([each.position for each in pending])
    return len(pending)


class Relay:
    """Sweeps one service's outbox for ever, at once after a save and every second regardless."""

    def __init__(self, store: Store, bus: Bus, leases: Leases, clock: Clock, *, service: str, topic: str, holder: str):
        self._store, self._bus, self._leases, self._clock = store, bus, leases, clock
        self._service, self._topic, self._holder = service, topic, holder
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lease: Lease | None = None
        store.on_pending(self._wake.set)

    def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._sweep_forever(), name=f"{self._service}-relay")

    async def stop(self) -> None:
        """Flush what is pending, give the lease back."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        with suppress(Exception):
            async with asyncio.timeout(10):
                await self._drain()
        if self._lease is not None:
            await self._leases.release(self._lease)

    async def _sweep_forever(self) -> None:
        pause = SWEEP
        while True:
            self._wake.clear()
            try:
                await self._drain()
                pause = SWEEP
            except Exception:
                log.exception("relay of %s failed; trying again in %.0f s", self._service, pause)
                pause = min(pause * 2, 30)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _drain(self) -> None:
        while await self._holds_lease():
            async with giving_way():
                published = await relay_once(self._store, self._bus, self._topic)
            EVENTS_PUBLISHED.labels(self._service).inc(published)
            if published < BATCH:
                break
        await self._measure()

    async def _holds_lease(self) -> bool:
        if self._lease is not None:
            left = from_text(self._lease.until) - self._clock.now()
            if left > LENGTH / 2:
                return True
            self._lease = await self._leases.renew(self._lease, LENGTH)
        if self._lease is None:
            self._lease = await self._leases.acquire(f"{self._service}-relay", self._holder, LENGTH)
        return self._lease is not None

    async def _measure(self) -> None:
        oldest = await self._store.pending(1)
        age = (self._clock.now() - from_text(oldest[0].event.time)).total_seconds() if oldest else 0.0
        OUTBOX_AGE.labels(self._service).set(max(0.0, age))


def _message(topic: str, partitions: int, pending: PendingEvent) -> Message:
    """To the partition that the key names, or that is its own whatever the bus."""
    event, key = pending.event, pending.event.partitionkey
    named = key.removeprefix(NAMED)
    partition = int(named) if named != key else partition_of(key, partitions)
    return Message(topic, key, event.encode(), partition)
