"""What reads of every store have in common."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

from kit.store.port import Clause, Record, Scope, Store

log = logging.getLogger(__name__)

PAGE = 500


async def scan_by_pages(
    store: Store, collection: str, scope: Scope, where: Sequence[Clause] = ()
) -> AsyncIterator[Record]:
    """Everything that matches, a page of :data:`PAGE` at a time."""
    cursor: str | None = None
    while True:
        page = await store.find(collection, scope, where, limit=PAGE, cursor=cursor)
        for record in page.records:
            yield record
        if page.next is None:
            return
        cursor = page.next


def note(scope: Scope) -> None:
    """Log why somebody reads everything."""
    if scope.reason is not None:
        log.debug("system scope: %s", scope.reason)
