"""The documents of a service in its SQLite file, as a move reads and writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from deploy.migration.documents import PAGE, SCOPE
from kit.errors import AlreadyExists
from kit.sqlite import Connection, SqliteFile, rows
from kit.store.port import Collection, Record
from kit.store.sqlite import SqliteStore
from kit.store.sqlite_query import Shape
from kit.store.sqlite_rows import write_one

TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'c\\_%' ESCAPE '\\'"


class SqliteDocuments:
    """One file; placing has a writer of its own, beside the store's."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path)
        self._file = SqliteFile(path)

    async def names(self) -> set[str]:
        """The collections that have a table."""
        found = await self._file.read(lambda connection: rows(connection, TABLES))
        return {name.removeprefix("c_") for (name,) in found}

    async def ensure(self, collection: Collection) -> None:
        """Its table and indexes."""
        await self._store.ensure(collection)

    async def count(self, collection: Collection) -> int:
        """By the store."""
        return (await self._store.tally(collection.name, SCOPE))[0].count

    async def pages(self, collection: Collection) -> AsyncIterator[Sequence[Record]]:
        """By id, as the store gives them."""
        cursor: str | None = None
        while True:
            page = await self._store.find(collection.name, SCOPE, limit=PAGE, cursor=cursor)
            if page.records:
                yield page.records
            if page.next is None:
                return
            cursor = page.next

    async def place(self, collection: Collection, records: Sequence[Record]) -> None:
        """All under one commit."""
        shape = Shape(collection)
        await self._file.write(lambda connection: _place(connection, shape, records))

    async def close(self) -> None:
        """Release the file."""
        await self._file.close()
        await self._store.close()


def _place(connection: Connection, shape: Shape, records: Sequence[Record]) -> None:
    at_its_revision = f"UPDATE {shape.table} SET revision = ? WHERE id = ?"  # noqa: S608 - a declared collection
    for record in records:
        body = orjson.dumps(record.body, option=orjson.OPT_SORT_KEYS)
        try:
            write_one(connection, shape, replace(record, revision=0), body, [])
        except AlreadyExists:
            continue
        connection.execute(at_its_revision, (record.revision, record.id))
