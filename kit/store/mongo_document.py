"""One document as MongoDB keeps it: the body, what queries see of it, and the events it has yet to publish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zlib import crc32

import bson
from bson.raw_bson import RawBSONDocument

from kit.clock import to_text
from kit.events import Event
from kit.store.columns import BILLION, body_of, brief_of, column_name, index_value, search_tokens
from kit.store.port import Collection, Index, Record

Document = dict[str, Any]


def fields_of(collection: Collection, record: Record) -> Document:
    """What a save sets.

    Raises:
        TooLarge: the body is longer than a record may be.
    """
    body_of(collection.name, record)
    return {
        "revision": record.revision + 1,
        "readers": sorted(record.readers),
        "requests": list(record.requests),
        "body": RawBSONDocument(bson.encode(record.body)),
        **query_fields(collection, record.body),
    }


def query_fields(collection: Collection, body: Document) -> Document:
    """What queries see of a body, and which they are: documents of another shape are filled anew."""
    return {
        "shape": shape_of(collection),
        "keys": {name: value for index in collection.indexes for name, value in _keys(index, body)},
        "tokens": sorted(search_tokens(collection, body)),
        "brief": brief_of(collection, body),
    }


@cache
def shape_of(collection: Collection) -> str:
    """One word for all that queries see of a document in this collection."""
    seen = [(index.field, index.kind) for index in collection.indexes], collection.search, collection.brief
    return f"{crc32(repr(seen).encode()):08x}"


def _keys(index: Index, body: Document) -> list[tuple[str, Any]]:
    """An integer also in two halves: a sum over 64 bits wraps, sums of halves do not."""
    name, value = column_name(index.field), index_value(index, body)
    if index.kind != "integer":
        return [(name, value)]
    high, low = divmod(value, BILLION) if isinstance(value, int) else (0, 0)
    return [(name, value), (f"{name}__high", high), (f"{name}__low", low)]


def waiting_of(events: Sequence[Event]) -> Document:
    """What a new document holds of events to be published; ``waiting_since`` finds them, oldest first."""
    if not events:
        return {"outbox": []}
    outbox = [{"id": event.id, "value": event.encode()} for event in events]
    return {"outbox": outbox, "waiting_since": to_text(datetime.now(UTC)), "last_event": events[-1].id}


def pushed(added: Document) -> Document:
    """The part of an update that adds what waits in one document to what waits in another."""
    if not added["outbox"]:
        return {}
    return {
        "$push": {"outbox": {"$each": added["outbox"]}},
        "$min": {"waiting_since": added["waiting_since"]},
        "$set": {"last_event": added["last_event"]},
    }


def record_of(document: Document) -> Record:
    """The record of a stored document."""
    return Record(
        document["_id"],
        document["body"],
        frozenset(document["readers"]),
        document["revision"],
        tuple(document["requests"]),
    )
