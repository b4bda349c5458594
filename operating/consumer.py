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

from pydantic import ValidationError

from kit.bus.port import Bus, Delivery, Message, Subscription, TopicPartition
from kit.clock import Clock
from kit.courtesy import giving_way
from kit.errors import Stale
from kit.events import Event, Payload, envelop
from kit.store.port import Store
from kit.telemetry import EVENTS_HANDLED, LAST_POLL, PARKED_KEYS, set_trace
from operating.ending import end
from operating.failures import reason_of, stack_of
from operating.outbox import CHECKSUM, checksum
from operating.parking import Parked, Parking

log = logging.getLogger(__name__)

Handler = Callable[[Event], Awaitable[None]]
Died = Callable[..., Payload]
"""Makes the event that says what died, from ``service``, ``group``, ``letter`` and ``died``."""

AT_ONCE = 3
ATTEMPTS = 8
BATCH = 64
WAIT = 1.0
RETRY_PARKED = 5.0
UNREADABLE = "不是有效的 CloudEvents 消息"
DAMAGED = "消息与发出时的校验和不符，内容可能已损坏"


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
        self._parking = Parking(store, clock, group)
        self._nudged = asyncio.Event()
        self._assigned: frozenset[TopicPartition] | None = None
        self._tasks: list[asyncio.Task[None]] = []

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
        self._tasks = [
            asyncio.create_task(self._forever(self._consume), name=f"{self._group}-consumer"),
            asyncio.create_task(self._forever(self._retry_parked), name=f"{self._group}-parked"),
        ]

    async def stop(self) -> None:
        """Stop after the step under way; what was not committed comes again."""
        await end(*self._tasks)

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("consumer %s failed; starting again", self._group)
            await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - jitter, not a secret

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
            if self._parking.holds(delivery.topic, delivery.key):
                await self._parking.park(delivery, "")
            elif (reason := await self._try(delivery)) in (UNREADABLE, DAMAGED):
                await self._bury(delivery.topic, delivery.key, delivery.value, reason)
                await self._parking.set_aside(delivery, reason)
            elif reason is not None:
                await self._parking.park(delivery, reason)
            self._count_parked()

    async def _try(self, delivery: Delivery) -> str | None:
        """Handle with a few attempts at once; the reason of the last failure."""
        if delivery.headers.get(CHECKSUM) not in (None, checksum(delivery.value)):
            return DAMAGED
        try:
            event = Event.decode(delivery.value)
        except ValidationError:
            return UNREADABLE
        reason = None
        for attempt in range(AT_ONCE):
            if attempt:
                await asyncio.sleep(random.uniform(0, 0.05 * 4**attempt))  # noqa: S311 - jitter, not a secret
            reason = await self._handle(event)
            if reason is None:
                return None
        return reason

    async def _handle(self, event: Event) -> str | None:
        handler = self._handlers.get(event.type)
        if handler is None:
            return None
        set_trace(event.traceparent)
        try:
            async with giving_way():
                await handler(event)
        except Exception as error:
            EVENTS_HANDLED.labels(self._service, self._group, "failed").inc()
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
        if self._assigned is not None:
            await self._parking.load()
        for lane in self._parking.lanes_in(self._assigned):
            with suppress(Stale):  # a person, or another replica, was faster
                await self._retry_lane(lane)
        self._count_parked()

    async def _retry_lane(self, lane: str) -> None:
        while (parked := await self._parking.first(lane)) is not None and not parked.dead:
            reason = await self._handle(Event.decode(parked.value))
            if reason is None:
                await self._parking.done(parked)
                continue
            dead = parked.attempts + 1 >= ATTEMPTS
            if dead:
                body = parked.record.body
                await self._bury(body["topic"], body["key"], parked.value, reason)
            await self._parking.failed(parked, reason, dead=dead, events=self._told(parked) if dead else ())
            return

    def _told(self, parked: Parked) -> Sequence[Event]:
        if self._died is None:
            return ()
        letter, kind = parked.record, Event.decode(parked.value).type
        said = self._died(service=self._service, group=self._group, letter=letter.id, died=kind)
        now, revision = self._clock.now(), letter.revision + 1
        return envelop([said], source=self._service, aggregate=letter.id, revision=revision, time=now)

    async def _bury(self, topic: str, key: str, value: bytes, reason: str) -> None:
        EVENTS_HANDLED.labels(self._service, self._group, "dead").inc()
        log.error("dead letter of %s on %s: %s", self._group, topic, reason)
        headers = {"group": self._group, "reason": reason}
        await self._bus.publish([Message(f"{topic}.dead", key, value, headers=headers)])

    def _count_parked(self) -> None:
        PARKED_KEYS.labels(self._service, self._group).set(len(self._parking.lanes))
