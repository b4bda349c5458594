"""One document as rows: written with its readers, search terms and events; read back as a record."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from kit.errors import AlreadyExists, Stale
from kit.sqlite import Connection, rows
from kit.store.columns import brief_of, column_name, search_tokens
from kit.store.port import Record
from kit.store.sqlite_query import Shape, as_term
from kit.store.sqlite_schema import index_values


def write_one(connection: Connection, shape: Shape, record: Record, body: bytes, events: list[bytes]) -> Record:
    """Insert or replace a document with all that belongs to it.

    Raises:
        AlreadyExists: it is new and its id is taken.
        Stale: the stored revision is another.
    """
    put = _update if record.revision else _insert
    old, number = put(connection, shape, record, _fields(shape, record, body))
    _replace_readers(connection, shape, record.id, old.readers if old else frozenset(), record.readers)
    if shape.collection.search:
        _replace_terms(connection, shape, number, record, old)
    connection.executemany("INSERT INTO outbox (event) VALUES (?)", [(event,) for event in events])
    return replace(record, revision=record.revision + 1)


def _fields(shape: Shape, record: Record, body: bytes) -> dict[str, Any]:
    columns = [column_name(index.field) for index in shape.collection.indexes]
    return {
        "id": record.id,
        "revision": record.revision + 1,
        "brief": brief_of(shape.collection, record.body),
        "readers": orjson.dumps(sorted(record.readers)).decode(),
        "requests": orjson.dumps(list(record.requests)).decode(),
        "body": body,
        **dict(zip(columns, index_values(shape.collection, record.body), strict=True)),
    }


def _insert(connection: Connection, shape: Shape, record: Record, fields: dict[str, Any]) -> tuple[Record | None, int]:
    marks = ",".join("?" * len(fields))
    statement = f"INSERT OR IGNORE INTO {shape.table} ({','.join(fields)}) VALUES ({marks})"
    connection.execute(statement, list(fields.values()))
    if connection.changes() == 0:
        raise AlreadyExists("这条记录已经存在。", id=record.id)
    return None, connection.last_insert_rowid()


def _update(connection: Connection, shape: Shape, record: Record, fields: dict[str, Any]) -> tuple[Record | None, int]:
    old = read_one(connection, shape, record.id, whole=bool(shape.collection.search))
    if old is None or old.revision != record.revision:
        raise Stale("这条记录刚刚被他人更新过，请刷新后再改。", revision=old.revision if old else 0)
    changes = ",".join(f"{name} = ?" for name in fields)
    statement = f"UPDATE {shape.table} SET {changes} WHERE id = ? RETURNING n"
    return old, rows(connection, statement, [*fields.values(), record.id])[0][0]


def _replace_readers(connection: Connection, shape: Shape, id: str, old: frozenset[str], new: frozenset[str]) -> None:
    gone, come = [(id, reader) for reader in old - new], [(id, reader) for reader in new - old]
    connection.executemany(f"DELETE FROM {shape.readers} WHERE id = ? AND reader = ?", gone)
    connection.executemany(f"INSERT INTO {shape.readers} (id, reader) VALUES (?, ?)", come)


def _replace_terms(connection: Connection, shape: Shape, number: int, record: Record, old: Record | None) -> None:
    wanted = search_tokens(shape.collection, record.body)
    if old is not None:
        if wanted == search_tokens(shape.collection, old.body):
            return
        connection.execute(f"DELETE FROM {shape.tokens} WHERE rowid = ?", (number,))
    terms = " ".join(as_term(token) for token in wanted)
    connection.execute(f"INSERT INTO {shape.tokens} (rowid, terms) VALUES (?, ?)", (number, terms))


def read_one(connection: Connection, shape: Shape, id: str, *, whole: bool = True) -> Record | None:
    """The document of that id, or all of it but its body."""
    body = "body" if whole else "'{}'"
    statement = f"SELECT id, revision, {body}, readers, requests FROM {shape.table} WHERE id = ?"
    row = connection.execute(statement, (id,)).fetchone()
    return None if row is None else record_of(row)


def record_of(row: tuple[Any, ...]) -> Record:
    """A row of id, revision, body, readers, requests."""
    requests = tuple(orjson.loads(row[4])) if row[4] != "[]" else ()
    return Record(row[0], orjson.loads(row[2]), _readers(row[3]), row[1], requests)


@lru_cache(maxsize=1024)
def _readers(text: str) -> frozenset[str]:
    """Few sets of readers recur on many records."""
    return frozenset(orjson.loads(text))
