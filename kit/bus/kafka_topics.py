"""Topics on brokers: which are there, and making them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from kit.bus.kafka_producer import BusAway


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be."""

    name: str
    partitions: int
    replication: int
    settings: Mapping[str, str]


def widths(servers: Sequence[str], names: Iterable[str]) -> dict[str, int]:
    """How many partitions each of these topics has, as far as they are there.

    Raises:
        BusAway: the brokers give no answer.
    """
    with _asking(servers) as admin:
        present = sorted(set(admin.list_topics()) & set(names))
        described = admin.describe_topics(present) if present else []
        return {each["name"]: len(each["partitions"]) for each in described}


def make_topics(servers: Sequence[str], topics: Sequence[Topic]) -> None:
    """Make topics that are not there.

    Raises:
        BusAway: the brokers give no answer, or refuse.
    """
    if topics:
        with _asking(servers) as admin:
            admin.create_topics({topic.name: _options(topic) for topic in topics}, wait_for_metadata=True)


@contextmanager
def _asking(servers: Sequence[str]) -> Iterator[Any]:
    try:
        with closing(KafkaAdminClient(bootstrap_servers=list(servers), request_timeout_ms=10_000)) as admin:
            yield admin
    except KafkaError as error:
        raise BusAway(f"Kafka（QUCE_BUS_URL）没有办成：{type(error).__name__}：{error}") from error


def _options(topic: Topic) -> dict[str, object]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": topic.replication,
        "configs": dict(topic.settings),
    }
