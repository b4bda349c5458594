"""What a real broker answers to a producer: the same outcomes as the mock's, where only it can answer so."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.kafka_topics import make_topics
from kit.bus.kafka import KafkaBus
from kit.bus.kafka_producer import Producer, ProducingThread
from kit.bus.port import BusAway, Message, MessagesRefused
from operating.opening import brokers_of
from tests.brokers import kafka_url

__all__ = ["kafka_url"]

pytestmark = pytest.mark.cluster

SOON = 8.0
"""Seconds: twice three for brokers that tell nothing, and a pause."""
BIG = 6_000


@pytest.fixture
def servers(kafka_url: str) -> dict[str, Any]:
    """The broker, as clients want it named."""
    return brokers_of(kafka_url)


def make_topic(servers: Mapping[str, Any], **configs: str) -> str:
    """A topic of one partition, and nobody else's."""
    name = f"t-{uuid.uuid4().hex}"
    make_topics(servers, {name: {"num_partitions": 1, "replication_factor": 1, "configs": configs}})
    return name


def stored(servers: Mapping[str, Any], topic: str) -> list[int]:
    """The numbers that the values of a topic begin with, in its order."""
    consumer, place = (
        KafkaConsumer(**servers, auto_offset_reset="earliest"),
        TopicPartition(topic, 0),
    )
    consumer.assign([place])
    end, found = consumer.end_offsets([place])[place], list[int]()
    while consumer.position(place) < end:
        found += [int(record.value[:8]) for records in consumer.poll(500).values() for record in records]
    consumer.close()
    return found


async def test_a_topic_that_is_missing_is_named(servers: dict[str, Any]) -> None:
    bus, started = KafkaBus(servers, 1), time.monotonic()
    with pytest.raises(BusAway, match=r"quce\.nowhere.*quce topics apply.*QUCE_BUS_URL"):
        await bus.publish([Message("quce.nowhere", "k", b"x")])
    assert time.monotonic() - started < SOON
    await bus.close()


async def test_what_is_too_large_holds_its_key_alone(servers: dict[str, Any]) -> None:
    topic, bus = make_topic(servers, **{"max.message.bytes": "2000"}), KafkaBus(servers, 1)
    values = [
        ("a", b"00000001"),
        ("a", b"00000002" * 1_000),
        ("b", b"00000003"),
        ("a", b"00000004"),
        ("b", b"00000005"),
    ]
    with pytest.raises(MessagesRefused, match=rf"{topic}.*max\.message\.bytes") as away:
        await bus.publish([Message(topic, key, value) for key, value in values])
    await bus.close()
    assert away.value.kept == {0, 2, 4}
    assert list(dict.fromkeys(stored(servers, topic))) == [1, 3, 5]


async def test_a_clock_that_the_broker_does_not_accept_is_said(servers: dict[str, Any]) -> None:
    """A refusal that comes with an error for each record."""
    topic, bus = make_topic(servers, **{"message.timestamp.before.max.ms": "1"}), KafkaBus(servers, 1)
    with pytest.raises(MessagesRefused, match=r"时钟.*InvalidTimestampError") as away:
        await bus.publish([Message(topic, "a", b"00000001"), Message(topic, "b", b"00000002")])
    await bus.close()
    assert away.value.kept == set()


async def test_nothing_overtakes_a_batch_that_failed(servers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap in the sequence: the client takes a new epoch of its own accord and would go on with what follows."""
    give_up = Producer.give_up

    def late(producer: Producer) -> None:
        time.sleep(0.3)
        give_up(producer)

    monkeypatch.setattr(Producer, "give_up", late)
    topic, thread = make_topic(servers), ProducingThread(servers)
    await thread.send([Message(topic, "k", b"00000000")])
    assert thread._producer is not None
    thread._producer._transaction_manager.set_sequence_number(TopicPartition(topic, 0), 1_000)
    await thread.send([Message(topic, "k", f"{number:08d}".encode().ljust(BIG)) for number in range(1, 20)])
    await thread.close()
    assert list(dict.fromkeys(stored(servers, topic))) == list(range(20))
