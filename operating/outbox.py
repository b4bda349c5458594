"""The relay: publishes saved events in the order of their saves, then forgets them; one a service, by lease."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from zlib import crc32

import orjson
from prometheus_client import Counter

from kit.bus.port import Bus, BusAway, Message, MessagesRefused, partition_of
from kit.courtesy import giving_way
from kit.failpoints import failpoint
from kit.leases import StoreLeases
from kit.store.port import PendingEvent, Store
from kit.telemetry import collected, failed
from operating.ending import end
from operating.event_spans import event_span
from operating.leading import Leader

log = logging.getLogger(__name__)

EVENTS_PUBLISHED = Counter("quce_events_published_total", "Events relayed to the bus.", ["service"])
BATCH = 500
REST, BEHIND = 30.0, 250
"""Seconds for which a key rests of which the bus refused an event, and how many of its events are looked past."""
NAMED = "partition:"
"""What a partition key begins with that names a partition."""
CHECKSUM = "crc32"
SWEEP, LONGEST_PAUSE = 0.25, 5.0
LENGTH = timedelta(seconds=15)


async def relay_once(store: Store, bus: Bus, topic: str, resting: dict[str, float] | None = None) -> int:
    """Publish one batch and settle it; a crash in between repeats events, which readers expect.

    ``resting`` are keys that are passed over, each until its instant; those that the bus refuses are added.

    Returns:
        How many events were published.

    Raises:
        BusAway: the bus may not have all; what it has is settled.
    """
    due = await _due(store, {} if resting is None else resting)
    if not due:
        return 0
    partitions = bus.partitions(topic)
    kept = frozenset(range(len(due)))
    try:
        with _traced(bus, topic, due):
            await bus.publish([_message(topic, partitions, each) for each in due])
    except MessagesRefused as refused:
        if resting is None:
            raise
        log.error("the bus refuses events, their keys wait: %s", refused.detail)
        resting |= {_key(due[place]): time.monotonic() + REST for place in kept - refused.kept}
        kept = refused.kept
    except BusAway as away:
        await store.settle([due[place].position for place in sorted(away.kept)])
        raise
    failpoint("publish.before_settle")
    await store.settle([due[place].position for place in sorted(kept)])
    return len(kept)


async def _due(store: Store, resting: dict[str, float]) -> list[PendingEvent]:
    """The oldest events, but those of keys that rest."""
    for key in [key for key, until in resting.items() if until < time.monotonic()]:
        del resting[key]
    pending = await store.pending(BATCH + BEHIND * len(resting))
    if not resting:
        return pending
    return [each for each in pending if _key(each) not in resting][:BATCH]


class Relay:
    """Sweeps one service's outbox for ever, at once after a save here, soon after one elsewhere."""

    def __init__(self, store: Store, bus: Bus, leases: StoreLeases, *, service: str, topic: str, holder: str):
        self._store, self._bus = store, bus
        self._service, self._topic = service, topic
        self._leader = Leader(leases, f"{service}-relay", holder, LENGTH)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._resting: dict[str, float] = {}
        store.on_pending(self._wake.set)

    def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._sweep_forever(), name=f"{self._service}-relay")

    async def stop(self) -> None:
        """Flush what is pending, give the lease back."""
        if self._task is None:
            return
        await end(self._task)
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
                pause = min(pause * 2, LONGEST_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _drain(self) -> None:
        while await self._leader.leads():
            async with giving_way():
                published = await relay_once(self._store, self._bus, self._topic, self._resting)
            EVENTS_PUBLISHED.labels(self._service).inc(published)
            if published < BATCH:
                break


@contextmanager
def _traced(bus: Bus, topic: str, due: Sequence[PendingEvent]) -> Iterator[None]:
    """Leaves a span for each event that is handed over inside, in the trace of what caused it: a batch mixes many."""
    begun, kept, why = time.time_ns(), frozenset(range(len(due))), ""
    try:
        yield
    except BaseException as error:
        kept, why = getattr(error, "kept", frozenset()), type(error).__name__
        raise
    finally:
        for place in (place for place, each in enumerate(due) if collected() and each.event.traceparent):
            event = due[place].event
            with event_span(event.source.rpartition("/")[2], "send", bus, topic, event, begun=begun) as sent:
                if place not in kept:
                    failed(sent, why)


def checksum(value: bytes) -> str:
    """What travels with a message, so that its reader sees whether the bus kept it as it was."""
    return f"{crc32(value):08x}"


def _key(pending: PendingEvent) -> str:
    """All that is to be known of an event to send it, at a tenth of what reading it whole would cost."""
    return str(orjson.loads(pending.value)["partitionkey"])


def _message(topic: str, partitions: int, pending: PendingEvent) -> Message:
    """To the partition that the key names, or that is its own whatever the bus."""
    key = _key(pending)
    named = key.removeprefix(NAMED)
    partition = int(named) if named != key else partition_of(key, partitions)
    return Message(topic, key, pending.value, partition, {CHECKSUM: checksum(pending.value)})
