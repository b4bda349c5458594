"""The log on Kafka, as a move reads and writes it: raw partitions and groups' positions, which no service may touch.

The one module beside the adapters of the bus that knows kafka-python: what it does is no part of the Bus port.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, NoError, RetriableError
from kafka.structs import OffsetAndMetadata

from deploy.migration.errors import MoveRefused
from deploy.migration.log import BATCH, START_AFRESH, Positions, Span, instant, milliseconds
from kit.bus.kafka_client import built
from kit.bus.kafka_producer import SETTINGS, Producer
from kit.bus.port import BusAway, Delivery
from kit.bus.port import TopicPartition as Place
from kit.clock import to_text

T = TypeVar("T")
TIMEOUT_MS = 10_000
PATIENCE, PAUSE = 20.0, 0.3
ACKNOWLEDGED_WITHIN = 30.0
AS_MADE = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "CreateTime",
}
"""The settings without which a topic does not keep everything as it was."""


class KafkaLog:
    """The topics of one installation; the clients are built and used in one thread."""

    def __init__(self, brokers: Mapping[str, Any], topics: Sequence[str]) -> None:
        self._brokers, self._topics = brokers, list(topics)
        self._producer: Producer | None = None
        self._reader: Any = None
        with _reaching():
            self._admin = built(KafkaAdminClient, **self._brokers, request_timeout_ms=TIMEOUT_MS)

    def widths(self) -> dict[str, int]:
        """How many partitions each topic has that is there."""
        there = sorted(set(_patiently(self._admin.list_topics)) & set(self._topics))
        described = _patiently(partial(self._admin.describe_topics, there)) if there else []
        return {each["name"]: len(each["partitions"]) for each in described}

    def unlike(self) -> list[str]:
        """Settings of topics under which a log does not keep everything, in words."""
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in self._topics]
        found = _patiently(partial(self._admin.describe_configs, resources, config_filter="all"))["topic"]
        return [
            f"{topic} 的 {name} 是 {held}，应为 {wanted}"
            for topic in self._topics
            for name, wanted in AS_MADE.items()
            if (held := found[topic].get(name, {"value": wanted})["value"]) != wanted
        ]

    def busy(self) -> list[str]:
        """The groups that have members which read these topics."""
        names = self._groups()
        described = _patiently(partial(self._admin.describe_groups, names)) if names else {}
        return sorted(name for name, group in described.items() if any(map(self._reads, group["members"])))

    def spans(self) -> dict[Place, Span]:
        """The partitions that hold anything, or have held."""
        reader = self._reading()
        places = [TopicPartition(name, n) for name, width in self.widths().items() for n in range(width)]
        starts = _patiently(partial(reader.beginning_offsets, places))
        ends = _patiently(partial(reader.end_offsets, places))
        return {tuple(each): Span(starts[each], ends[each]) for each in sorted(places) if ends[each]}

    def read(self, place: Place, start: int, end: int) -> Iterator[Sequence[Delivery]]:
        """Outside any group, from the offset on."""
        if start >= end:
            return
        reader, at = self._reading(), TopicPartition(*place)
        reader.assign([at])
        reader.seek(at, start)
        while start < end:
            found = _patiently(partial(reader.poll, timeout_ms=TIMEOUT_MS)).get(at, ())
            if not found:
                return
            yield [_delivery(record) for record in found if record.offset < end]
            start = found[-1].offset + 1

    def append(self, batch: Sequence[Delivery]) -> None:
        """Send in order; each must be acknowledged at the offset that it had."""
        with _reaching():
            if self._producer is None:
                self._producer = built(Producer, **self._brokers, **SETTINGS)
            sent = [self._send(self._producer, each) for each in batch]
            for each, future in zip(batch, sent, strict=True):
                if future.get(timeout=ACKNOWLEDGED_WITHIN).offset != each.offset:
                    where = f"主题 {each.topic} 分区 {each.partition}"
                    raise MoveRefused(f"{where} 的第 {each.offset} 条写到了别的位置：有别的程序在写。{START_AFRESH}")

    def positions(self) -> Positions:
        """What groups have committed of these topics."""
        names = self._groups()
        found = _patiently(partial(self._admin.list_group_offsets, names)) if names else {}
        own = {group: {tuple(at): kept.offset for at, kept in offsets.items() if self._kept(at, kept)}
               for group, offsets in found.items()}  # fmt: skip
        return {group: offsets for group, offsets in own.items() if offsets}

    def set_positions(self, group: str, offsets: Mapping[Place, int]) -> None:
        """Commit for a group that has no members."""
        given = {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}

        def commit() -> None:
            for error in self._admin.alter_group_offsets(group, given).values():
                if error is not NoError:
                    raise error(group)

        _patiently(commit)

    def close(self) -> None:
        """Let the clients go, whatever is under way."""
        if self._producer is not None:
            self._producer.give_up()
        for client in (self._reader, self._admin):
            if client is not None:
                with suppress(Exception):
                    client.close()

    def _reading(self) -> Any:
        if self._reader is None:
            options = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "metrics_enabled": False}
            with _reaching():
                self._reader = built(KafkaConsumer, **self._brokers, group_id=None, max_poll_records=BATCH, **options)
        return self._reader

    def _groups(self) -> list[str]:
        return sorted(each["group_id"] for each in _patiently(self._admin.list_groups))

    def _kept(self, at: TopicPartition, kept: OffsetAndMetadata) -> bool:
        return at.topic in self._topics and kept.offset >= 0

    def _send(self, producer: Producer, each: Delivery) -> Any:
        headers = [(name, value.encode()) for name, value in each.headers.items()]
        at = milliseconds(each.time)
        return producer.send(each.topic, each.value, each.key.encode(), headers, each.partition, at)

    def _reads(self, member: dict[str, Any]) -> bool:
        subscribed = member["member_metadata"] or {}
        return not set(self._topics).isdisjoint(subscribed.get("topics", ()))


def _patiently(question: Callable[[], T]) -> T:
    """What the brokers answer; one that has just come up has no coordinator for the first questions about groups.

    Raises:
        BusAway: they give no answer, or refuse.
    """
    deadline = time.monotonic() + PATIENCE
    with _reaching():
        while True:
            try:
                return question()
            except RetriableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)


@contextmanager
def _reaching() -> Iterator[None]:
    """Ask the brokers inside.

    Raises:
        BusAway: they give no answer, or refuse.
    """
    try:
        yield
    except KafkaError as error:
        raise BusAway(f"Kafka 没有按要求回答（{type(error).__name__}）。请核对 QUCE_BUS_URL 和 broker。") from error


def _delivery(record: Any) -> Delivery:
    return Delivery(
        record.topic,
        record.partition,
        record.offset,
        (record.key or b"").decode(),
        record.value or b"",
        {name: (value or b"").decode() for name, value in record.headers},
        to_text(instant(record.timestamp)),
    )
