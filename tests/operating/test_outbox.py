"""The relay: every saved event, in order, at least once, by one holder at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from kit.bus.port import BusAway, Delivery, Message, MessagesRefused
from kit.bus.sqlite import SqliteBus
from kit.events import Event
from kit.leases import StoreLeases
from kit.store.port import Record
from kit.store.sqlite import SqliteStore
from operating.outbox import BATCH, Relay, relay_once
from tests.operating.conftest import event

TOPIC = "quce.test"


async def save(store: SqliteStore, *events: Event) -> None:
    for each in events:
        await store.save("things", Record(each.id, {}, frozenset()), [each])


async def published(bus: SqliteBus, count: int) -> list[Delivery]:
    subscription = await bus.subscribe("reader", [TOPIC])
    found: list[Delivery] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await subscription.poll(100, 0.2)
    return found


async def test_events_leave_the_outbox_in_order(store: SqliteStore, bus: SqliteBus) -> None:
    await save(store, *(event(f"lead-{number % 3}", number) for number in range(2 * BATCH + 1)))
    assert [await relay_once(store, bus, TOPIC) for _ in range(4)] == [BATCH, BATCH, 1, 0]
    found = [Event.decode(delivery.value) for delivery in await published(bus, 2 * BATCH + 1)]
    for subject in ("lead-0", "lead-1", "lead-2"):
        numbers = [each.sequence for each in found if each.subject == subject]
        assert numbers == sorted(numbers)
        assert len(numbers) > 10


async def test_what_was_published_but_not_settled_comes_again(
    store: SqliteStore, bus: SqliteBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(store, event("lead", 1))

    async def fail(_: object) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as broken:
        broken.setattr(store, "settle", fail)
        with pytest.raises(OSError, match="went away"):
            await relay_once(store, bus, TOPIC)
    assert await relay_once(store, bus, TOPIC) == 1
    assert len({delivery.value for delivery in await published(bus, 2)}) == 1


class NarrowBus:
    """A bus that does not take all: what it keeps stands in the one behind it."""

    def __init__(self, behind: SqliteBus, error: type[BusAway], keeps: Callable[[Message], bool]) -> None:
        self._behind, self._error, self._keeps = behind, error, keeps

    system = "narrow"

    def partitions(self, topic: str) -> int:
        return self._behind.partitions(topic)

    async def publish(self, messages: Sequence[Message]) -> None:
        kept = [place for place, message in enumerate(messages) if self._keeps(message)]
        await self._behind.publish([messages[place] for place in kept])
        if len(kept) < len(messages):
            raise self._error("不收", kept)


async def test_a_refused_event_holds_its_lead_alone(store: SqliteStore, bus: SqliteBus) -> None:
    await save(store, *(event(f"lead-{number % 3}", number) for number in range(3 * BATCH)))
    narrow, resting = NarrowBus(bus, MessagesRefused, lambda message: message.key != "lead-1"), dict[str, float]()
    published: list[int] = [await relay_once(store, narrow, TOPIC, resting) for _ in range(4)]  # type: ignore[arg-type]
    assert sum(published) == 2 * BATCH
    assert resting.keys() == {"lead-1"}
    assert {each.event.subject for each in await store.pending(3 * BATCH)} == {"lead-1"}
    resting["lead-1"] = 0.0
    assert await relay_once(store, bus, TOPIC, resting) == BATCH
    assert await store.pending(1) == []


async def test_what_the_bus_has_is_settled_where_it_went_away(store: SqliteStore, bus: SqliteBus) -> None:
    await save(store, *(event("lead", number) for number in range(4)))
    narrow = NarrowBus(bus, BusAway, lambda message: Event.decode(message.value).sequence < 200)
    with pytest.raises(BusAway):
        await relay_once(store, narrow, TOPIC)  # type: ignore[arg-type]
    assert [each.event.sequence for each in await store.pending(10)] == [200, 300]


async def test_only_the_holder_of_the_lease_relays(store: SqliteStore, bus: SqliteBus, leases: StoreLeases) -> None:
    other = await leases.acquire("test-relay", "another", timedelta(seconds=15))
    assert other is not None
    relay = Relay(store, bus, leases, service="test", topic=TOPIC, holder="this")
    relay.start()
    await save(store, event("lead", 1))
    await asyncio.sleep(0.1)
    assert len(await store.pending(10)) == 1
    await leases.release(other)
    await save(store, event("lead", 2))
    assert [Event.decode(each.value).sequence for each in await published(bus, 2)] == [100, 200]
    await relay.stop()
    assert await leases.acquire("test-relay", "another", timedelta(seconds=15)) is not None


async def test_stopping_flushes_what_is_pending(store: SqliteStore, bus: SqliteBus, leases: StoreLeases) -> None:
    relay = Relay(store, bus, leases, service="test", topic=TOPIC, holder="this")
    relay.start()
    await asyncio.sleep(0.05)
    await save(store, *(event("lead", number) for number in range(5)))
    await relay.stop()
    assert await store.pending(10) == []


async def test_each_event_leaves_a_span_in_the_trace_that_caused_it(
    store: SqliteStore, bus: SqliteBus, kept: InMemorySpanExporter
) -> None:
    causes = {f"lead-{number}": f"00-{number:032x}-{number:016x}-01" for number in (1, 2)}
    await save(store, *(event(lead, 1, cause) for lead, cause in causes.items()), event("lead-3", 1))
    narrow = NarrowBus(bus, MessagesRefused, lambda message: message.key != "lead-2")
    assert await relay_once(store, narrow, TOPIC, {}) == 2  # type: ignore[arg-type]
    found = {each.context.trace_id: each for each in kept.get_finished_spans()}
    assert found.keys() == {1, 2}, "one that nothing caused leaves none"
    for number, each in found.items():
        assert (each.name, each.kind) == ("send quce.thing.changed.v1", SpanKind.PRODUCER)
        assert [link.context.span_id for link in each.links] == [number]
        assert (each.attributes or {})["messaging.destination.name"] == TOPIC
    assert (found[1].status.is_ok, found[2].status.is_ok) == (True, False)
    assert (found[2].attributes or {})["error.type"] == "MessagesRefused"
