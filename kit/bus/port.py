"""The bus port: durable partitioned topics, read by groups that commit how far they got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

from kit.errors import Unavailable

TopicPartition = tuple[str, int]


class BusAway(Unavailable):
    """The bus gives no answer, or refuses; ``kept`` are the places of the messages that it has all the same."""

    slug, title = "bus-away", "消息服务暂时连不上"

    def __init__(self, detail: str, kept: Iterable[int] = ()) -> None:
        super().__init__(detail)
        self.kept = frozenset(kept)


class MessagesRefused(BusAway):
    """The bus has what is kept, and will not take the others until somebody acts."""


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
    """A message as a group receives it; ``time`` is when the bus took it, ISO text.

    What is not ``intact`` was damaged, or stood beside damage: only what proves itself may be believed.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, str]
    time: str
    intact: bool = True


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

    @property
    def assigned(self) -> frozenset[TopicPartition] | None:
        """The partitions that are this member's now; None where there is no other member, and all are."""
        ...

    @property
    def silent_for(self) -> float:
        """Seconds since the client last came back from its server: heartbeats may go on without it."""
        ...

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
    """Topics that keep everything they were given; ``system`` is what spans call the broker."""

    system: str

    async def publish(self, messages: Sequence[Message]) -> None:
        """Append in order; returns once all are durable.

        Raises:
            MessagesRefused: some are not, nor what is behind them under their keys.
            BusAway: some may not be.
        """
        ...

    async def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        """Join ``group``; a new group reads from the beginning."""
        ...

    async def positions(self, group: str, topics: Sequence[str], ages: bool = True) -> list[Position]:
        """How far ``group`` is in each partition of ``topics`` that holds anything, for lag and for tests that wait.

        ``ages`` asks for the instant of the oldest unread message too, which takes reading it.
        """
        ...

    def partitions(self, topic: str) -> int:
        """How many partitions ``topic`` has."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go."""
        ...
