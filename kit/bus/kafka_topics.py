"""Makes topics on brokers: what is missing is made, what is there is left as it is and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from kit.bus.kafka_client import built
from kit.bus.port import BusAway


def make_topics(servers: Sequence[str], topics: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    """Make the topics that are missing; gives how many partitions each of those has that was there before.

    The options are ``num_partitions``, ``replication_factor`` and ``configs``, as Kafka calls them.

    Raises:
        BusAway: the brokers give no answer, or refuse.
    """
    try:
        with closing(built(KafkaAdminClient, bootstrap_servers=list(servers), request_timeout_ms=10_000)) as admin:
            present = topics.keys() & set(admin.list_topics())
            if missing := {name: options for name, options in topics.items() if name not in present}:
                admin.create_topics(missing, wait_for_metadata=True)
            described = admin.describe_topics(sorted(present)) if present else []
            return {each["name"]: len(each["partitions"]) for each in described}
    except KafkaError as error:
        raise BusAway(f"Kafka（{', '.join(servers)}）没有建成主题：{error}。请核对 QUCE_BUS_URL。") from error
