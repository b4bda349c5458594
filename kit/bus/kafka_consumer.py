"""The consuming thread of the Kafka bus: one for each member of a group, whose client nobody else touches.

A consumer of kafka-python that raised anything is thrown away and another is built: the group goes on where it
committed, and readers drop what comes twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import MemberState

from kit.bus.kafka_client import built
from kit.bus.kafka_salvage import Salvaged
from kit.bus.port import Delivery
from kit.bus.port import TopicPartition as Place
from kit.clock import to_text
from kit.telemetry import BUS_REBUILDS

log = logging.getLogger(__name__)

POLL = 0.1
"""Seconds that the thread waits for records, and that a commit may wait for it."""
JOINING, OUTSIDE = 2.0, 15.0
"""Seconds; a member whose join nobody took up is asked again, and thrown away where that does not help."""
MOST = 500
"""Records in hand above which no more are fetched."""
LEAVING = 10.0
SETTINGS: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "max_poll_records": 50,
    "max_poll_interval_ms": 60_000,
    "session_timeout_ms": 10_000,
    "fetch_max_wait_ms": 100,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class NotAMember(RuntimeError):
    """The client stays outside its group: another is built."""


class TopicMissing(RuntimeError):
    """A topic is to be made first; the text says how."""


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # the library ships no types
    """A member of a group: its thread fetches, its asker takes and commits."""

    def __init__(self, brokers: Mapping[str, Any], group: str, topics: Sequence[str], **settings: Any) -> None:
        self._settings = {**brokers, "group_id": group, **SETTINGS, **settings}
        self._group, self._topics = group, list(topics)
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._lock = threading.Lock()
        self._in_hand: deque[Delivery] = deque()
        self._to_commit: dict[Place, int] = {}
        self._committed: dict[Place, int] = {}
        self._lost: set[Place] = set()
        self._assigned: frozenset[Place] = frozenset()
        self._stopping = threading.Event()
        self._polled_at = time.monotonic()
        self._thread = threading.Thread(target=self._work, name=f"{group}-kafka", daemon=True)
        self._thread.start()

    @property
    def assigned(self) -> frozenset[Place]:
        """The partitions that the group gave this member."""
        return self._assigned

    @property
    def silent_for(self) -> float:
        """Seconds since the client's ``poll`` last returned; heartbeats go on without it."""
        return time.monotonic() - self._polled_at

    async def poll(self, limit: int, wait: float) -> list[Delivery]:
        """What is in hand, or what comes within ``wait`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while not self._in_hand:
                    self._news.clear()
                    await self._news.wait()
        with self._lock:
            taken = [self._in_hand.popleft() for _ in range(min(limit, len(self._in_hand)))]
            self._lost.difference_update((each.topic, each.partition) for each in taken)
        return taken

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Have the thread commit at its next turn; a partition that was taken away since is left to its new reader."""
        with self._lock:
            for place, offset in offsets.items():
                if place not in self._lost and offset > self._committed.get(place, -1):
                    self._to_commit[place] = self._committed[place] = offset

    async def close(self) -> None:
        """Commit what is left, leave the group."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, LEAVING)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Nothing yet: of what stays this member's, the client reads on where it was, so nothing may be dropped."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """What went to another member is dropped: that one begins where this one committed."""
        now = frozenset((each.topic, each.partition) for each in assigned)
        self._drop(self._assigned - now)
        self._assigned = now

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - it is all there was
        """The group gave this member up: even of what it gets again it reads what it did not commit."""
        self._forget()

    def _drop(self, gone: frozenset[Place]) -> None:
        with self._lock:
            self._lost |= gone
            self._in_hand = deque(each for each in self._in_hand if (each.topic, each.partition) not in gone)
            for place in gone:
                self._committed.pop(place, None)
                self._to_commit.pop(place, None)

    def _work(self) -> None:
        while not self._stopping.is_set():
            consumer = None
            try:
                consumer = built(KafkaConsumer, **self._settings)
                consumer._fetcher.PartitionRecords = Salvaged
                self._look_for_topics(consumer)
                consumer.subscribe(self._topics, listener=self)
                self._consume(consumer)
            except Exception as error:
                log.warning("consumer of %s broke off: %r; building another", self._group, error)
                BUS_REBUILDS.labels(self._group).inc()
                self._forget()
                self._stopping.wait(random.uniform(0.2, 1.0))  # noqa: S311 - jitter, not a secret
            finally:
                if consumer is not None:
                    with suppress(Exception):
                        consumer.close(autocommit=False, timeout_ms=int(LEAVING * 500))

    def _look_for_topics(self, consumer: Any) -> None:
        """Look before joining, as who shares out partitions without knowing them gives nobody any, and ever again.

        Raises:
            TopicMissing: the broker has none of that name.
        """
        for topic in self._topics:
            if not consumer.partitions_for_topic(topic):
                raise TopicMissing(f"Kafka 没有主题 {topic}：请先执行 quce topics apply（QUCE_BUS_URL）。")

    def _consume(self, consumer: Any) -> None:
        joined_at = time.monotonic()
        while not self._stopping.is_set():
            self._commit(consumer)
            self._hold_back(consumer)
            self._look_for_topics(consumer)
            member = consumer.group_metadata().state is MemberState.STABLE
            if not member:
                consumer._coordinator.request_rejoin()
            found = consumer.poll(timeout_ms=int((POLL if member else JOINING) * 1000))
            self._polled_at = time.monotonic()
            joined_at = self._polled_at if member else joined_at
            if self._polled_at - joined_at > OUTSIDE:
                raise NotAMember("the group has not taken this member in")
            if found:
                self._take([_delivery(record) for records in found.values() for record in records])
        self._commit(consumer)

    def _commit(self, consumer: Any) -> None:
        with self._lock:
            due, self._to_commit = self._to_commit, {}
        if due:
            offsets = {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in due.items()}
            try:
                consumer.commit(offsets, timeout_ms=5_000)
            except KafkaError as error:
                log.info("%s commits later: %s", self._group, type(error).__name__)
                with self._lock:
                    self._to_commit = {place: due[place] for place in due.keys() - self._lost} | self._to_commit

    def _hold_back(self, consumer: Any) -> None:
        """Fetch no more while much is in hand, and go on polling, as membership needs."""
        if len(self._in_hand) > MOST:
            consumer.pause(*consumer.assignment())
        elif paused := consumer.paused():
            consumer.resume(*paused)

    def _take(self, deliveries: list[Delivery]) -> None:
        with self._lock:
            self._in_hand.extend(deliveries)
        with suppress(RuntimeError):  # the loop has gone
            self._loop.call_soon_threadsafe(self._news.set)

    def _forget(self) -> None:
        self._drop(self._assigned | {(each.topic, each.partition) for each in self._in_hand})
        self._assigned = frozenset()


def _delivery(record: Any) -> Delivery:
    return Delivery(
        record.topic,
        record.partition,
        record.offset,
        (record.key or b"").decode("utf-8", "replace"),
        record.value or b"",
        {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
        to_text(datetime.fromtimestamp(record.timestamp / 1000, UTC)),
        record.checksum,
    )
