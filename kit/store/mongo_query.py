"""Typed queries as MongoDB filters: a pure translation, the twin of ``sqlite_query``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kit.store.columns import column_name, key_of, kind_of
from kit.store.cursors import Place
from kit.store.port import Clause, Collection, Eq, In, Matches, Prefix, Range, Scope, Sort
from kit.text import HIGHEST, wanted

Filter = dict[str, Any]
ASCENDING, DESCENDING = 1, -1


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two runs of an ordered query: the values, then the nulls."""

    null: bool
    order: list[tuple[str, int]]
    filter: Filter


def field_of(collection: Collection, name: str) -> str:
    """Where the key of an indexed field stands in a stored document.

    Raises:
        UnknownIndex: the collection does not index it.
    """
    kind_of(collection, name)
    return f"keys.{column_name(name)}"


def condition(collection: Collection, scope: Scope, clauses: Sequence[Clause]) -> list[Filter]:
    """What a record must satisfy: the scope first, then every clause."""
    seen = [] if scope.reason is not None else [{"readers": {"$in": sorted(scope.readers)}}]
    return seen + [part for clause in clauses for part in _parts(collection, clause)]


def whole(parts: Sequence[Filter]) -> Filter:
    """All of it as one filter."""
    return parts[0] if len(parts) == 1 else {"$and": list(parts)} if parts else {}


def legs(collection: Collection, base: list[Filter], sort: Sort | None, place: Place | None) -> list[Leg]:
    """The runs that give a page in order, each served by an index."""
    if sort is None:
        after = [] if place is None else [{"_id": {"$gt": place.id}}]
        return [Leg(False, [("_id", ASCENDING)], whole([*base, *after]))]
    name = field_of(collection, sort.field)
    way = DESCENDING if sort.descending else ASCENDING
    runs = []
    if place is None or not place.null:
        valued = [*base, {name: {"$ne": None}}, *_beyond(name, sort, place)]
        runs.append(Leg(False, [(name, way), ("_id", way)], whole(valued)))
    after = [{"_id": {"$gt": place.id}}] if place is not None and place.null else []
    runs.append(Leg(True, [("_id", ASCENDING)], whole([*base, {name: None}, *after])))
    return runs


def _beyond(name: str, sort: Sort, place: Place | None) -> list[Filter]:
    if place is None:
        return []
    than = "$lt" if sort.descending else "$gt"
    return [{"$or": [{name: {than: place.value}}, {name: place.value, "_id": {than: place.id}}]}]


def _parts(collection: Collection, clause: Clause) -> list[Filter]:
    match clause:
        case Eq(name, value):
            return [{field_of(collection, name): key_of(kind_of(collection, name), value)}]
        case In("id", values):
            return [{"_id": {"$in": list(values)}}]
        case In(name, values):
            keys = [key_of(kind_of(collection, name), value) for value in values if value is not None]
            return [{field_of(collection, name): {"$in": keys}}]
        case Range(name, low, high):
            return [{field_of(collection, name): _between(low, high)}]
        case Prefix(name, prefix):
            return [{field_of(collection, name): _between(prefix, prefix + HIGHEST)}]
        case Matches(text):
            return [_word(word) for word in text.split() if wanted(word)]


def _between(low: Any, high: Any) -> Filter:
    ends = {"$gte": low, "$lt": high, "$ne": None}
    return {name: end for name, end in ends.items() if name == "$ne" or end is not None}


def _word(word: str) -> Filter:
    return {"$or": [{"tokens": {"$all": alternative}} for alternative in wanted(word)]}
