"""The bus port: durable partitioned topics, read by groups that commit how far they got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

TopicPartition = tuple[str, int]


def partition_of(key: str, partitions: int) -> int:
    """Where events of a key stand, on every bus alike: a log that moves to another bus keeps their order."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % partitions


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish: to the partition of its key, or to ``partition`` where it is named."""

    topic: str
    key: str
    value: bytes
    partition: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as a group receives it; ``time`` is when the bus took it, ISO text."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, str]
    time: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a group is in a partition: next offset to read, end of the partition."""

    topic: str
    partition: int
    committed: int
    end: int
    oldest_unread_at: str | None = None

    @property
    def lag(self) -> int:
        """Messages not yet committed."""
        return self.end - self.committed


class Subscription(Protocol):
    """One member of a consumer group."""

    async def poll(self, limit: int, wait: float) -> list[Delivery]:
        """Up to ``limit`` messages, in order within a partition; empty after ``wait`` seconds without any."""
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember the next offset to read of each partition; a crash before it repeats messages."""
        ...

    async def close(self) -> None:
        """Leave the group."""
        ...


class Bus(Protocol):
    """Topics that keep everything they were given."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Append in order; returns once all are durable, raises if any may not be."""
        ...

    async def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        """Join ``group``; a new group reads from the beginning."""
        ...

    async def positions(self, group: str, topics: Sequence[str]) -> list[Position]:
        """How far ``group`` is in each partition of ``topics`` that holds anything, for lag and for tests that wait."""
        ...

    def partitions(self, topic: str) -> int:
        """How many partitions ``topic`` has."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go."""
        ...
