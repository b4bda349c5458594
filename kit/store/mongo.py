"""The store of a cluster: one MongoDB database a service, each document carrying the events it has yet to publish.

A save is one update of one document, filtered on its revision: body, readers and outbox change together, without
transactions. What waits to be published is found by ``waiting_since``; the ids that this process saved are
remembered, so that the relay beside them need not search.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Unpack

from pymongo import ASCENDING
from pymongo.errors import BulkWriteError, WTimeoutError

from kit.errors import AlreadyExists, Stale, Unavailable
from kit.events import Event
from kit.mongo import open_client, reaching
from kit.store.columns import BILLION, group_name
from kit.store.cursors import Place, read_cursor, write_cursor
from kit.store.mongo_document import Document, fields_of, pushed, query_fields, record_of, shape_of, waiting_of
from kit.store.mongo_outbox import Outbox
from kit.store.mongo_query import condition, field_of, legs, whole
from kit.store.port import (
    Brief,
    BriefPage,
    Clause,
    Collection,
    Page,
    Paged,
    PendingEvent,
    Position,
    Record,
    Scope,
    Sort,
    Tally,
    WakeUp,
    Write,
)
from kit.store.reading import note, scan_by_pages
from kit.telemetry import COMMIT_SECONDS

RECORD = {"body": 1, "readers": 1, "revision": 1, "requests": 1}
BRIEF = {"brief": 1, "revision": 1}
MOST_WAITING = 200
"""Events that a document carries before it must be rid of some: it is written whole each time, and 16 MB at most."""
AT_ONCE = 32
"""Documents that one call saves at a time: enough to share its costs, few enough for others to be served between."""
TAKEN = 11000
"""What MongoDB calls an id that is there already."""


class MongoStore:
    """Documents of one service in one database."""

    def __init__(self, url: str, database: str) -> None:
        self._client = open_client(url)
        self._database = self._client[database]
        self._outbox = Outbox(self._database)
        self._collections: dict[str, Collection] = {}
        self._wakes: list[WakeUp] = []

    async def ensure(self, *collections: Collection) -> None:
        """Create indexes that are missing, and fill fields that queries see since."""
        for collection in collections:
            self._collections[collection.name] = collection
            with reaching():
                await self._outbox.ensure(collection.name)
                await self._index(collection)
                await self._fill(collection)

    async def _index(self, collection: Collection) -> None:
        documents = self._database[collection.name]
        for field in ("readers", "shape", *(("tokens",) if collection.search else ())):
            await documents.create_index(field)
        for index in (index for index in collection.indexes if index.tree):
            await documents.create_index([(field_of(collection, index.field), ASCENDING), ("_id", ASCENDING)])

    async def _fill(self, collection: Collection) -> None:
        documents = self._database[collection.name]
        async for found in documents.find({"shape": {"$ne": shape_of(collection)}}, {"body": 1, "revision": 1}):
            fields = query_fields(collection, found["body"])
            await documents.update_one({"_id": found["_id"], "revision": found["revision"]}, {"$set": fields})

    async def get(self, collection: str, scope: Scope, id: str) -> Record | None:
        """One record."""
        note(scope)
        with reaching():
            found = await self._database[collection].find_one({"_id": id}, RECORD)
        record = None if found is None else record_of(found)
        return record if record is not None and scope.sees(record.readers) else None

    async def find(self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]) -> Page:
        """A page by an index, values first, then nulls."""
        found, after = await self._page(RECORD, self._collections[collection], scope, where, **paged)
        return Page(tuple(map(record_of, found)), after)

    async def find_briefs(
        self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]
    ) -> BriefPage:
        """As ``find``, of the field kept for it."""
        found, after = await self._page(BRIEF, self._collections[collection], scope, where, **paged)
        return BriefPage(tuple(Brief(each["_id"], each["revision"], each["brief"]) for each in found), after)

    async def _page(
        self,
        fields: Document,
        collection: Collection,
        scope: Scope,
        where: Sequence[Clause],
        sort: Sort | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[Document], str | None]:
        """The documents of a page, and the cursor of those that follow."""
        note(scope)
        key = None if sort is None else field_of(collection, sort.field)
        wanted = fields if key is None else {**fields, key: 1}
        found: list[Document] = []
        last_leg = []
        for leg in legs(collection, condition(collection, scope, where), sort, read_cursor(sort, cursor)):
            left = limit + 1 - len(found)
            with reaching():
                run = self._database[collection.name].find(leg.filter, wanted).sort(leg.order).limit(left)
                taken = await run.to_list(left)
            found += taken
            last_leg += [leg.null] * len(taken)
            if len(found) > limit:
                break
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        value = last["_id"] if key is None else last["keys"][key.removeprefix("keys.")]
        return found[:limit], write_cursor(sort, Place(last_leg[limit - 1], value, last["_id"]))

    def scan(self, collection: str, scope: Scope, where: Sequence[Clause] = ()) -> AsyncIterator[Record]:
        """Everything that matches, a page at a time."""
        return scan_by_pages(self, collection, scope, where)

    async def tally(
        self,
        collection: str,
        scope: Scope,
        where: Sequence[Clause] = (),
        *,
        group_by: str | None = None,
        sum_of: str | None = None,
    ) -> list[Tally]:
        """Counts and sums by group, nulls last."""
        note(scope)
        shape = self._collections[collection]
        group: Document = {"_id": None if group_by is None else f"${field_of(shape, group_by)}", "count": {"$sum": 1}}
        if sum_of is not None:
            summed = field_of(shape, sum_of)
            group |= {half: {"$sum": f"${summed}__{half}"} for half in ("high", "low")}
        with reaching():
            asked = [{"$match": whole(condition(shape, scope, where))}, {"$group": group}]
            found = await self._database[collection].aggregate(asked).to_list(None)
        if not found and group_by is None:
            return [Tally(None, 0, 0)]
        found.sort(key=lambda each: (each["_id"] is None, each["_id"]))
        return [
            Tally(group_name(each["_id"]), each["count"], each.get("high", 0) * BILLION + each.get("low", 0))
            for each in found
        ]

    async def save(self, collection: str, record: Record, events: Sequence[Event] = ()) -> Record:
        """One document and its events, atomically."""
        (outcome,) = await self.save_many([Write(collection, record, tuple(events))])
        if not isinstance(outcome, Record):
            raise outcome
        return outcome

    async def save_many(
        self, writes: Sequence[Write], *, stop_at_failure: bool = False
    ) -> list[Record | AlreadyExists | Stale]:
        """One after another where the first failure stops them; else some at once, new ones of a kind in one call."""
        outcomes: list[Record | AlreadyExists | Stale] = []
        for run in _runs(writes, 1 if stop_at_failure else AT_ONCE):
            with reaching(), COMMIT_SECONDS.labels(self._database.name).time():
                new = run[0].record.revision == 0
                outcomes += await (self._insert(run) if new else asyncio.gather(*map(self._update, run)))
            if stop_at_failure and not isinstance(outcomes[-1], Record):
                break
        return outcomes

    async def _insert(self, run: Sequence[Write]) -> list[Record | AlreadyExists]:
        name, taken = run[0].collection, set[int]()
        documents = [
            {"_id": each.record.id, **fields_of(self._collections[name], each.record), **waiting_of(each.events)}
            for each in run
        ]
        try:
            await self._database[name].insert_many(documents, ordered=False)
        except BulkWriteError as error:
            taken = {each["index"] for each in error.details["writeErrors"] if each["code"] == TAKEN}
            if error.details["writeConcernErrors"]:
                raise WTimeoutError("written here, and not by most members in time") from error
            if len(taken) < len(error.details["writeErrors"]):
                raise
        return [
            AlreadyExists("这条记录已经存在。", id=each.record.id) if place in taken else self._saved(each)
            for place, each in enumerate(run)
        ]

    async def _update(self, write: Write) -> Record | Stale:
        record, update = write.record, pushed(waiting_of(write.events))
        update["$set"] = {**update.get("$set", {}), **fields_of(self._collections[write.collection], record)}
        documents, wanted = self._database[write.collection], {"_id": record.id, "revision": record.revision}
        room = {f"outbox.{MOST_WAITING - 1}": {"$exists": False}} if write.events else {}
        done = await documents.update_one(wanted | room, update)
        if done.matched_count:
            return self._saved(write)
        found = await documents.find_one({"_id": record.id}, {"revision": 1})
        if found and found["revision"] == record.revision:
            words = "这条记录已有太多改动等待发出，消息服务恢复后才能再改；请稍后用同一次提交重试。"
            raise Unavailable(words, headers={"Retry-After": "30"})
        return Stale("这条记录刚刚被他人更新过，请刷新后再改。", revision=found["revision"] if found else 0)

    def _saved(self, write: Write) -> Record:
        if write.events:
            self._outbox.remember(write.collection, write.record.id)
            for wake in self._wakes:
                wake()
        return replace(write.record, revision=write.record.revision + 1)

    async def erase(self, collection: str, id: str) -> None:
        """Remove a record; events that it had yet to publish are kept until they are."""
        with reaching():
            while not await self._outbox.leave_behind(collection, id):
                pass

    async def scrub(self) -> None:
        """Nothing more can be done: files of a database server are its operator's (``docs/operations.md``)."""

    async def pending(self, limit: int) -> list[PendingEvent]:
        """The outboxes, oldest first."""
        with reaching():
            return await self._outbox.pending(limit)

    async def settle(self, positions: Sequence[Position]) -> None:
        """Remove published events."""
        with reaching():
            await self._outbox.settle(positions)

    def on_pending(self, wake: WakeUp) -> None:
        """Remember whom to wake."""
        self._wakes.append(wake)

    async def close(self) -> None:
        """Let the connections go."""
        self._client.close()


def _runs(writes: Sequence[Write], most: int) -> Iterator[list[Write]]:
    """Neighbours of one collection that are all new or all not, at most so many."""
    by_kind = groupby(
        enumerate(writes), lambda each: (each[0] // most, each[1].collection, each[1].record.revision == 0)
    )
    return ([write for _, write in run] for _, run in by_kind)
