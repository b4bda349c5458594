"""Digests and the rows behind their figures, frozen in chunks beside them.

A chunk's id is its content, so two that freeze the same digest at once cannot mix their rows; the digest's
own insert decides whose it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from contracts.vocabulary.weeks import Week
from kit.errors import AlreadyExists
from kit.events import Event
from kit.store.port import Clause, Eq, Page, Range, Record, Sort, Store, Write
from operating.ids import content_digest, derive_id
from services.notify import settings
from services.notify.model.person import own_reader
from services.notify.repository.collections import DIGEST_ROWS, DIGESTS
from services.notify.repository.deliveries import own_scope

CHUNKS_AT_ONCE = 8

Rows = Sequence[Mapping[str, Any]]


class Digests:
    """The frozen digests, one manager's at a time."""

    def __init__(self, store: Store, secret: bytes) -> None:
        self._store, self._secret = store, secret

    def id_of(self, manager: str, week: Week) -> str:
        """A digest's id is its manager and week."""
        return derive_id(self._secret, "digest", manager, week.id)

    async def get(self, manager: str, week: Week) -> Record | None:
        """The frozen digest of a week."""
        return await self._store.get(DIGESTS.name, own_scope(manager), self.id_of(manager, week))

    async def page(self, manager: str, limit: int, cursor: str | None) -> Page:
        """Frozen digests, the newest week first."""
        where = [Eq("manager", manager)]
        return await self._store.find(
            DIGESTS.name, own_scope(manager), where, sort=Sort("week", True), limit=limit, cursor=cursor
        )

    async def since(self, manager: str, week: Week) -> list[Record]:
        """Frozen digests from ``week`` on, the oldest first."""
        where: list[Clause] = [Eq("manager", manager), Range("week", low=week.id)]
        records = [record async for record in self._store.scan(DIGESTS.name, own_scope(manager), where)]
        return sorted(records, key=lambda record: str(record.body["week"]))

    async def freeze(
        self, manager: str, week: Week, body: dict[str, Any], rows: Mapping[str, Rows], event: Event
    ) -> Record:
        """Keep a digest for good; the one that is there already where there is one."""
        id = self.id_of(manager, week)
        chunks = await self._keep_rows(manager, id, rows)
        record = Record(id, body | {"manager": manager, "week": week.id, "chunks": chunks}, _readers(manager))
        try:
            return await self._store.save(DIGESTS.name, record, [event])
        except AlreadyExists:
            frozen = await self.get(manager, week)
            assert frozen is not None  # noqa: S101 - digests are never erased
            return frozen

    async def save(self, record: Record, events: Sequence[Event] = ()) -> Record:
        """Record that it was sent, or never will be."""
        return await self._store.save(DIGESTS.name, record, events)

    async def rows(self, digest: Record, figure: str, start: int = 0, count: int | None = None) -> list[dict[str, Any]]:
        """The rows of a figure, or ``count`` of them from ``start``."""
        chunks = digest.body["chunks"][figure]
        size = settings.ROWS_PER_CHUNK
        last = len(chunks) if count is None else min(len(chunks), (start + count - 1) // size + 1)
        found: list[dict[str, Any]] = []
        for chunk in chunks[start // size : last]:
            record = await self._store.get(DIGEST_ROWS.name, own_scope(digest.body["manager"]), chunk)
            found.extend(record.body["rows"] if record is not None else [])
        skipped = start % size
        return found[skipped:] if count is None else found[skipped : skipped + count]

    async def _keep_rows(self, manager: str, digest: str, rows: Mapping[str, Rows]) -> dict[str, list[str]]:
        chunks = await asyncio.to_thread(_chunks, digest, rows)
        records = {
            id: Record(id, {"schema": 1, "digest": digest, "rows": content}, _readers(manager))
            for each in chunks.values()
            for id, content in each
        }
        # A chunk that is there already was left by a freezing that died; its id says that it is the same.
        writes = [Write(DIGEST_ROWS.name, record) for record in records.values()]
        for start in range(0, len(writes), CHUNKS_AT_ONCE):
            await self._store.save_many(writes[start : start + CHUNKS_AT_ONCE])
        return {figure: [id for id, _ in each] for figure, each in chunks.items()}


def _chunks(digest: str, rows: Mapping[str, Rows]) -> dict[str, list[tuple[str, list[Any]]]]:
    size = settings.ROWS_PER_CHUNK
    return {
        figure: [_chunk(digest, each[start : start + size]) for start in range(0, len(each), size)]
        for figure, each in rows.items()
    }


def _chunk(digest: str, rows: Rows) -> tuple[str, list[Any]]:
    content = orjson.dumps(list(rows), option=orjson.OPT_SORT_KEYS)
    return f"{digest}:{content_digest(content)[:32]}", list(rows)


def _readers(manager: str) -> frozenset[str]:
    return frozenset({own_reader(manager)})
