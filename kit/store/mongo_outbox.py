"""The outboxes inside documents, read and settled as one: what the relay of a service publishes."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import UpdateOne

from kit.events import Event
from kit.store.mongo_document import pushed
from kit.store.port import PendingEvent, Position

LEFT_BEHIND = "left_behind"
"""Events of documents that were erased before their events were published."""
SWEEP = 0.25
"""Seconds after which events are searched for that another process saved."""
REMEMBERED = 10_000
"""Documents above which memory is dropped and the next search finds them: who is no relay never asks."""
SEEN = {"outbox": 1, "waiting_since": 1}

Place = tuple[str, str]


class Outbox:
    """The events that wait in the documents of one database."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._collections: dict[str, None] = {LEFT_BEHIND: None}
        self._dirty: dict[Place, int] = {}
        self._numbers = itertools.count()
        self._swept = float("-inf")

    async def ensure(self, collection: str) -> None:
        """Look into this collection from now on."""
        self._collections[collection] = None
        waiting = {"waiting_since": {"$exists": True}}
        await self._database[collection].create_index("waiting_since", partialFilterExpression=waiting)

    def remember(self, collection: str, id: str) -> None:
        """A document was left with events."""
        if len(self._dirty) >= REMEMBERED:
            self._dirty.clear()
        self._dirty[collection, id] = next(self._numbers)

    async def pending(self, limit: int) -> list[PendingEvent]:
        """The oldest events; those of one document in the order of its saves."""
        if time.monotonic() - self._swept > SWEEP:
            await self._sweep(limit)
        found = [each async for each in self._read(dict(itertools.islice(self._dirty.items(), limit)))]
        found.sort(key=lambda each: str(each[1]["waiting_since"]))
        return [
            PendingEvent((name, document["_id"], waiting["id"]), Event.decode(waiting["value"]))
            for name, document in found
            for waiting in document["outbox"]
        ][:limit]

    async def _sweep(self, limit: int) -> None:
        """Find the documents that have waited longest, whoever saved them."""
        self._swept = time.monotonic()
        for name in tuple(self._collections):
            run = self._database[name].find({"waiting_since": {"$exists": True}}, {"_id": 1})
            for document in await run.sort("waiting_since").limit(limit).to_list(limit):
                self._dirty.setdefault((name, document["_id"]), next(self._numbers))

    async def _read(self, places: dict[Place, int]) -> Any:
        """Documents with events; a place without any is forgotten, unless it was remembered again meanwhile."""
        by_collection = _grouped(places)
        for name, ids in by_collection.items():
            seen = set()
            waiting = {"_id": {"$in": ids}, "waiting_since": {"$exists": True}}
            async for document in self._database[name].find(waiting, SEEN):
                seen.add(document["_id"])
                yield name, document
            for id in ids:
                if id not in seen and self._dirty.get((name, id)) == places[name, id]:
                    del self._dirty[name, id]

    async def settle(self, positions: Sequence[Position]) -> None:
        """Forget events; a document that has as many as these, the last among them, has none left."""
        events: dict[Place, list[str]] = defaultdict(list)
        for name, id, event in positions:
            events[name, id].append(event)
        for name, ids in _grouped(events).items():
            documents = self._database[name]
            emptied = [_empty(id, events[name, id]) for id in ids]
            done = await documents.bulk_write(emptied, ordered=False)
            if done.matched_count < len(emptied):
                await documents.bulk_write([each for id in ids for each in _pull(id, events[name, id])])
            if name == LEFT_BEHIND:
                await documents.delete_many({"_id": {"$in": ids}, "outbox": []})

    async def leave_behind(self, collection: str, id: str) -> bool:
        """Keep what a document has yet to publish, then delete it; False where it was saved meanwhile."""
        documents = self._database[collection]
        found = await documents.find_one({"_id": id}, {"outbox": 1, "last_event": 1})
        if found is None:
            return True
        if found.get("outbox"):
            events = [Event.decode(waiting["value"]) for waiting in found["outbox"]]
            place = f"{collection}:{id}"
            await self._database[LEFT_BEHIND].update_one({"_id": place}, pushed(events), upsert=True)
            self.remember(LEFT_BEHIND, place)
        done = await documents.delete_one({"_id": id, "last_event": found.get("last_event")})
        return bool(done.deleted_count)


def _grouped(places: Iterable[Place]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for name, id in places:
        grouped[name].append(id)
    return grouped


def _empty(id: str, events: list[str]) -> UpdateOne:
    all_of_them = {"_id": id, "last_event": events[-1], "outbox": {"$size": len(events)}}
    return UpdateOne(all_of_them, {"$set": {"outbox": []}, "$unset": {"waiting_since": ""}})


def _pull(id: str, events: list[str]) -> list[UpdateOne]:
    return [
        UpdateOne({"_id": id}, {"$pull": {"outbox": {"id": {"$in": events}}}}),
        UpdateOne({"_id": id, "outbox": []}, {"$unset": {"waiting_since": ""}}),
    ]
