"""The bus of the embedded default: a durable log in one SQLite file, read by groups that commit offsets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

from kit.bus.port import Delivery, Message, Position, TopicPartition, partition_of
from kit.clock import to_text
from kit.failpoints import failpoint
from kit.sqlite import Connection, SqliteFile, rows

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL, time TEXT NOT NULL,
  PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
  consumers TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (consumers, topic, partition)) WITHOUT ROWID;
"""
ACROSS_PROCESSES = 1.0
"""Seconds after which a waiting reader looks again, for what another process published."""


class SqliteBus:
    """Topics of one installation in one file."""

    system = "sqlite"

    def __init__(self, path: Path, partitions: int) -> None:
        self._file = SqliteFile(path)
        self._partitions = partitions
        self._news = asyncio.Event()
        self._ends: dict[TopicPartition, int] = {}
        self._file.near(lambda connection: connection.execute(SCHEMA).fetchall())

    async def publish(self, messages: Sequence[Message]) -> None:
        """Append under one commit."""
        now = to_text(datetime.now(UTC))
        rows = [
            (m.topic, self._partition(m), m.key, m.value, orjson.dumps(dict(m.headers)).decode(), now) for m in messages
        ]
        self._ends |= await self._file.write(lambda connection: _append(connection, rows))
        failpoint("publish.after_commit")
        self._news.set()
        self._news = asyncio.Event()

    async def subscribe(self, group: str, topics: Sequence[str]) -> SqliteSubscription:
        """One reader of every partition: an embedded group has one member."""
        return SqliteSubscription(self, group, tuple(topics))

    async def positions(self, group: str, topics: Sequence[str], ages: bool = True) -> list[Position]:
        """Committed and last offsets of every partition that holds anything."""
        places = [(topic, partition) for topic in sorted(topics) for partition in range(self._partitions)]
        return await self._file.read(lambda connection: _positions(connection, group, places, ages))

    def partitions(self, topic: str) -> int:  # noqa: ARG002 - all topics have as many here
        """All topics have as many."""
        return self._partitions

    async def close(self) -> None:
        """Finish writes and let the file go."""
        await self._file.close()

    def _partition(self, message: Message) -> int:
        return partition_of(message.key, self._partitions) if message.partition is None else message.partition


class SqliteSubscription:
    """The reading side of :class:`SqliteBus`."""

    silent_for = 0.0

    def __init__(self, bus: SqliteBus, group: str, topics: tuple[str, ...]) -> None:
        self._bus = bus
        self._group = group
        self._places = deque((topic, partition) for topic in topics for partition in range(bus._partitions))
        self._next: dict[TopicPartition, int] | None = None
        self._look_at_all = 0.0

    @property
    def assigned(self) -> None:
        """All: a group has one member here."""
        return None

    async def poll(self, limit: int, wait: float) -> list[Delivery]:
        """Read on from what this member has been given."""
        time = asyncio.get_running_loop().time
        deadline = time() + wait
        while True:
            news, found = self._bus._news, await self._read(limit)
            if found or time() >= deadline:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(deadline, self._look_at_all)):
                    await news.wait()

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember where to go on."""
        rows = [(self._group, topic, partition, offset) for (topic, partition), offset in offsets.items()]
        statement = (
            "INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET next = MAX(next, excluded.next)"
        )

        def write(connection: Connection) -> None:
            connection.executemany(statement, rows)

        await self._bus._file.write(write)

    async def close(self) -> None:
        """Nothing is held."""

    async def _read(self, limit: int) -> list[Delivery]:
        """Look where this process has published since, and now and then everywhere: a look costs the loop time."""
        if self._next is None:
            self._next = await self._bus._file.read(lambda connection: _committed(connection, self._group))
        start, ends, share, now = self._next, self._bus._ends, max(1, limit // 4), asyncio.get_running_loop().time()
        everywhere = now >= self._look_at_all
        turns = [place for place in self._places if everywhere or ends.get(place, 0) > start.get(place, 0)]
        found = await self._bus._file.read(lambda connection: _read(connection, turns, start, share, limit))
        if everywhere and len(found) < share:
            self._look_at_all = now + ACROSS_PROCESSES
        start |= {(each.topic, each.partition): each.offset + 1 for each in found}
        if found:  # those behind it are first in turn next time: a backlog in some keeps none of the others waiting
            self._places.rotate(-1 - self._places.index((found[-1].topic, found[-1].partition)))
        return found


def _append(connection: Connection, rows: Sequence[tuple[str, int, str, bytes, str, str]]) -> dict[TopicPartition, int]:
    """Where each place ends now."""
    ends: dict[TopicPartition, int] = {}
    for topic, partition, key, value, headers, time in rows:
        place = (topic, partition)
        offset = ends[place] if place in ends else _end(connection, place)
        connection.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", (topic, partition, offset, key, value, headers, time)
        )
        ends[place] = offset + 1
    return ends


def _end(connection: Connection, place: TopicPartition) -> int:
    statement = "SELECT COALESCE(MAX(offset) + 1, 0) FROM log WHERE topic = ? AND partition = ?"
    return int(rows(connection, statement, place)[0][0])


def _committed(connection: Connection, group: str) -> dict[TopicPartition, int]:
    statement = "SELECT topic, partition, next FROM positions WHERE consumers = ?"
    return {(topic, partition): offset for topic, partition, offset in connection.execute(statement, (group,))}


def _read(
    connection: Connection, turns: Sequence[TopicPartition], start: Mapping[TopicPartition, int], share: int, limit: int
) -> list[Delivery]:
    found: list[Delivery] = []
    statement = (
        "SELECT topic, partition, offset, key, value, headers, time FROM log"
        " WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?"
    )
    for topic, partition in turns:
        taken = rows(connection, statement, (topic, partition, start.get((topic, partition), 0), share))
        found.extend(Delivery(t, p, o, k, v, orjson.loads(h), at) for t, p, o, k, v, h, at in taken)
        if len(found) >= limit:
            break
    return found


def _positions(connection: Connection, group: str, places: Sequence[TopicPartition], ages: bool) -> list[Position]:
    """A seek for each partition: the log is too long to be looked through."""
    committed = _committed(connection, group)
    last = "SELECT offset + 1 FROM log WHERE topic = ? AND partition = ? ORDER BY offset DESC LIMIT 1"
    time = "SELECT time FROM log WHERE topic = ? AND partition = ? AND offset = ?"
    positions = []
    for place in places:
        if end := rows(connection, last, place):
            start = committed.get(place, 0)
            oldest = rows(connection, time, (*place, start)) if ages else []
            positions.append(Position(*place, start, end[0][0], oldest[0][0] if oldest else None))
    return positions
