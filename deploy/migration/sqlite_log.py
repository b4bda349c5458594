"""The log of the embedded bus, as a move reads and writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from deploy.migration.log import BATCH, Positions, Span
from kit.bus.port import Delivery, TopicPartition
from kit.bus.sqlite import SCHEMA
from kit.sqlite import check_layout, connect, rows


class SqliteLog:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        check_layout(self._connection, path)
        self._connection.execute(SCHEMA).fetchall()

    def spans(self) -> dict[TopicPartition, Span]:
        """The partitions that hold anything."""
        found = rows(self._connection, "SELECT topic, partition, MIN(offset), MAX(offset) FROM log GROUP BY 1, 2")
        return {(topic, partition): Span(first, last + 1) for topic, partition, first, last in found}

    def read(self, place: TopicPartition, start: int, end: int) -> Iterator[Sequence[Delivery]]:
        """By the primary key."""
        statement = (
            "SELECT topic, partition, offset, key, value, headers, time FROM log"
            " WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?"
        )
        while start < end:
            found = rows(self._connection, statement, (*place, start, end, BATCH))
            if not found:
                return
            yield [Delivery(t, p, o, k, v, orjson.loads(h), at) for t, p, o, k, v, h, at in found]
            start = found[-1][2] + 1

    def append(self, batch: Sequence[Delivery]) -> None:
        """Under one commit; an offset that is taken is an error."""
        content = [
            (*(each.topic, each.partition, each.offset, each.key, each.value),
             *(orjson.dumps(dict(each.headers)).decode(), each.time))
            for each in batch
        ]  # fmt: skip
        with self._connection:
            self._connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", content)

    def positions(self) -> Positions:
        """What groups have committed."""
        found: Positions = {}
        for group, topic, partition, offset in rows(self._connection, "SELECT * FROM positions"):
            found.setdefault(group, {})[topic, partition] = offset
        return found

    def set_positions(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """As if it had committed them."""
        content = [(group, *place, offset) for place, offset in offsets.items()]
        statement = "INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next"
        with self._connection:
            self._connection.executemany(statement, content)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
