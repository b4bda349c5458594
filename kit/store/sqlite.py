"""The store of the embedded default: one SQLite file a service, one table a collection, the outbox beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.sqlite import Connection, SqliteFile, empty_log, rows
from kit.store.columns import BILLION, body_of, group_name
from kit.store.cursors import Place, read_cursor, write_cursor
from kit.store.port import (
    Brief,
    BriefPage,
    Clause,
    Collection,
    Page,
    Paged,
    PendingEvent,
    Record,
    Scope,
    Sort,
    Tally,
    WakeUp,
    Write,
)
from kit.store.reading import note, scan_by_pages
from kit.store.sqlite_query import Shape, Sql, condition, legs
from kit.store.sqlite_rows import read_one, record_of, write_one
from kit.store.sqlite_schema import ensure_collection

RECORD = ("id", "revision", "body", "readers", "requests")
BRIEF = ("id", "revision", "brief")


class SqliteStore:
    """Documents of one service in one file."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path)
        self._shapes: dict[str, Shape] = {}
        self._wakes: list[WakeUp] = []

    async def ensure(self, *collections: Collection) -> None:
        """Create tables, columns and indexes that are missing."""
        for collection in collections:
            shape = Shape(collection)
            await self._file.write(partial(ensure_collection, shape=shape))
            self._shapes[collection.name] = shape

    async def get(self, collection: str, scope: Scope, id: str) -> Record | None:
        """One record, read on the spot."""
        note(scope)
        record = self._file.near(lambda connection: read_one(connection, self._shapes[collection], id))
        return record if record is not None and scope.sees(record.readers) else None

    async def find(self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]) -> Page:
        """A page by an index, values first, then nulls."""
        found, after = await self._page(RECORD, self._shapes[collection], scope, where, **paged)
        return Page(tuple(map(record_of, found)), after)

    async def find_briefs(
        self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]
    ) -> BriefPage:
        """As ``find``, of the column kept for it."""
        found, after = await self._page(BRIEF, self._shapes[collection], scope, where, **paged)
        return BriefPage(tuple(Brief(*row) for row in found), after)

    async def _page(
        self,
        columns: Sequence[str],
        shape: Shape,
        scope: Scope,
        where: Sequence[Clause],
        sort: Sort | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[Any], str | None]:
        """The rows of a page, and the cursor of those that follow."""
        note(scope)
        runs = legs(shape, condition(shape, scope, where), sort, read_cursor(sort, cursor))
        key = "id" if sort is None else shape.column(sort.field)
        wanted = ", ".join(f"c.{column}" for column in columns)

        def read(connection: Connection) -> list[Any]:
            found: list[Any] = []
            for run in runs:
                statement = (
                    f"SELECT {wanted}, {int(run.null)}, c.{key} FROM {shape.table} c"
                    f"{run.sql.where()} ORDER BY {run.order} LIMIT ?"
                )
                found += rows(connection, statement, [*run.sql.values, limit + 1 - len(found)])
                if len(found) > limit:
                    break
            return found

        found = await self._file.read(read)
        records = [row[:-2] for row in found[:limit]]
        if len(found) <= limit:
            return records, None
        last = found[limit - 1]
        return records, write_cursor(sort, Place(bool(last[-2]), last[-1], last[0]))

    def scan(self, collection: str, scope: Scope, where: Sequence[Clause] = ()) -> AsyncIterator[Record]:
        """Everything that matches, a page at a time."""
        return scan_by_pages(self, collection, scope, where)

    async def tally(
        self,
        collection: str,
        scope: Scope,
        where: Sequence[Clause] = (),
        *,
        group_by: str | None = None,
        sum_of: str | None = None,
    ) -> list[Tally]:
        """Counts and sums; sums are taken in two halves, since SQLite's own overflow beyond 2⁶³."""
        note(scope)
        shape = self._shapes[collection]
        sql = condition(shape, scope, where)
        statement = _tally_statement(shape, sql, group_by, sum_of)
        found = await self._file.read(lambda connection: rows(connection, statement, sql.values))
        return [Tally(group_name(row[0]), row[1], (row[2] or 0) * BILLION + (row[3] or 0)) for row in found]

    async def save(self, collection: str, record: Record, events: Sequence[Event] = ()) -> Record:
        """One document and its events, atomically."""
        saved = await self._file.write(self._writing(Write(collection, record, tuple(events))))
        self._wake(bool(events))
        return saved

    async def save_many(
        self, writes: Sequence[Write], *, stop_at_failure: bool = False
    ) -> list[Record | AlreadyExists | Stale]:
        """Each document in a savepoint of its own, all under one commit."""
        works = [self._writing(write) for write in writes]

        def write_all(connection: Connection) -> list[Record | AlreadyExists | Stale]:
            outcomes: list[Record | AlreadyExists | Stale] = []
            for work in works:
                try:
                    with connection:
                        outcomes.append(work(connection))
                except (AlreadyExists, Stale) as failure:
                    outcomes.append(failure)
                    if stop_at_failure:
                        break
            return outcomes

        outcomes = await self._file.write(write_all)
        self._wake(any(write.events for write in writes))
        return outcomes

    async def erase(self, collection: str, id: str) -> None:
        """Remove a record with its readers and tokens."""
        shape = self._shapes[collection]

        def remove(connection: Connection) -> None:
            number = f"(SELECT n FROM {shape.table} WHERE id = ?)"
            connection.execute(f"DELETE FROM {shape.tokens} WHERE rowid = {number}", (id,))
            for table in (shape.table, shape.readers):
                connection.execute(f"DELETE FROM {table} WHERE id = ?", (id,))

        await self._file.write(remove)

    async def scrub(self) -> None:
        """Merge the tokens that are marked as gone, then empty the log; the file itself overwrites what it frees."""
        searched = [shape for shape in self._shapes.values() if shape.collection.search]

        def merge(connection: Connection) -> None:
            for shape in searched:
                connection.execute(f"INSERT INTO {shape.tokens} ({shape.tokens}) VALUES ('optimize')")

        await self._file.write(merge)
        await asyncio.to_thread(empty_log, self._file.path)

    async def pending(self, limit: int) -> list[PendingEvent]:
        """The outbox, oldest first."""
        statement = "SELECT position, event FROM outbox ORDER BY position LIMIT ?"
        found = await self._file.read(lambda connection: rows(connection, statement, (limit,)))
        return [PendingEvent(position, event) for position, event in found]

    async def settle(self, positions: Sequence[int]) -> None:
        """Remove published events."""

        def remove(connection: Connection) -> None:
            connection.executemany("DELETE FROM outbox WHERE position = ?", [(position,) for position in positions])

        await self._file.write(remove)

    def on_pending(self, wake: WakeUp) -> None:
        """Remember whom to wake."""
        self._wakes.append(wake)

    async def close(self) -> None:
        """Finish writes and let the file go."""
        await self._file.close()

    def _wake(self, due: bool) -> None:
        if due:
            for wake in self._wakes:
                wake()

    def _writing(self, write: Write) -> Callable[[Connection], Record]:
        shape = self._shapes[write.collection]
        record = write.record
        body = body_of(write.collection, record)
        events = [event.encode() for event in write.events]
        return lambda connection: write_one(connection, shape, record, body, events)


def _tally_statement(shape: Shape, sql: Sql, group_by: str | None, sum_of: str | None) -> str:
    group = "NULL" if group_by is None else f"c.{shape.column(group_by)}"
    high, low = "0", "0"
    if sum_of is not None:
        column = f"c.{shape.column(sum_of)}"
        high, low = f"SUM({column} / {BILLION})", f"SUM({column} % {BILLION})"
    tail = "" if group_by is None else f" GROUP BY {group} ORDER BY {group} IS NULL, {group}"
    return f"SELECT {group}, COUNT(*), {high}, {low} FROM {shape.table} c{sql.where()}{tail}"
