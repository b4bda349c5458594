"""Tables and index columns of the SQLite store, made and mended as collections grow."""

from __future__ import annotations

from typing import Any

import orjson

from kit.sqlite import Connection, rows
from kit.store.columns import brief_of, column_name, index_value
from kit.store.port import Collection, Index
from kit.store.sqlite_query import Shape

OUTBOX = "CREATE TABLE IF NOT EXISTS outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL)"


def ensure_collection(connection: Connection, shape: Shape) -> None:
    """Create what is missing; a field indexed since is filled from the documents that are there."""
    connection.execute(OUTBOX)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {shape.table} (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
        " revision INTEGER NOT NULL, brief BLOB, readers TEXT NOT NULL, requests TEXT NOT NULL, body BLOB NOT NULL)"
    )
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {shape.readers} (id TEXT, reader TEXT, PRIMARY KEY (id, reader)) WITHOUT ROWID"
    )
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {shape.tokens} USING fts5"
        "(terms, content='', contentless_delete=1, detail=none, tokenize='ascii')"
    )
    present = {row[1] for row in rows(connection, f"PRAGMA table_info({shape.table})")}
    missing = [index for index in shape.collection.indexes if column_name(index.field) not in present]
    for index in missing:
        connection.execute(f"ALTER TABLE {shape.table} ADD COLUMN {column_name(index.field)}")
    if missing:
        _fill(connection, shape, missing)
    if shape.collection.brief:
        _fill_brief(connection, shape)
    for index in (index for index in shape.collection.indexes if index.tree):
        column = column_name(index.field)
        connection.execute(f"CREATE INDEX IF NOT EXISTS x_{shape.table}_{column} ON {shape.table} ({column}, id)")


def index_values(collection: Collection, body: dict[str, Any]) -> list[Any]:
    """The values of a document's index columns, in the order of the collection's indexes."""
    return [index_value(index, body) for index in collection.indexes]


def _fill(connection: Connection, shape: Shape, missing: list[Index]) -> None:
    changes = ", ".join(f"{column_name(index.field)} = ?" for index in missing)
    for id, body in rows(connection, f"SELECT id, body FROM {shape.table}"):
        document = orjson.loads(body)
        values = [index_value(index, document) for index in missing]
        connection.execute(f"UPDATE {shape.table} SET {changes} WHERE id = ?", [*values, id])


def _fill_brief(connection: Connection, shape: Shape) -> None:
    for id, body in rows(connection, f"SELECT id, body FROM {shape.table} WHERE brief IS NULL"):
        brief = brief_of(shape.collection, orjson.loads(body))
        connection.execute(f"UPDATE {shape.table} SET brief = ? WHERE id = ?", (brief, id))
