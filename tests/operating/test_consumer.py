"""A consumer: in order by key, a failing key parked while others go on, what keeps failing buried and named."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

import operating.consumer
from kit.bus.port import Message
from kit.bus.sqlite import SqliteBus
from kit.events import MAX_EVENT_BYTES, Event
from kit.store.port import Record, Scope
from kit.store.sqlite import SqliteStore
from operating.consumer import AT_ONCE, ATTEMPTS, Consumer, Handler
from operating.outbox import CHECKSUM
from operating.parking import PARKED
from operating.reading import NO_EVENT
from tests.clocks import ManualClock
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


async def kept(store: SqliteStore) -> list[Record]:
    """What is parked or set aside."""
    return [each async for each in store.scan(PARKED.name, Scope.system("tests"))]


async def until(met: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not (found if isinstance(found := met(), bool) else await found):  # noqa: ASYNC110 - it has no event
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
    assert (buried.value, buried.headers["reason"].split(" [")[0]) == (b"{nonsense", NO_EVENT)


async def test_what_is_no_event_never_waits_behind_a_parked_key(
    bus: SqliteBus, store: SqliteStore, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it hold up other parked keys once its turn comes."""
    monkeypatch.setattr(operating.consumer, "ATTEMPTS", 10_000)
    broken, seen = True, list[str]()

    async def handle(each: Event) -> None:
        if broken:
            raise RuntimeError("not today")
        seen.append(each.id)

    await start(handle).start()
    damaged = event("bad", 2).encode()
    await publish(bus, event("bad", 1), event("worse", 1))
    await bus.publish([Message(TOPIC, "bad", b"{nonsense"), Message(TOPIC, "bad", damaged, headers={CHECKSUM: "0"})])
    await publish(bus, event("bad", 3))

    async def all_kept() -> bool:
        return len(await kept(store)) == 5

    await until(all_kept)
    broken = False
    await until(lambda: len(seen) == 3)
    assert [each for each in seen if each.startswith("bad")] == ["bad:1:0", "bad:3:0"]

    async def only_set_aside() -> bool:
        return [each.body["state"] for each in await kept(store)] == ["unreadable"] * 2

    await until(only_set_aside)


@pytest.mark.parametrize("size", [MAX_EVENT_BYTES, 3_000_000])
async def test_a_message_of_any_size_is_set_aside(bus: SqliteBus, store: SqliteStore, start: Start, size: int) -> None:
    """Its beginning is kept: the store takes no document of any length, nor does the topic of dead letters."""
    seen: list[Event] = []

    async def handle(each: Event) -> None:
        seen.append(each)

    await start(handle).start()
    await bus.publish([Message(TOPIC, "lead", b"x" * size + b"x")])
    await publish(bus, event("lead", 1))
    await until(lambda: len(seen) == 1)
    [letter] = await kept(store)
    assert letter.body["state"] == "unreadable"
    assert len(bytes.fromhex(letter.body["value"])) == MAX_EVENT_BYTES


async def test_a_type_that_this_version_does_not_know_is_set_aside_until_it_does(
    bus: SqliteBus, store: SqliteStore, clock: ManualClock, start: Start
) -> None:
    seen: list[str] = []

    async def handle(each: Event) -> None:
        seen.append(each.type)

    first = start(handle)
    await first.start()
    newer = event("lead", 1).model_copy(update={"type": "quce.thing.changed.v2"})
    await publish(bus, newer, event("lead", 2))
    await until(lambda: len(seen) == 1)
    [letter] = await kept(store)
    assert letter.body["state"] == "unknown"
    await store.save(PARKED.name, letter.with_body(letter.body | {"state": "waiting", "decided": {}}))
    first.nudge()

    async def tried() -> bool:
        return (await kept(store))[0].revision == 3

    await until(tried)
    assert [each.body["state"] for each in await kept(store)] == ["unknown"]
    await first.stop()
    [letter] = await kept(store)
    await store.save(PARKED.name, letter.with_body(letter.body | {"state": "waiting"}))
    handlers = {newer.type: handle}
    upgraded = Consumer(store, bus, clock, service="test", group="readers", topics=[TOPIC], handlers=handlers)
    await upgraded.start()
    await until(lambda: seen == ["quce.thing.changed.v1", newer.type])
    await upgraded.stop()


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


async def test_each_attempt_leaves_a_span_under_its_cause_that_repeats_nothing_of_the_event(
    start: Start, bus: SqliteBus, kept: InMemorySpanExporter
) -> None:
    async def fail(_event: Event) -> None:
        raise ValueError("CANARY")

    consumer = start(fail)
    await consumer.start()
    await publish(bus, event("lead-1", 1, f"00-{7:032x}-{8:016x}-01"))
    await until(lambda: len(kept.get_finished_spans()) >= ATTEMPTS)
    for each in kept.get_finished_spans():
        assert (each.name, each.kind, each.context.trace_id) == ("process quce.thing.changed.v1", SpanKind.CONSUMER, 7)
        assert each.parent is not None
        assert [link.context.span_id for link in each.links] == [each.parent.span_id] == [8]
        assert (each.attributes or {})["error.type"] == "ValueError"
        assert "CANARY" not in each.to_json()
