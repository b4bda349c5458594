"""Topics on brokers: which are there, and making them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, SaslAuthenticationFailedError

from kit.bus.kafka_client import NO_LOG_IN, built
from kit.bus.port import BusAway
from kit.errors import LogInRefused


def widths(brokers: Mapping[str, Any], names: Iterable[str]) -> dict[str, int]:
    """How many partitions each of these topics has, as far as they are there.

    Raises:
        BusAway: the brokers give no answer.
    """
    with _asking(brokers) as admin:
        present = sorted(set(admin.list_topics()) & set(names))
        described = admin.describe_topics(present) if present else []
        return {each["name"]: len(each["partitions"]) for each in described}


def make_topics(brokers: Mapping[str, Any], topics: Mapping[str, Mapping[str, object]]) -> None:
    """Make topics that are not there.

    The options are ``num_partitions``, ``replication_factor`` and ``configs``, as Kafka calls them.

    Raises:
        BusAway: the brokers give no answer, or refuse.
    """
    if topics:
        with _asking(brokers) as admin:
            admin.create_topics(topics, wait_for_metadata=True)


@contextmanager
def _asking(brokers: Mapping[str, Any]) -> Iterator[Any]:
    try:
        with closing(built(KafkaAdminClient, **brokers, request_timeout_ms=10_000)) as admin:
            yield admin
    except SaslAuthenticationFailedError as error:
        raise LogInRefused(f"Kafka {NO_LOG_IN}（{error}）。") from error
    except KafkaError as error:
        servers = "、".join(brokers["bootstrap_servers"])
        raise BusAway(f"Kafka（{servers}）没有办成：{error}。请核对 QUCE_BUS_URL 的地址、加密方式和账号。") from error
