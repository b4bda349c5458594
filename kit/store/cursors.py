"""Keyset cursors: where a page ended, as opaque text that belongs to one order."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from kit.errors import BadRequest
from kit.store.port import Sort


@dataclass(frozen=True, slots=True)
class Place:
    """The last record of a page: whether its sort value was null, that value, its id."""

    null: bool
    value: Any
    id: str


def write_cursor(sort: Sort | None, place: Place) -> str:
    """The cursor after ``place``."""
    content = orjson.dumps([_name(sort), place.null, place.value, place.id])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read_cursor(sort: Sort | None, cursor: str | None) -> Place | None:
    """The place behind a cursor.

    Raises:
        BadRequest: it is damaged or belongs to another order.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, null, value, id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise _unusable() from error
    if name != _name(sort) or not isinstance(id, str) or not isinstance(null, bool):
        raise _unusable()
    if not isinstance(value, str | int | None):
        raise _unusable()
    return Place(null, value, id)


def _name(sort: Sort | None) -> str:
    return "id" if sort is None else f"{'-' if sort.descending else ''}{sort.field}"


def _unusable() -> BadRequest:
    return BadRequest("翻页标记（cursor）无效或与当前排序不符，请从第一页重新查询。", errors=[])
