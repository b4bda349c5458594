"""What operators see of a running service on ``/metrics``: measured again and again, whatever its other parts do.

A relay that cannot publish and a consumer that cannot read are the very ones that would not tell.
"""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from prometheus_client import Gauge, Histogram

from kit.bus.port import Position, TopicPartition
from kit.clock import from_text
from kit.ports import Ports
from kit.store.port import Clause, Eq, Scope
from operating.consumer import Consumer
from operating.ending import end
from operating.parking import BLOCKING, FOR_PEOPLE, OPERATORS, PARKED

log = logging.getLogger(__name__)

OUTBOX_AGE = Gauge("quce_outbox_oldest_seconds", "Age of the oldest unpublished event.", ["service"])
LAG = Gauge("quce_consumer_lag_events", "Events that a group has yet to handle.", ["service", "group"])
LAG_SECONDS = Gauge("quce_consumer_lag_seconds", "Age of the oldest of them.", ["service", "group"])
DEAD_LETTERS = Gauge("quce_dead_letters", "Messages that wait for a person to decide.", ["service", "group"])
DISK_FREE = Gauge("quce_disk_free_bytes", "Free bytes on the disk that a folder of ours is on.", ["service", "folder"])
CLOCK = Gauge("quce_clock_seconds", "What time it is by this machine's clock; whoever reads it knows another.")
CLOCK.set_function(time.time)
MEASURED_AT = Gauge("quce_measured_at_seconds", "Unix time at which all was last measured.", ["service"])
LOOP_STALL = Histogram(
    "quce_loop_stall_seconds", "How late the event loop woke.", buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2)
)

Measure = Callable[[], Awaitable[None]]
EVERY, SPREAD = 15.0, 0.2
"""Seconds between two measurements, and the part by which replicas differ, so that they do not all ask at once."""
PATIENCE = 5.0
ENDS_KEPT = 1000
_OPERATORS = Scope.of({OPERATORS})
STRIDE = 0.25
"""Seconds between two looks at how late the event loop wakes."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far a consumer group is behind: events, seconds since the oldest was published; keys parked, events dead."""

    lag: int
    lag_seconds: float
    parked: int
    dead: int


async def backlog_of(ports: Ports, consumer: Consumer) -> Backlog:
    """What a group has yet to do."""
    positions = await ports.bus.positions(consumer.group, consumer.topics)
    unread = [each.oldest_unread_at for each in positions if each.lag and each.oldest_unread_at]
    seconds = (ports.clock.now() - from_text(min(unread))).total_seconds() if unread else 0.0
    parked = await ports.store.tally(PARKED.name, _OPERATORS, [Eq("group", consumer.group), BLOCKING], group_by="lane")
    lag, dead = sum(each.lag for each in positions), await dead_of(ports, consumer)
    return Backlog(lag, max(0.0, seconds), len(parked), dead)


async def dead_of(ports: Ports, consumer: Consumer) -> int:
    """How many messages of a group wait for a person."""
    where: list[Clause] = [Eq("group", consumer.group), FOR_PEOPLE]
    return sum(each.count for each in await ports.store.tally(PARKED.name, _OPERATORS, where))


async def outbox_seconds(ports: Ports) -> float:
    """The age of the oldest event that waits to be published."""
    oldest = await ports.store.pending(1)
    return max(0.0, (ports.clock.now() - from_text(oldest[0].event.time)).total_seconds()) if oldest else 0.0


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder, or where it would be made."""
    absolute = folder.absolute()
    there = next(each for each in (absolute, *absolute.parents) if each.exists())
    return shutil.disk_usage(there).free


class Seen:
    """When the ends of a group's partitions were first seen, which says how old what is unread is at least.

    Reading the oldest unread message would say it exactly, and cost a busy broker a reader each time.
    """

    def __init__(self) -> None:
        self._ends: dict[TopicPartition, deque[tuple[int, datetime]]] = defaultdict(deque)

    def age(self, positions: Sequence[Position], now: datetime) -> float:
        """Seconds since the oldest unread message is known to be there."""
        oldest = now
        for each in positions:
            ends = self._ends[each.topic, each.partition]
            if not ends or each.end > ends[-1][0]:
                ends.append((each.end, now))
            if len(ends) > ENDS_KEPT:
                del ends[1]
            while ends and ends[0][0] <= each.committed:
                ends.popleft()
            oldest = min(oldest, ends[0][1]) if ends else oldest
        return (now - oldest).total_seconds()


class Measuring:
    """Measures one service while it runs; ``others`` are what only that service knows to measure."""

    def __init__(self, ports: Ports, consumers: Sequence[Consumer], others: Sequence[Measure] = ()) -> None:
        self._ports = ports
        self._measures: tuple[Measure, ...] = (
            self._outbox,
            self._disks,
            *(partial(self._group, consumer, Seen()) for consumer in consumers),
            *others,
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin."""
        name = self._ports.service
        MEASURED_AT.labels(name).set_to_current_time()  # what is never measured is noticed too
        self._tasks = [
            asyncio.create_task(self._forever(), name=f"{name}-measuring"),
            asyncio.create_task(_watch_loop(), name=f"{name}-loop"),
        ]

    async def stop(self) -> None:
        """End."""
        await end(*self._tasks)

    async def measure(self) -> None:
        """Measure everything once; what cannot be measured holds up nothing else."""
        failed = 0
        for measure in self._measures:
            try:
                async with asyncio.timeout(PATIENCE):
                    await measure()
            except Exception as error:
                failed += 1
                log.info("%s cannot be measured: %s", self._ports.service, type(error).__name__)
        if not failed:
            MEASURED_AT.labels(self._ports.service).set(time.time())

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(EVERY * random.uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311 - jitter, not a secret
            await self.measure()

    async def _outbox(self) -> None:
        OUTBOX_AGE.labels(self._ports.service).set(await outbox_seconds(self._ports))

    async def _disks(self) -> None:
        settings = self._ports.settings
        for name, folder in (("data", settings.data), ("backups", settings.backup_folder)):
            free = await asyncio.to_thread(free_bytes, folder)
            DISK_FREE.labels(self._ports.service, name).set(free)

    async def _group(self, consumer: Consumer, seen: Seen) -> None:
        ports, labels = self._ports, (self._ports.service, consumer.group)
        positions = await ports.bus.positions(consumer.group, consumer.topics, False)
        LAG.labels(*labels).set(sum(each.lag for each in positions))
        LAG_SECONDS.labels(*labels).set(seen.age(positions, ports.clock.now()))
        DEAD_LETTERS.labels(*labels).set(await dead_of(ports, consumer))


async def _watch_loop() -> None:
    now = asyncio.get_running_loop().time
    while True:
        due = now() + STRIDE
        await asyncio.sleep(STRIDE)
        LOOP_STALL.observe(max(0.0, now() - due))
