"""What the store port is tried with."""

from __future__ import annotations

from collections.abc import Sequence

from kit.events import Event
from kit.store.port import Collection, Index, Record, Scope

THINGS = Collection(
    "things",
    (Index("stage"), Index("amount", "integer"), Index("name", "chinese"), Index("nested.at"), Index("flag")),
    ("name", "note"),
    ("stage", "name"),
)
ALL = Scope.system("tests")
EAST, WEST = Scope.of({"zone:east"}), Scope.of({"zone:west"})


def thing(id: str, readers: Sequence[str] = ("zone:east",), **body: object) -> Record:
    return Record(id, dict(body), frozenset(readers))


def event(id: str, key: str = "k") -> Event:
    return Event(
        id=id,
        source="/quce/test",
        type="t",
        subject=key,
        time="2026-11-23T00:00:00.000000Z",
        partitionkey=key,
        sequence=100,
        data={},
    )
