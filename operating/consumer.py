"""A consumer: hands each event of a group to its handler, at least once and in order by key.

A handler that fails is tried again at once, then later; meanwhile its key is parked, so that other keys
go on and the order within the key stays. What keeps failing goes to the dead-letter topic and waits for a person.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from prometheus_client import Counter, Gauge

from contracts.catalogue import ROUTES
from kit.bus.port import Bus, BusAway, Delivery, Message, Subscription, TopicPartition
from kit.clock import Clock
from kit.courtesy import giving_way
from kit.errors import Stale
from kit.events import MAX_EVENT_BYTES, Event, Payload, envelop
from kit.store.port import Store
from kit.telemetry import failed
from operating.ending import end
from operating.event_spans import event_span
from operating.failures import reason_of, stack_of
from operating.parking import DEAD, WAITING, Parked, Parking
from operating.reading import Unreadable, decode, read
from operating.repeating import repeat

log = logging.getLogger(__name__)

EVENTS_HANDLED = Counter("quce_events_handled_total", "Events consumed.", ["service", "group", "outcome"])
PARKED_KEYS = Gauge("quce_parked_keys", "Keys whose events wait behind a failure.", ["service", "group"])
LAST_POLL = Gauge("quce_consumer_last_poll_seconds", "Unix time of a consumer's last poll.", ["service", "group"])

Handler = Callable[[Event], Awaitable[None]]
Died = Callable[..., Payload]
"""Makes the event that says what died, from ``service``, ``group``, ``letter`` and ``died``."""

AT_ONCE = 3
ATTEMPTS = 8
BATCH = 64
WAIT = 1.0
RETRY_PARKED = 5.0
KEY_KEPT = 200
"""Characters of the key of what is no event."""


class Consumer:
    """One group of one service."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        *,
        service: str,
        group: str,
        topics: Sequence[str],
        handlers: Mapping[str, Handler],
        died: Died | None = None,
    ) -> None:
        self._bus, self._clock, self._service, self._group = bus, clock, service, group
        self._topics, self._handlers, self._died = topics, handlers, died
        self._known = handlers.keys() | {route.event.event_type for route in ROUTES}
        self._parking = Parking(store, clock, group)
        self._nudged = asyncio.Event()
        self._assigned: frozenset[TopicPartition] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._copying: set[asyncio.Task[None]] = set()

    @property
    def group(self) -> str:
        """The name of the consumer group."""
        return self._group

    @property
    def topics(self) -> Sequence[str]:
        """What the group reads."""
        return self._topics

    @property
    def parking(self) -> Parking:
        """The keys that wait."""
        return self._parking

    def nudge(self) -> None:
        """Look after the parked keys now: a person has decided something."""
        self._nudged.set()

    async def start(self) -> None:
        """Begin to consume."""
        await self._parking.begin()
        LAST_POLL.labels(self._service, self._group).set_to_current_time()  # one that never gets to poll is silent too
        failing = f"consumer {self._group} failed; starting again"
        self._tasks = [
            asyncio.create_task(repeat(self._consume, failing, _pause), name=f"{self._group}-consumer"),
            asyncio.create_task(repeat(self._retry_parked, failing, _pause), name=f"{self._group}-parked"),
        ]

    async def stop(self) -> None:
        """Stop after the step under way; what was not committed comes again."""
        await end(*self._tasks, *self._copying)

    async def _consume(self) -> None:
        subscription = await self._bus.subscribe(self._group, self._topics)
        try:
            while True:
                await self._consume_batch(subscription)
        finally:
            await subscription.close()

    async def _consume_batch(self, subscription: Subscription) -> None:
        deliveries = await subscription.poll(BATCH, WAIT)
        LAST_POLL.labels(self._service, self._group).set(time.time() - subscription.silent_for)
        if subscription.assigned != self._assigned:
            self._assigned = subscription.assigned
            await self._parking.load()
        if not deliveries:
            return
        by_partition: dict[tuple[str, int], list[Delivery]] = defaultdict(list)
        for delivery in deliveries:
            by_partition[delivery.topic, delivery.partition].append(delivery)
        async with asyncio.TaskGroup() as group:
            for batch in by_partition.values():
                group.create_task(self._handle_in_order(batch))
        await subscription.commit({place: batch[-1].offset + 1 for place, batch in by_partition.items()})

    async def _handle_in_order(self, batch: Sequence[Delivery]) -> None:
        for delivery in batch:
            try:
                event = read(delivery, self._known)
            except Unreadable as why:
                await self._set_aside(delivery, why)
                continue
            if self._parking.holds(delivery.topic, delivery.key):
                await self._parking.park(delivery, "")
            elif (reason := await self._try(event, delivery.topic)) is not None:
                await self._parking.park(delivery, reason)
            self._count_parked()

    async def _set_aside(self, delivery: Delivery, why: Unreadable) -> None:
        """Keep the beginning of it, as the store takes no document of any length; the bus keeps it whole."""
        cut = replace(delivery, key=delivery.key[:KEY_KEPT], value=delivery.value[:MAX_EVENT_BYTES])
        await self._parking.set_aside(cut, str(why), why.state)
        self._bury(cut.topic, cut.key, cut.value, f"{why} [{cut.partition}:{cut.offset}]")

    async def _try(self, event: Event, topic: str) -> str | None:
        """Handle with a few attempts at once, without a pause in which all others would wait; why the last failed."""
        reason = None
        for _ in range(AT_ONCE):
            reason = await self._handle(event, topic)
            if reason is None:
                return None
        return reason

    async def _handle(self, event: Event, topic: str) -> str | None:
        handler = self._handlers.get(event.type)
        if handler is None:
            return None
        with event_span(self._service, "process", self._bus, topic, event, group=self._group) as handling:
            try:
                async with giving_way():
                    await handler(event)
            except Exception as error:
                EVENTS_HANDLED.labels(self._service, self._group, "failed").inc()
                failed(handling, type(error).__name__)
                reason = reason_of(error)
                stack = {"fields": {"stack": stack_of(error)}}
                log.error("%s could not handle %s: %s", self._group, event.id, reason, extra=stack)
                return reason
        EVENTS_HANDLED.labels(self._service, self._group, "handled").inc()
        return None

    async def _retry_parked(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_PARKED):
                await self._nudged.wait()
        self._nudged.clear()
        await self._parking.load()
        for lane in self._parking.lanes_in(self._assigned):
            with suppress(Stale):  # a person, or another replica, was faster
                await self._retry_lane(lane)
        self._count_parked()

    async def _retry_lane(self, lane: str) -> None:
        while (parked := await self._parking.first(lane)) is not None and not parked.dead:
            try:
                event = decode(parked.value, self._known)
            except Unreadable as why:
                await self._parking.failed(parked, str(why), why.state)
                continue
            reason = await self._handle(event, parked.record.body["topic"])
            if reason is None:
                await self._parking.done(parked)
                continue
            if parked.attempts + 1 < ATTEMPTS:
                await self._parking.failed(parked, reason, WAITING)
            else:
                await self._parking.failed(parked, reason, DEAD, self._told(parked, event.type))
                self._bury(parked.record.body["topic"], parked.record.body["key"], parked.value, reason)
            return

    def _told(self, parked: Parked, kind: str) -> Sequence[Event]:
        if self._died is None:
            return ()
        letter = parked.record
        said = self._died(service=self._service, group=self._group, letter=letter.id, died=kind)
        now, revision = self._clock.now(), letter.revision + 1
        return envelop([said], source=self._service, aggregate=letter.id, revision=revision, time=now)

    def _bury(self, topic: str, key: str, value: bytes, reason: str) -> None:
        """Tell of it, and leave a copy for other programs, which nobody waits for: the letter itself is stored."""
        EVENTS_HANDLED.labels(self._service, self._group, "dead").inc()
        log.error("dead letter of %s on %s: %s", self._group, topic, reason)
        headers = {"group": self._group, "reason": reason}
        copying = asyncio.create_task(self._copy(Message(f"{topic}.dead", key, value, headers=headers)))
        self._copying.add(copying)
        copying.add_done_callback(self._copying.discard)

    async def _copy(self, letter: Message) -> None:
        try:
            await self._bus.publish([letter])
        except BusAway as away:
            log.error("no copy of a dead letter on %s: %s", letter.topic, away.detail)

    def _count_parked(self) -> None:
        PARKED_KEYS.labels(self._service, self._group).set(len(self._parking.lanes))


def _pause() -> float:
    return random.uniform(0.2, 1.0)  # noqa: S311 - jitter, not a secret
