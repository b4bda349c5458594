"""How far groups are on Kafka: read with clients of its own, in a thread of its own, thrown away when they fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, RetriableError

from kit.bus.kafka_client import built
from kit.bus.port import BusAway, Position
from kit.clock import to_text

TIMEOUT_MS = 3_000
PATIENCE, PAUSE = 3.0, 0.2
"""Seconds: a broker that has just come up has no coordinator for a group at the first questions."""


class PositionsThread:
    """Asks the brokers, one question after another."""

    def __init__(self, brokers: Mapping[str, Any]) -> None:
        self._brokers = brokers
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kafka-positions")
        self._admin: Any = None
        self._consumer: Any = None

    async def read(self, group: str, topics: Sequence[str], ages: bool) -> list[Position]:
        """How far ``group`` is in the partitions of ``topics`` that hold anything.

        Raises:
            BusAway: the brokers give no answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, group, topics, ages)

    async def close(self) -> None:
        """Let the clients go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown()

    def _read(self, group: str, topics: Sequence[str], ages: bool) -> list[Position]:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._ask(group, topics, ages)
            except KafkaError as error:
                if not isinstance(error, RetriableError):
                    self._drop()
                if time.monotonic() > deadline:
                    raise BusAway("消息服务暂时没有回答，稍后再看。") from error
                time.sleep(PAUSE)

    def _ask(self, group: str, topics: Sequence[str], ages: bool) -> list[Position]:
        if self._consumer is None:
            self._admin = built(KafkaAdminClient, **self._brokers, request_timeout_ms=TIMEOUT_MS)
            self._consumer = self._reader()
        committed = {at: found.offset for at, found in self._admin.list_group_offsets([group])[group].items()}
        places = [TopicPartition(name, n) for name in topics for n in self._consumer.partitions_for_topic(name) or ()]
        ends = {place: end for place, end in self._consumer.end_offsets(places).items() if end}
        behind = {place: committed.get(place, 0) for place in ends if committed.get(place, 0) < ends[place]}
        times = self._times(behind) if behind and ages else {}
        return [
            Position(place.topic, place.partition, committed.get(place, 0), ends[place], times.get(place))
            for place in sorted(ends)
        ]

    def _times(self, starts: dict[TopicPartition, int]) -> dict[TopicPartition, str]:
        """When the bus took the record at each of these offsets, as far as it says so in time."""
        reader = self._reader()
        try:
            reader.subscribe(sorted({place.topic for place in starts}))
            reader.poll(timeout_ms=TIMEOUT_MS, max_records=1)
            reader.pause(*reader.assignment())
            times: dict[TopicPartition, str] = {}
            for place in reader.assignment() & starts.keys():
                reader.seek(place, starts[place])
                reader.resume(place)
            while len(times) < len(starts) and (found := reader.poll(timeout_ms=TIMEOUT_MS)):
                for place, records in found.items():
                    times.setdefault(place, to_text(datetime.fromtimestamp(records[0].timestamp / 1000, UTC)))
                    reader.pause(place)
            return times
        finally:
            reader.close(autocommit=False)

    def _reader(self) -> Any:
        """A reader outside any group, which has every partition of what it subscribes to."""
        return built(KafkaConsumer, **self._brokers, auto_offset_reset="earliest")

    def _drop(self) -> None:
        for client in (self._admin, self._consumer):
            with suppress(Exception):
                client.close()
        self._admin = self._consumer = None
