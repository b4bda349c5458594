"""What of a document queries see: the same keys, search tokens and briefs on every store."""

from __future__ import annotations

from typing import Any

import orjson

from kit.errors import TooLarge
from kit.store.port import Collection, Index, Kind, Record
from kit.text import sort_key, tokens

MAX_BODY_BYTES = 1024 * 1024
BILLION = 1_000_000_000
"""Sums are taken in two halves, above and below it: over 64 bits they would wrap."""


class UnknownIndex(ValueError):
    """A query names a field that its collection does not index."""


def body_of(collection: str, record: Record) -> bytes:
    """A record's body as JSON, by whose length every store measures it.

    Raises:
        TooLarge: it is longer than :data:`MAX_BODY_BYTES`.
    """
    body = orjson.dumps(record.body, option=orjson.OPT_SORT_KEYS)
    if len(body) > MAX_BODY_BYTES:
        words = f"这条记录会有 {len(body) // 1024} KiB，上限是 {MAX_BODY_BYTES // 1024} KiB，没有保存；请精简内容。"
        raise TooLarge(words, limit=MAX_BODY_BYTES, collection=collection)
    return body


def column_name(field_name: str) -> str:
    """The column of a dotted field."""
    return "i_" + field_name.replace(".", "__")


def kind_of(collection: Collection, name: str) -> Kind:
    """The kind of an indexed field.

    Raises:
        UnknownIndex: the collection does not index it.
    """
    for index in collection.indexes:
        if index.field == name:
            return index.kind
    raise UnknownIndex(f"{collection.name} does not index {name}")


def key_of(kind: Kind, value: Any) -> Any:
    """A value as an index of this kind keeps it."""
    if isinstance(value, bool):
        return int(value)
    return sort_key(value) if kind == "chinese" and isinstance(value, str) else value


def group_name(key: Any) -> Any:
    """The value behind a key: pinyin is cut off."""
    return key.rpartition("\x00")[2] if isinstance(key, str) and "\x00" in key else key


def index_value(index: Index, body: dict[str, Any]) -> Any:
    """What an index keeps of a document."""
    return key_of(index.kind, _at(body, index.field))


def search_tokens(collection: Collection, body: dict[str, Any]) -> set[str]:
    """The tokens of a document's searchable fields."""
    texts = [value for name in collection.search if isinstance(value := _at(body, name), str)]
    return tokens(texts)


def brief_of(collection: Collection, body: dict[str, Any]) -> bytes | None:
    """What lists show of a document; None where the collection has no brief."""
    return orjson.dumps({name: body.get(name) for name in collection.brief}) if collection.brief else None


def _at(body: dict[str, Any], path: str) -> Any:
    value: Any = body
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
