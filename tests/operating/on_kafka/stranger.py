"""A bare producer of kafka-python: what it sends obeys no rule of ours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer

from contracts.leads import LeadChanged, LeadRegistered
from kit.bus.port import partition_of
from kit.clock import SystemClock
from kit.events import Event, envelop
from operating.outbox import CHECKSUM, checksum
from tests.notify.conftest import lead_data

PATIENCE = 20.0


class NotText(str):
    """The name of a header in bytes that are no UTF-8, as other languages' clients may send it."""

    __slots__ = ()

    def encode(self, *_: Any, **__: Any) -> bytes:
        """What is sent."""
        return b"\xff\xfe\xfd"


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a message stands, and when it was handed over."""

    topic: str
    partition: int
    offset: int
    at: float

    @property
    def place(self) -> str:
        """As parked records name it."""
        return f"{self.partition:05d}:{self.offset:020d}"


class Stranger:
    """Sends one message at a time, each acknowledged."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._producer = KafkaProducer(
            bootstrap_servers=list(servers), linger_ms=0, metrics_enabled=False, max_request_size=20_000_000
        )

    def send(
        self,
        topic: str,
        key: str | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> Sent:
        """Hand one over; where it stands."""
        at = time.monotonic()
        encoded = None if key is None else key.encode()
        kept = self._producer.send(topic, value, encoded, list(headers), partition).get(PATIENCE)
        return Sent(kept.topic, kept.partition, kept.offset, at)

    def close(self) -> None:
        """Let the client go."""
        self._producer.close(5)


def summed(value: bytes) -> list[tuple[str, bytes]]:
    """The header that our own relay adds."""
    return [(CHECKSUM, checksum(value).encode())]


def own_partition(key: str, partitions: int) -> int:
    """Where our own relay would put it."""
    return partition_of(key, partitions)


def lead_event(lead: str, revision: int, **fields: Any) -> Event:
    """What the leads service says of a lead."""
    data = lead_data(lead, lead_revision=revision, **fields)
    said = LeadRegistered(**data) if revision == 1 else LeadChanged(**data, change="facts")
    return envelop([said], source="leads", aggregate=lead, revision=revision, time=SystemClock().now())[0]
