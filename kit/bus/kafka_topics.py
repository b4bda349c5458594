"""Makes topics on brokers: what is missing is made, what is there is left as it is and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


def make_topics(servers: Sequence[str], topics: Sequence[Topic]) -> dict[str, int]:
    """Make the topics that are missing; gives how many partitions each of those has that was there before.

    Raises:
        BusAway: the brokers give no answer, or refuse.
    """
    try:
        admin = KafkaAdminClient(bootstrap_servers=list(servers), request_timeout_ms=10_000)
    except KafkaError as error:
        raise BusAway(f"连不上 Kafka（{', '.join(servers)}）：{type(error).__name__}。请核对 QUCE_BUS_URL。") from error
    try:
        present = set(admin.list_topics()) & {topic.name for topic in topics}
        missing = {topic.name: _options(topic) for topic in topics if topic.name not in present}
        if missing:
            admin.create_topics(missing, wait_for_metadata=True)
        described = admin.describe_topics(sorted(present)) if present else []
        return {each["name"]: len(each["partitions"]) for each in described}
    except KafkaError as error:
        raise BusAway(f"Kafka 没有建成主题：{type(error).__name__}：{error}") from error
    finally:
        admin.close()


def _options(topic: Topic) -> dict[str, object]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": topic.replication,
        "configs": dict(topic.settings),
    }
