"""Readers that fall behind: handlers slower than the poll interval, a thread that did not poll, messages too large."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaAdminClient

from kit.bus import kafka_consumer
from kit.bus.kafka_consumer import KafkaSubscription
from kit.events import MAX_EVENT_BYTES, Event
from kit.store.sqlite import SqliteStore
from kit.telemetry import BUS_REBUILDS
from operating.consumer import LAST_POLL
from tests.clocks import ManualClock
from tests.operating.conftest import event
from tests.operating.on_kafka.conftest import Broker
from tests.operating.on_kafka.reading import SERVICE, Heard, all_read, consuming, letters, send_batch, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(400)]

INTERVAL = 1.2
HURRIED = {"max_poll_interval_ms": int(INTERVAL * 1000), "session_timeout_ms": 1_000, "heartbeat_interval_ms": 250}
MANY = 1_200
"""Messages: more than a member holds in hand, so that it has to stop fetching."""


def generation(broker: Broker, topic: str) -> Any:
    """What the broker says of the group and its members."""
    with closing(KafkaAdminClient(bootstrap_servers=broker.servers)) as admin:
        return admin.describe_groups([f"{topic}-g"])


@pytest.mark.parametrize("blocking", [False, True], ids=["waits", "blocks the loop"])
async def test_a_handler_slower_than_the_poll_interval_loses_no_place(
    broker: Broker, store: SqliteStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, blocking: bool
) -> None:
    joined, stalled = list[Any](), list[float]()
    assigned = KafkaSubscription.on_partitions_assigned

    def counted(member: KafkaSubscription, given: Any) -> None:
        joined.append(given)
        assigned(member, given)

    async def slowly(each: Event) -> None:
        if each.id == "slow:1:0":
            await asyncio.sleep(0 if blocking else 2 * INTERVAL)
            time.sleep(2 * INTERVAL if blocking else 0)  # noqa: ASYNC251 - a handler that ought not to
            stalled.append(time.time() - LAST_POLL.labels(SERVICE, f"{topic}-g")._value.get())
        elif each.subject == "bad":
            await asyncio.sleep(INTERVAL / 2)
            raise RuntimeError("slow, and in vain")

    monkeypatch.setattr(KafkaSubscription, "on_partitions_assigned", counted)
    topic, heard = broker.make_topic(), Heard(slowly)
    good = [event(f"good-{number}", 1) for number in range(MANY)]
    async with consuming(broker.servers, store, clock, topic, heard, **HURRIED) as consumer:
        send_batch(broker.servers, topic, [event("first", 1)])
        await until(lambda: len(heard.ids) == 1)
        await asyncio.sleep(INTERVAL)  # a new group joins twice, as its leader learns of the topics
        before = len(joined)
        send_batch(broker.servers, topic, [event("slow", 1), event("bad", 1), *good, event("bad", 2), event("slow", 2)])
        await until(lambda: len(heard.ids) == MANY + 3)
        await until(lambda: all_read(consumer))
        assert consumer.parking.lanes == [f"{topic}/bad"]
    assert max(Counter(heard.ids).values()) == 1
    assert [each for each in heard.ids if each.startswith("slow")] == ["slow:1:0", "slow:2:0"]
    assert sorted(await letters(store)) == [2, MANY + 3]
    assert len(joined) == before, "nobody may be put out of the group"
    assert BUS_REBUILDS.labels(f"{topic}-g")._value.get() == 0
    assert stalled[0] >= 2 * INTERVAL, "what QuceConsumerStalled looks at has to grow meanwhile"


async def test_a_thread_that_did_not_poll_in_time_joins_again_and_nothing_is_lost(
    broker: Broker, store: SqliteStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a machine that stood still: what was not committed comes again, whose effect is there already."""
    topic, heard, pauses = broker.make_topic(), Heard(), [0.0, 3 * INTERVAL]
    hold_back = KafkaSubscription._hold_back

    def late(member: KafkaSubscription, consumer: Any) -> None:
        if len(heard.ids) > 100 and pauses:
            time.sleep(pauses.pop())
        hold_back(member, consumer)

    monkeypatch.setattr(KafkaSubscription, "_hold_back", late)
    send_batch(broker.servers, topic, [event(f"lead-{number % 50}", number + 1) for number in range(MANY)])
    async with consuming(broker.servers, store, clock, topic, heard, **HURRIED) as consumer:
        await until(lambda: not pauses and all_read(consumer))
        joined = generation(broker, topic)
        await asyncio.sleep(2 * INTERVAL)
        assert generation(broker, topic) == joined, "the group has to come to rest"
    assert pauses == []
    assert list(dict.fromkeys(heard.ids)) == [f"lead-{number % 50}:{number + 1}:0" for number in range(MANY)]


async def test_messages_larger_than_a_fetch_are_read_all_the_same(
    broker: Broker, store: SqliteStore, clock: ManualClock, record_figure: Callable[[str, Any], None]
) -> None:
    def large(number: int) -> Event:
        return event("lead", number).model_copy(update={"data": {"text": "长" * 20_000}})

    topic, heard = broker.make_topic(2), Heard()
    events = [large(number) if number % 3 == 0 else event("lead", number) for number in range(1, 20)]
    for each in events:
        send_batch(broker.servers, topic, [each])
    async with consuming(
        broker.servers, store, clock, topic, heard, max_partition_fetch_bytes=2_000, fetch_max_bytes=4_000
    ) as consumer:
        await until(lambda: bool(consumer._assigned))
        seconds = await until(lambda: len(heard.ids) == len(events), 5.0)
    record_figure("poison.larger_than_a_fetch_s", round(seconds, 2))
    assert heard.ids == [each.id for each in events]
    assert 2_000 < len(events[2].encode()) <= MAX_EVENT_BYTES
    assert kafka_consumer.SETTINGS.keys() & {"max_partition_fetch_bytes", "fetch_max_bytes"} == set()
