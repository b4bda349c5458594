"""Read, change, save: again from the start where somebody else saved in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.store.port import Record, Scope, Store

TRIES = 8
_ANY = Scope.system("read, change, save")

Change = Callable[[Record], Record | None]
Tell = Callable[[Record, Record], Sequence[Event]]


def _nothing(_before: Record, _after: Record) -> Sequence[Event]:
    return ()


async def amend(
    store: Store, collection: str, id: str, empty: dict[str, Any], change: Change, tell: Tell = _nothing
) -> Record:
    """Apply ``change`` to a record, or to an ``empty`` one where there is none; None from it saves nothing.

    Whether the asker may, the caller has asked. ``tell`` gives the events, from what was read and what is saved.

    Raises:
        Stale: others kept saving in between.
    """
    for _ in range(TRIES):
        record = await store.get(collection, _ANY, id) or Record(id, dict(empty), frozenset())
        changed = change(record)
        if changed is None:
            return record
        try:
            return await store.save(collection, changed, tell(record, changed))
        except (Stale, AlreadyExists):
            continue
    raise Stale("这条记录正被频繁更新，请稍后再试。")
