"""What was produced to brokers, read back by a plain consumer and judged; and clients that are watched meanwhile."""

from __future__ import annotations

import random
import threading
import time
import zlib
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from kit.bus import kafka_producer
from kit.bus.kafka_producer import Producer, ProducingThread
from kit.bus.port import BusAway, Message
from tests.kit.mock_broker import UNDERSTOOD, MockBrokers

TOPIC, PARTITIONS, KEYS = "quce.leads", 8, 97
BIG = 6_000
"""Bytes of an event of which three fill a batch of the client."""
SETTLES_WITHIN = 12.0
"""Seconds: a client that was given up ends what it waits for, at most its request, and then its thread."""


def message(number: int, key: str, size: int = 100) -> Message:
    """An event that says which one it is, at its key's partition."""
    return Message(TOPIC, key, f"{number:08d}".encode().ljust(size, b"."), zlib.crc32(key.encode()) % PARTITIONS)


def messages(rng: random.Random, first: int, count: int) -> list[Message]:
    """Events of many leads, or now and then long ones of three, of which a key has several batches under way."""
    few = rng.random() < 0.1
    leads = rng.sample(range(KEYS), 3 if few else KEYS)
    return [
        message(first + n, f"lead-{rng.choice(leads)}", BIG if few else rng.randrange(50, 200)) for n in range(count)
    ]


def producing(brokers: MockBrokers, **settings: Any) -> ProducingThread:
    """The thread of the bus, at these brokers."""
    return ProducingThread({"bootstrap_servers": brokers.servers}, **UNDERSTOOD, **settings)


async def relay(thread: ProducingThread, batch: Sequence[Message]) -> int:
    """Publish as the relay of a service does, which tries what is left again; gives how often it had to."""
    tries = 0
    while True:
        try:
            await thread.send(batch)
            return tries
        except BusAway as away:
            batch, tries = [each for place, each in enumerate(batch) if place not in away.kept], tries + 1


@dataclass(slots=True)
class Judged:
    """How what is stored compares with what was acknowledged."""

    missing: int
    duplicates: int
    keys_out_of_order: list[str]


def judge(servers: Sequence[str], sent: Sequence[Message]) -> Judged:
    """Read every partition from its beginning to its end."""
    stored = read_back(servers)
    numbers: dict[str, list[int]] = {}
    for key, value in stored:
        numbers.setdefault(key, []).append(int(value[:8]))
    firsts = {key: list(dict.fromkeys(each)) for key, each in numbers.items()}
    wanted = {(each.key, int(each.value[:8])) for each in sent}
    there = {(key, number) for key, each in firsts.items() for number in each}
    return Judged(
        len(wanted - there), len(stored) - len(there), [k for k, each in firsts.items() if each != sorted(each)]
    )


def read_back(servers: Sequence[str]) -> list[tuple[str, bytes]]:
    """All that the topic holds, as keys and values, each partition in its order."""
    consumer = KafkaConsumer(bootstrap_servers=list(servers), auto_offset_reset="earliest", **UNDERSTOOD)
    try:
        places = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]
        assert set(consumer.beginning_offsets(places).values()) == {0}, "the mock dropped its oldest records"
        ends = consumer.end_offsets(places)
        consumer.assign(places)
        stored: list[tuple[str, bytes]] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=500, max_records=5_000).values():
                stored += [(record.key.decode(), record.value) for record in records]
        return stored
    finally:
        consumer.close()


@dataclass(slots=True)
class Watch:
    """When clients were given up, and when one was acknowledged."""

    given_up: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)

    def rebuilds(self) -> list[float]:
        """Seconds from each client's end to the next acknowledgement."""
        following = ((end, bisect(self.acknowledged, end)) for end in self.given_up)
        return [self.acknowledged[place] - end for end, place in following if place < len(self.acknowledged)]


@contextmanager
def watched(monkeypatch: Any) -> Iterator[Watch]:
    """Every producer that is built inside tells when it ends and when it is acknowledged."""
    watch = Watch()

    class Watched(Producer):
        def give_up(self) -> None:
            watch.given_up.append(time.monotonic())
            super().give_up()

        def send(self, *arguments: Any) -> Any:
            return super().send(*arguments).add_callback(lambda _: watch.acknowledged.append(time.monotonic()))

    monkeypatch.setattr(kafka_producer, "Producer", Watched)
    yield watch


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """No thread and no descriptor outlives the block for long."""
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield
    deadline = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < deadline and (set(threading.enumerate()) - threads or _descriptors() > descriptors):
        time.sleep(0.05)
    assert {each.name for each in set(threading.enumerate()) - threads} == set()
    assert _descriptors() <= descriptors


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))
