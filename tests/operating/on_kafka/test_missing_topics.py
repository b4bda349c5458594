"""A topic that is missing, at start and while everything runs: said in words, waited for, and gone on with."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from kit.bus.kafka import KafkaBus
from kit.bus.port import BusAway, Message
from kit.store.sqlite import SqliteStore
from kit.telemetry import BUS_REBUILDS
from operating.consumer import LAST_POLL
from tests.clocks import ManualClock
from tests.operating.conftest import event
from tests.operating.on_kafka.conftest import Broker
from tests.operating.on_kafka.reading import SERVICE, Heard, consuming, letters, send_batch, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(400)]

SOON = 25.0
BUSY = 0.5
"""What part of a processor may be used for looking again and again."""
WATCHED = 3.0


def said(caplog: pytest.LogCaptureFixture, topic: str) -> bool:
    """Whether the log names the topic and what makes it."""
    return any(topic in line and "quce topics apply" in line for line in caplog.text.splitlines())


async def test_a_topic_missing_at_start_is_waited_for(
    broker: Broker, store: SqliteStore, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    topic, heard = "t-missing", Heard()
    with caplog.at_level(logging.WARNING):
        async with consuming(broker.servers, store, clock, topic, heard):
            await until(lambda: said(caplog, topic), SOON)
            broker.make_again(topic)
            send_batch(broker.servers, topic, [event("lead", 1)])
            await until(lambda: heard.ids == ["lead:1:0"], SOON)


async def test_a_topic_deleted_while_running_is_told_and_gone_on_with(
    broker: Broker, store: SqliteStore, clock: ManualClock, caplog: pytest.LogCaptureFixture,
    record_figure: Callable[[str, Any], None],
) -> None:  # fmt: skip
    topic, heard, bus = broker.make_topic(), Heard(), KafkaBus({"bootstrap_servers": broker.servers}, 1)
    send_batch(broker.servers, topic, [event("lead", 1)])
    await bus.publish([Message(topic, "lead", event("lead", 2).encode())])
    with caplog.at_level(logging.WARNING):
        async with consuming(broker.servers, store, clock, topic, heard):
            await until(lambda: len(heard.ids) == 2)
            await asyncio.to_thread(broker.delete, topic)
            seconds = await until(lambda: said(caplog, topic), SOON)
            with pytest.raises(BusAway, match=rf"{topic}.*quce topics apply"):
                await bus.publish([Message(topic, "lead", event("lead", 3).encode())])
            used = time.process_time()
            await asyncio.sleep(WATCHED)
            used = time.process_time() - used
            stalled = time.time() - LAST_POLL.labels(SERVICE, f"{topic}-g")._value.get()
            await asyncio.to_thread(broker.make_again, topic)
            await bus.publish([Message(topic, "lead", event("lead", 3).encode())])
            await until(lambda: heard.ids[-1] == "lead:3:0", SOON)
    await bus.close()
    record_figure("poison.deleted_topic_told_s", round(seconds, 1))
    assert used < BUSY * WATCHED
    assert stalled > WATCHED
    assert BUS_REBUILDS.labels(f"{topic}-g")._value.get() > 0
    assert heard.ids == ["lead:1:0", "lead:2:0", "lead:3:0"]
    assert await letters(store) == {}
