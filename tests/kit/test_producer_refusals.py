"""What brokers refuse until somebody acts: said at once, in words that name the setting, and nobody else waits."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from kit.bus import kafka_producer
from kit.bus.kafka_client import built
from kit.bus.kafka_producer import Producer, ProducingThread
from kit.bus.port import BusAway, Message, MessagesRefused
from tests.kit.mock_broker import MockBrokers, mock_brokers
from tests.kit.produced import PARTITIONS, TOPIC, judge, message, nothing_left_behind, producing, relay

TOO_LARGE, UNKNOWN_TOPIC, NO_PERMISSION, WRONG_PASSWORD = 10, 3, 29, 58
NOBODY = "127.0.0.1:9"
SOON = 8.0
"""Seconds: twice three for brokers that tell nothing, and a pause."""


@pytest.fixture
def brokers() -> Iterator[MockBrokers]:
    """One of them, with one topic."""
    with mock_brokers() as running:
        running.make_topic(TOPIC, PARTITIONS)
        yield running


async def test_a_refused_message_holds_nothing_but_its_key(
    brokers: MockBrokers, caplog: pytest.LogCaptureFixture
) -> None:
    """Two leads of one partition: the broker finds an event of the first too large, whatever comes with it."""
    thread, partition = producing(brokers), message(0, "lead-1").partition
    other = next(name for n in range(2, 99) if message(0, name := f"lead-{n}").partition == partition)
    batch = [message(number, "lead-1" if number in (0, 1, 3) else other, 100 + number) for number in range(5)]
    five_three_two = [TOO_LARGE] * 3  # the client cuts into halves what is too large together
    brokers.refuse([*five_three_two, 0, TOO_LARGE, TOO_LARGE])
    with caplog.at_level(logging.WARNING), pytest.raises(MessagesRefused, match=r"max\.message\.bytes") as away:
        await thread.send(batch)
    assert away.value.kept == {0, 2, 4}
    assert "101 字节" in caplog.text
    assert judge(brokers.servers, batch).missing == 2
    assert await relay(thread, [batch[1], batch[3]]) == 0
    await thread.close()
    judged = judge(brokers.servers, batch)
    assert (judged.missing, judged.keys_out_of_order) == (0, [])


@pytest.mark.parametrize(
    ("code", "words"), [(NO_PERMISSION, "quce topics apply.*QUCE_BUS_URL.*写权限"), (WRONG_PASSWORD, "QUCE_BUS_URL")]
)
async def test_what_lasts_is_said_at_once(
    brokers: MockBrokers, caplog: pytest.LogCaptureFixture, code: int, words: str
) -> None:
    thread, started = producing(brokers), time.monotonic()
    brokers.refuse([code] * 9)
    with caplog.at_level(logging.WARNING), pytest.raises(BusAway, match=words) as away:
        await thread.send([message(1, "lead-1"), message(2, "lead-2")])
    assert time.monotonic() - started < SOON
    assert away.value.kept == set()
    assert away.value.detail in caplog.text
    brokers.forget_refusals()
    await thread.send([message(1, "lead-1"), message(2, "lead-2")])
    await thread.close()


@pytest.mark.parametrize("code", [UNKNOWN_TOPIC, NO_PERMISSION], ids=["missing", "hidden"])
async def test_a_topic_that_brokers_do_not_show_is_named(brokers: MockBrokers, code: int) -> None:
    thread, started = producing(brokers, max_block_ms=500), time.monotonic()
    brokers.hide_topic(TOPIC, code)
    with pytest.raises(BusAway, match=f"{TOPIC}.*quce topics apply"):
        await thread.send([message(1, "lead-1")])
    assert time.monotonic() - started < SOON
    brokers.hide_topic(TOPIC, 0)
    await thread.send([message(1, "lead-1")])
    await thread.close()


async def test_a_partition_that_is_missing_holds_its_messages_alone(brokers: MockBrokers) -> None:
    thread = producing(brokers)
    narrow = Message(TOPIC, f"partition:{PARTITIONS}", b"00000001", PARTITIONS)
    with pytest.raises(MessagesRefused, match=r"QUCE_PARTITIONS.*quce topics apply") as away:
        await thread.send([message(0, "lead-1"), narrow, message(2, "lead-1")])
    await thread.close()
    assert away.value.kept == {0, 2}


@contextmanager
def hanging_up() -> Iterator[str]:
    """A listener that ends every connection, as one does that wants to be spoken to in TLS or with a password."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("kind", [Producer, KafkaConsumer, KafkaAdminClient])
def test_a_client_that_cannot_be_built_leaves_nothing_behind(kind: Any) -> None:
    with hanging_up() as deaf, nothing_left_behind():
        for servers in (NOBODY, deaf) * 3:
            with pytest.raises(KafkaError):
                built(kind, bootstrap_servers=[servers], bootstrap_timeout_ms=200)


async def test_brokers_that_hang_up_are_said_while_they_are_tried(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_producer, "PATIENCE", 1.0)
    with hanging_up() as deaf, nothing_left_behind():
        thread = ProducingThread({"bootstrap_servers": [deaf]}, bootstrap_timeout_ms=500)
        with caplog.at_level(logging.WARNING), pytest.raises(BusAway, match="QUCE_BUS_URL"):
            await thread.send([message(1, "lead-1")])
        assert caplog.text.count("请核对 QUCE_BUS_URL") >= 2
        await thread.close()


async def test_who_closes_does_not_wait_for_brokers_that_are_away(
    brokers: MockBrokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_producer, "SILENCE", 1.0)
    with nothing_left_behind():
        thread = producing(brokers)
        await thread.send([message(1, "lead-1")])
        brokers.go_down()
        sending = asyncio.create_task(thread.send([message(2, "lead-1")]))
        await asyncio.sleep(0.2)
        started = time.monotonic()
        await thread.close()
        assert time.monotonic() - started < SOON
        with pytest.raises(BusAway):
            await sending
