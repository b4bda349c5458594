"""What is measured shows on ``/metrics`` while the parts that it is about cannot tell."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from kit.bus.port import Message, Position
from kit.bus.sqlite import SqliteBus
from kit.events import Event
from kit.ports import Ports
from kit.settings import Settings
from kit.store.port import Record
from operating import measuring
from operating.consumer import Consumer
from operating.measuring import ENDS_KEPT, Measuring, Seen
from operating.opening import open_ports
from operating.parking import PARKED
from tests.clocks import ManualClock
from tests.operating.conftest import NOON, THINGS, event

TOPIC = "quce.test"
GROUP = {"service": "test", "group": "measured"}


@pytest.fixture
async def ports(tmp_path: Path, bus: SqliteBus, clock: ManualClock) -> AsyncIterator[Ports]:
    opened = await open_ports("test", Settings(data=tmp_path / "data"), bus, clock)
    await opened.store.ensure(THINGS, PARKED)
    yield opened
    await opened.close()


async def ignore(_event: Event) -> None: ...


def consumer_of(ports: Ports) -> Consumer:
    handlers = {"quce.thing.changed.v1": ignore}
    return Consumer(
        ports.store, ports.bus, ports.clock, service="test", group="measured", topics=[TOPIC], handlers=handlers
    )


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_what_waits_is_shown_with_its_age_though_nobody_publishes(ports: Ports, clock: ManualClock) -> None:
    await ports.store.save("things", Record("a", {}, frozenset()), [event("a", 1)])
    clock.instant += timedelta(seconds=75)
    await Measuring(ports, []).measure()
    assert shown("quce_outbox_oldest_seconds", service="test") == 75
    for each in await ports.store.pending(1):
        await ports.store.settle([each.position])
    await Measuring(ports, []).measure()
    assert shown("quce_outbox_oldest_seconds", service="test") == 0


async def test_how_far_a_group_is_behind_is_shown_though_it_reads_nothing(ports: Ports, clock: ManualClock) -> None:
    consumer = consumer_of(ports)
    measures = Measuring(ports, [consumer])
    for number in (1, 2, 3):
        await ports.bus.publish([Message(TOPIC, "a", event("a", number).encode())])
        await measures.measure()
        clock.instant += timedelta(seconds=50)
    await measures.measure()
    assert behind() == (3, 150)
    await consumer.start()
    async with asyncio.timeout(10):
        while any(each.lag for each in await ports.bus.positions("measured", [TOPIC])):  # noqa: ASYNC110 - through the port
            await asyncio.sleep(0.01)
    await consumer.stop()
    await measures.measure()
    assert behind() == (0, 0)


def behind() -> tuple[float | None, float | None]:
    return shown("quce_consumer_lag_events", **GROUP), shown("quce_consumer_lag_seconds", **GROUP)


def at(committed: int, end: int) -> list[Position]:
    return [Position(TOPIC, 0, committed, end)]


def test_what_is_unread_is_as_old_as_the_end_behind_it() -> None:
    seen, start = Seen(), NOON
    ages = [seen.age(at(*place), start + timedelta(minutes=minute)) / 60
            for minute, place in enumerate([(0, 5), (0, 9), (5, 9), (5, 9), (9, 9), (9, 12), (9, 12)])]  # fmt: skip
    assert ages == [0, 1, 1, 2, 0, 0, 1]


def test_what_is_remembered_has_an_end() -> None:
    seen = Seen()
    ages = [seen.age(at(0, end), NOON + timedelta(seconds=end)) for end in range(1, 3 * ENDS_KEPT)]
    assert ages == list(range(len(ages)))
    assert sum(len(ends) for ends in seen._ends.values()) == ENDS_KEPT


async def test_what_cannot_be_measured_holds_up_nothing_and_is_noticed(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise OSError("away")

    seen: list[str] = []

    async def other() -> None:
        seen.append("other")

    measures = Measuring(ports, [consumer_of(ports)], [other])
    monkeypatch.setattr(ports.bus, "positions", away)
    before = time.time()
    await measures.measure()
    assert seen == ["other"]
    assert (shown("quce_measured_at_seconds", service="test") or 0) < before
    monkeypatch.undo()
    await measures.measure()
    assert (shown("quce_measured_at_seconds", service="test") or 0) >= before


async def test_who_never_reads_nor_measures_anything_is_noticed(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise OSError("away")

    monkeypatch.setattr(ports.bus, "subscribe", away)
    consumer = Consumer(
        ports.store, ports.bus, ports.clock, service="never", group="reads", topics=[TOPIC], handlers={}
    )
    measures, before = Measuring(replace(ports, service="never"), []), time.time()
    await consumer.start()
    await measures.start()
    await measures.stop()
    await consumer.stop()
    assert (shown("quce_consumer_last_poll_seconds", service="never", group="reads") or 0) >= before
    assert (shown("quce_measured_at_seconds", service="never") or 0) >= before


async def test_a_loop_that_stands_still_is_noticed(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "STRIDE", 0.01)
    slow = ("quce_loop_stall_seconds_bucket", {"le": "0.1"})
    all_of_them = "quce_loop_stall_seconds_count"
    measures = Measuring(ports, [])
    await measures.start()
    await asyncio.sleep(0.05)
    late = (shown(all_of_them) or 0) - (REGISTRY.get_sample_value(*slow) or 0)
    time.sleep(0.15)  # noqa: ASYNC251 - what is to be noticed
    await asyncio.sleep(0.05)
    await measures.stop()
    assert (shown(all_of_them) or 0) - (REGISTRY.get_sample_value(*slow) or 0) > late


async def test_a_save_is_timed(ports: Ports) -> None:
    before = shown("quce_commit_seconds_count", store="test") or 0
    await ports.store.save("things", Record("b", {}, frozenset()))
    assert (shown("quce_commit_seconds_count", store="test") or 0) > before


async def test_the_room_that_is_left_is_shown_before_there_is_none(ports: Ports) -> None:
    await Measuring(ports, []).measure()
    free = shutil.disk_usage(ports.settings.data).free
    for folder in ("data", "backups"):
        left = shown("quce_disk_free_bytes", service="test", folder=folder)
        assert left == pytest.approx(free, rel=0.2)


def test_the_clock_is_shown_as_it_is_when_somebody_looks() -> None:
    before = time.time()
    assert before <= (shown("quce_clock_seconds") or 0) <= time.time()
