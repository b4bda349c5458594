"""Tables and index columns of the SQLite store, made and mended as collections grow."""

from __future__ import annotations

from typing import Any

import orjson

from kit.sqlite import Connection, rows
from kit.store.port import Collection, Index
from kit.store.sqlite_query import Shape, column_name
from kit.text import sort_key, tokens

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
    return [_index_value(index, body) for index in collection.indexes]


def search_tokens(collection: Collection, body: dict[str, Any]) -> set[str]:
    """The tokens of a document's searchable fields."""
    texts = [value for name in collection.search if isinstance(value := _at(body, name), str)]
    return tokens(texts)


def _fill(connection: Connection, shape: Shape, missing: list[Index]) -> None:
    changes = ", ".join(f"{column_name(index.field)} = ?" for index in missing)
    for id, body in rows(connection, f"SELECT id, body FROM {shape.table}"):
        document = orjson.loads(body)
        values = [_index_value(index, document) for index in missing]
        connection.execute(f"UPDATE {shape.table} SET {changes} WHERE id = ?", [*values, id])


def brief_of(collection: Collection, body: dict[str, Any]) -> bytes | None:
    """What lists show of a document; None where the collection has no brief."""
    return orjson.dumps({name: body.get(name) for name in collection.brief}) if collection.brief else None


def _fill_brief(connection: Connection, shape: Shape) -> None:
    for id, body in rows(connection, f"SELECT id, body FROM {shape.table} WHERE brief IS NULL"):
        brief = brief_of(shape.collection, orjson.loads(body))
        connection.execute(f"UPDATE {shape.table} SET brief = ? WHERE id = ?", (brief, id))


def _index_value(index: Index, body: dict[str, Any]) -> Any:
    value = _at(body, index.field)
    if isinstance(value, bool):
        return int(value)
    return sort_key(value) if index.kind == "chinese" and isinstance(value, str) else value


def _at(body: dict[str, Any], path: str) -> Any:
    value: Any = body
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
