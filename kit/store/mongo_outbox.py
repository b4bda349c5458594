"""The outboxes inside documents, read and settled as one: what the relay of a service publishes."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import UpdateOne

from kit.store.mongo_document import pushed
from kit.store.port import PendingEvent, Position

LEFT_BEHIND = "left_behind"
"""Events of documents that were erased before their events were published."""
SWEEP, REST = 0.25, 10
"""Seconds after which events are searched for that another process saved, or as many times what that took."""
REMEMBERED = 10_000
"""Documents above which memory is dropped and the next search finds them: who is no relay never asks."""
WAITING, SEEN = {"waiting_since": {"$exists": True}}, {"outbox": 1, "waiting_since": 1}

Place = tuple[str, str]


class Outbox:
    """The events that wait in the documents of one database."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._collections: dict[str, None] = {LEFT_BEHIND: None}
        self._dirty: dict[Place, int] = {}
        self._numbers = itertools.count()
        self._sweep_at = 0.0

    async def ensure(self, collection: str) -> None:
        """Look into this collection from now on."""
        self._collections[collection] = None
        await self._database[collection].create_index("waiting_since", partialFilterExpression=WAITING)

    def remember(self, collection: str, id: str) -> None:
        """A document was left with events."""
        if len(self._dirty) >= REMEMBERED:
            self._dirty.clear()
        self._dirty[collection, id] = next(self._numbers)

    async def pending(self, limit: int) -> list[PendingEvent]:
        """The oldest events; those of one document in the order of its saves."""
        if time.monotonic() > self._sweep_at:
            await self._sweep(limit)
        found, remembered = list[tuple[str, Any]](), iter(list(self._dirty.items()))
        while len(found) < limit and (places := dict(itertools.islice(remembered, limit))):
            found += [each async for each in self._read(places)]
        found.sort(key=lambda each: str(each[1]["waiting_since"]))
        return [
            PendingEvent((name, document["_id"], waiting["id"]), waiting["value"])
            for name, document in found
            for waiting in document["outbox"]
        ][:limit]

    async def _sweep(self, limit: int) -> None:
        """Find the documents that have waited longest, whoever saved them."""
        began = time.monotonic()
        for name in tuple(self._collections):
            run = self._database[name].find(WAITING, {"_id": 1})
            for document in await run.sort("waiting_since").limit(limit).to_list(limit):
                self._dirty.setdefault((name, document["_id"]), next(self._numbers))
        self._sweep_at = time.monotonic() + max(SWEEP, REST * (time.monotonic() - began))

    async def _read(self, places: dict[Place, int]) -> Any:
        """Documents with events; a place without any is forgotten."""
        by_collection = _grouped(places)
        for name, ids in by_collection.items():
            seen = set()
            async for document in self._database[name].find({"_id": {"$in": ids}, **WAITING}, SEEN):
                seen.add(document["_id"])
                yield name, document
            self._forget({(name, id): places[name, id] for id in ids if id not in seen})

    def _forget(self, places: dict[Place, int | None]) -> None:
        """What has no events; unless it was remembered again meanwhile."""
        for place, number in places.items():
            if number is not None and self._dirty.get(place) == number:
                del self._dirty[place]

    async def settle(self, positions: Sequence[Position]) -> None:
        """Forget events; a document that has as many as these, the last among them, has none left."""
        events: dict[Place, list[str]] = defaultdict(list)
        for name, id, event in positions:
            events[name, id].append(event)
        for name, ids in _grouped(events).items():
            documents = self._database[name]
            done_with = {(name, id): self._dirty.get((name, id)) for id in ids}
            emptied = [_empty(id, events[name, id]) for id in ids]
            done = await documents.bulk_write(emptied, ordered=False)
            all_emptied = done.matched_count == len(emptied)
            fuller = [] if all_emptied else await documents.distinct("_id", {"_id": {"$in": ids}, **WAITING})
            if fuller:
                await documents.bulk_write([each for id in fuller for each in _pull(id, events[name, id])])
            self._forget({place: number for place, number in done_with.items() if place[1] not in fuller})
            if name == LEFT_BEHIND:
                await documents.delete_many({"_id": {"$in": ids}, "outbox": []})

    async def leave_behind(self, collection: str, id: str) -> bool:
        """Keep what a document has yet to publish, then delete it; False where it was saved meanwhile."""
        documents = self._database[collection]
        found = await documents.find_one({"_id": id}, {**SEEN, "last_event": 1})
        if found is None:
            return True
        if found.get("outbox"):
            place = f"{collection}:{id}"
            await self._database[LEFT_BEHIND].update_one({"_id": place}, pushed(found), upsert=True)
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
