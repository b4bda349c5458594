"""The relay: publishes saved events in the order of their saves, then forgets them; one a service, by lease."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from zlib import crc32

from kit.bus.port import Bus, Message
from kit.clock import Clock
from kit.courtesy import giving_way
from kit.failpoints import failpoint
from kit.leases import Leases
from kit.store.port import PendingEvent, Store
from kit.telemetry import EVENTS_PUBLISHED
from operating.leading import Leader

log = logging.getLogger(__name__)

BATCH = 50
CHECKSUM = "crc32"
SWEEP = 0.25
LENGTH = timedelta(seconds=15)


async def relay_once(store: Store, bus: Bus, topic: str) -> int:
    """Publish one batch and settle it; a crash in between repeats events, which readers expect.

    Returns:
        How many events were published.
    """
    pending = await store.pending(BATCH)
    if pending:
        await bus.publish([_message(topic, each) for each in pending])
        failpoint("publish.before_settle")
        await store.settle([each.position for each in pending])
    return len(pending)


class Relay:
    """Sweeps one service's outbox for ever, at once after a save here, soon after one elsewhere."""

    def __init__(self, store: Store, bus: Bus, leases: Leases, clock: Clock, *, service: str, topic: str, holder: str):
        self._store, self._bus, self._clock = store, bus, clock
        self._service, self._topic = service, topic
        self._leader = Leader(leases, clock, f"{service}-relay", holder, LENGTH)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
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
        await self._leader.stop()

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
        while await self._leader.leads():
            async with giving_way():
                published = await relay_once(self._store, self._bus, self._topic)
            EVENTS_PUBLISHED.labels(self._service).inc(published)
            if published < BATCH:
                break


def checksum(value: bytes) -> str:
    """What travels with a message, so that its reader sees whether the bus kept it as it was."""
    return f"{crc32(value):08x}"


def _message(topic: str, pending: PendingEvent) -> Message:
    event, value = pending.event, pending.event.encode()
    name, _, number = event.partitionkey.partition("partition:")
    partition = int(number) if number and not name else None
    return Message(topic, event.partitionkey, value, partition, {CHECKSUM: checksum(value)})
