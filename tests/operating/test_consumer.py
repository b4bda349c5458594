"""A consumer: in order by key, a failing key parked while others go on, what keeps failing buried and named."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

import operating.consumer
from kit.bus.port import Message
from kit.bus.sqlite import SqliteBus
from kit.clock import ManualClock
from kit.events import Event
from kit.store.sqlite import SqliteStore
from operating.consumer import AT_ONCE, ATTEMPTS, UNREADABLE, Consumer, Handler
from tests.operating.conftest import event

TOPIC = "quce.test"
Start = Callable[[Handler], Consumer]


@pytest.fixture
async def start(
    store: SqliteStore, bus: SqliteBus, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Start]:
    monkeypatch.setattr(operating.consumer, "RETRY_PARKED", 0.02)
    running: list[Consumer] = []

    def make(handler: Handler) -> Consumer:
        handlers = {"quce.thing.changed.v1": handler}
        consumer = Consumer(store, bus, clock, service="test", group="readers", topics=[TOPIC], handlers=handlers)
        running.append(consumer)
        return consumer

    yield make
    for consumer in running:
        await consumer.stop()


async def publish(bus: SqliteBus, *events: Event) -> None:
    await bus.publish([Message(TOPIC, each.partitionkey, each.encode()) for each in events])


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


async def test_each_key_is_handled_in_order(bus: SqliteBus, start: Start) -> None:
    seen: list[Event] = []

    async def handle(each: Event) -> None:
        await asyncio.sleep(0)
        seen.append(each)

    await start(handle).start()
    await publish(bus, *(event(f"lead-{number % 7}", number) for number in range(200)))
    await until(lambda: len(seen) == 200)
    for subject in {each.subject for each in seen}:
        numbers = [each.sequence for each in seen if each.subject == subject]
        assert numbers == sorted(numbers)


async def test_a_failing_key_waits_and_others_go_on(bus: SqliteBus, start: Start) -> None:
    broken, seen, tries = True, list[tuple[str, int]](), Counter[str]()

    async def handle(each: Event) -> None:
        tries[each.id] += 1
        if each.subject == "bad" and broken:
            raise RuntimeError("not today")
        seen.append((each.subject, each.sequence))

    consumer = start(handle)
    await consumer.start()
    await publish(bus, event("bad", 1), event("bad", 2), *(event("good", number) for number in range(5)))
    await until(lambda: len(seen) == 5 and tries["bad:1:0"] > AT_ONCE)
    assert consumer.parking.lanes == [f"{TOPIC}/bad"]
    assert tries["bad:2:0"] == 0
    broken = False
    await until(lambda: len(seen) == 7)
    assert [number for subject, number in seen if subject == "bad"] == [100, 200]
    await until(lambda: consumer.parking.lanes == [])


async def test_what_keeps_failing_is_buried_and_its_key_stays_parked(
    bus: SqliteBus, store: SqliteStore, clock: ManualClock, start: Start
) -> None:
    tries = 0

    async def handle(_: Event) -> None:
        nonlocal tries
        tries += 1
        raise RuntimeError("never")

    consumer = start(handle)
    await consumer.start()
    await publish(bus, event("bad", 1), event("bad", 2))
    reader = await bus.subscribe("undertaker", [f"{TOPIC}.dead"])
    async with asyncio.timeout(10):
        while not (buried := await reader.poll(10, 0.2)):
            pass
    assert Event.decode(buried[0].value).id == "bad:1:0"
    assert buried[0].headers["group"] == "readers"
    assert buried[0].headers["reason"].startswith("RuntimeError (test_consumer.py:")
    assert tries == AT_ONCE + ATTEMPTS - 1
    await asyncio.sleep(0.1)
    assert tries == AT_ONCE + ATTEMPTS - 1
    again = Consumer(store, bus, clock, service="test", group="readers", topics=[TOPIC], handlers={})
    await again.parking.load()
    assert again.parking.lanes == [f"{TOPIC}/bad"]


async def test_bytes_that_are_no_event_are_buried_at_once(bus: SqliteBus, start: Start) -> None:
    seen: list[Event] = []

    async def handle(each: Event) -> None:
        seen.append(each)

    await start(handle).start()
    await bus.publish([Message(TOPIC, "lead", b"{nonsense")])
    await publish(bus, event("lead", 1))
    await until(lambda: len(seen) == 1)
    (buried,) = await (await bus.subscribe("undertaker", [f"{TOPIC}.dead"])).poll(10, 5)
    assert (buried.value, buried.headers["reason"]) == (b"{nonsense", UNREADABLE)


async def test_what_was_not_committed_comes_again(bus: SqliteBus, start: Start) -> None:
    held, seen = asyncio.Event(), Counter[str]()

    async def hang(each: Event) -> None:
        seen[each.id] += 1
        await held.wait()

    first = start(hang)
    await first.start()
    await publish(bus, event("lead", 1))
    await until(lambda: seen["lead:1:0"] == 1)
    await first.stop()
    held.set()
    await start(hang).start()
    await until(lambda: seen["lead:1:0"] == 2)
