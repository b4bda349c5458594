"""Bytes that changed on a broker's disk: the reader gets past them, names what is lost, and loses no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from kafka.record import MemoryRecords

from kit.store.sqlite import SqliteStore
from kit.telemetry import BUS_REBUILDS
from operating.reading import DAMAGED
from tests.clocks import ManualClock
from tests.operating.conftest import event
from tests.operating.on_kafka.conftest import Broker
from tests.operating.on_kafka.reading import Heard, consuming, letters, send_batch, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(400)]

IN_TIME = 5.0
BATCH = 5
MESSAGES = 3 * BATCH
HIT = 7
"""The message that is damaged, in the middle of the second batch."""
HEADER = {"attributes": 22, "last_offset": 26, "first_time": 27, "count": 60}
"""Where in a batch some of its numbers end, or begin."""

DAMAGE: dict[str, tuple[Callable[[bytearray, int, int], None], Sequence[int]]] = {}
"""By name: what is done to the log, and which messages are lost."""


def damage(lost: Sequence[int]) -> Callable[[Callable[[bytearray, int, int], None]], None]:
    """Adds one, named as its function."""

    def add(change: Callable[[bytearray, int, int], None]) -> None:
        DAMAGE[change.__name__] = change, lost

    return add


@damage([HIT])
def a_value(log: bytearray, _batch: int, record: int) -> None:
    log[log.index(b'"number"', record)] ^= 1


@damage([HIT])
def a_key_length(log: bytearray, _batch: int, record: int) -> None:
    log[log.index(b"lead", record) - 1] ^= 64


@damage([HIT])
def a_header_name(log: bytearray, _batch: int, record: int) -> None:
    log[log.index(b"crc32", record)] = 0xFF


@damage([HIT])
def a_checksum_name(log: bytearray, _batch: int, record: int) -> None:
    log[log.index(b"crc32", record)] ^= 1


@damage(range(HIT, 2 * BATCH))
def a_record_length(log: bytearray, _batch: int, record: int) -> None:
    log[record] ^= 1


@damage(range(HIT, 2 * BATCH))
def a_sector(log: bytearray, _batch: int, record: int) -> None:
    log[record + 4 : record + 400] = bytes(396)


@damage(range(BATCH, 2 * BATCH))
def a_codec(log: bytearray, batch: int, _record: int) -> None:
    log[batch + HEADER["attributes"]] = 1


@damage([])
def a_control_mark(log: bytearray, batch: int, _record: int) -> None:
    log[batch + HEADER["attributes"]] = 32


@damage([])
def a_time(log: bytearray, batch: int, _record: int) -> None:
    log[batch + HEADER["first_time"]] ^= 0x7F


@damage([])
def a_last_offset(log: bytearray, batch: int, _record: int) -> None:
    log[batch + HEADER["last_offset"]] ^= 3


@damage([])
def a_count(log: bytearray, batch: int, _record: int) -> None:
    log[batch + HEADER["count"]] = 2


def _apply(name: str, segment: Path) -> None:
    log = bytearray(segment.read_bytes())
    batches, at = [], 0
    for batch in MemoryRecords(bytes(log)):
        batches.append((at, batch))
        at += batch.size_in_bytes
    assert [batch.base_offset for _, batch in batches] == [0, BATCH, 2 * BATCH]
    at, batch = batches[HIT // BATCH]
    for _ in range(HIT % BATCH):
        next(batch)
    DAMAGE[name][0](log, at, at + batch._pos)
    segment.write_bytes(log)


@pytest.fixture(scope="module")
def topics(broker: Broker) -> dict[str, str]:
    """A topic for each damage, with the same messages; all damaged while the broker rested."""
    made = {name: broker.make_topic() for name in DAMAGE}
    events = [event("lead", number + 1) for number in range(MESSAGES)]
    for topic in made.values():
        for first in range(0, MESSAGES, BATCH):
            send_batch(broker.servers, topic, events[first : first + BATCH])
    broker.stop()
    for name, topic in made.items():
        _apply(name, broker.folder / "log" / f"{topic}-0" / f"{0:020d}.log")
    broker.start()
    return made


@pytest.mark.parametrize("name", DAMAGE)
async def test_the_reader_gets_past_damage_and_tells_of_it(
    broker: Broker, topics: dict[str, str], store: SqliteStore, clock: ManualClock, name: str,
    record_figure: Callable[[str, Any], None],
) -> None:  # fmt: skip
    heard, topic, lost = Heard(), topics[name], DAMAGE[name][1]
    rebuilds = BUS_REBUILDS.labels(f"{topic}-g")._value
    async with consuming(broker.servers, store, clock, topic, heard) as consumer:
        await until(lambda: bool(consumer._assigned))
        seconds = await until(lambda: len(heard.ids) == MESSAGES - len(lost), IN_TIME)
        found = await letters(store)
    record_figure(f"poison.damaged.{name}_s", round(seconds, 2))
    assert heard.ids == [f"lead:{number + 1}:0" for number in range(MESSAGES) if number not in lost]
    assert sorted(found) == list(lost)
    assert {each.body["reason"] for each in found.values()} <= {DAMAGED}
    assert rebuilds.get() == 0
