"""Parked keys: where an event cannot be handled, the later events of its key wait behind it; other keys go on."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kit.bus.port import Delivery, TopicPartition
from kit.clock import Clock, to_text
from kit.errors import AlreadyExists
from kit.events import Event
from kit.store.port import Clause, Collection, Eq, In, Index, Record, Scope, Sort, Store
from operating.ids import content_digest

PARKED = Collection("parked", (Index("group"), Index("lane"), Index("place"), Index("state"), Index("failed_at")))
_SCOPE = Scope.system("parked events")
WAITING, DEAD, UNKNOWN, UNREADABLE = "waiting", "dead", "unknown", "unreadable"
HANDLED, DISCARDED = "handled", "discarded"
BLOCKING = In("state", (WAITING, DEAD))
"""Events that later ones of their key wait behind."""
FOR_PEOPLE = In("state", (DEAD, UNKNOWN, UNREADABLE))
"""Those that stay until a person decides."""
UNDECIDED = In("state", (WAITING, *FOR_PEOPLE.values))
OPERATORS = "administrators"
"""The reader under which people look at them."""
FAILURES_KEPT = 10


@dataclass(frozen=True, slots=True)
class Parked:
    """One event that waits: the first of its lane is the one that failed."""

    record: Record

    @property
    def value(self) -> bytes:
        """The event's bytes."""
        return bytes.fromhex(self.record.body["value"])

    @property
    def attempts(self) -> int:
        """How often it was tried since it was parked or a person started it again."""
        return int(self.record.body["attempts"])

    @property
    def dead(self) -> bool:
        """Whether only a person may start it again."""
        return bool(self.record.body["state"] == DEAD)


class Parking:
    """The parked events of one consumer group."""

    def __init__(self, store: Store, clock: Clock, group: str) -> None:
        self._store, self._clock, self._group = store, clock, group
        self._lanes: dict[str, int] = defaultdict(int)
        self._partitions: dict[str, TopicPartition] = {}
        self._changing = asyncio.Lock()

    async def begin(self) -> None:
        """Create the collection, and learn what was parked before a restart."""
        await self._store.ensure(PARKED)
        await self.load()

    async def load(self) -> None:
        """Learn what is parked now: the replica that read a partition before may have parked some of it."""
        async with self._changing:
            found = [each async for each in self._store.scan(PARKED.name, _SCOPE, self._blocking())]
            self._lanes = defaultdict(int)
            for record in found:
                self._note(record.body["lane"], (record.body["topic"], int(record.body["place"].partition(":")[0])))
            for record in (each for each in found if not each.readers):
                await self._store.save(PARKED.name, record.with_body(record.body, frozenset({OPERATORS})))

    def _blocking(self) -> list[Clause]:
        return [Eq("group", self._group), BLOCKING]

    def holds(self, topic: str, key: str) -> bool:
        """Whether events of this key must wait."""
        return bool(self._lanes) and self._lanes.get(lane_of(topic, key), 0) > 0

    @property
    def lanes(self) -> list[str]:
        """The parked keys."""
        return [lane for lane, count in self._lanes.items() if count]

    def lanes_in(self, partitions: Some[TopicPartition] | None) -> list[str]:
        """Those in some partitions, None for all: who reads a partition looks after its parked keys."""
        return [lane for lane in self.lanes if partitions is None or self._partitions[lane] in partitions]

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Keep an event durably; parking it twice keeps one."""
        async with self._changing:
            if await self._keep(delivery, reason, WAITING):
                self._note(lane_of(delivery.topic, delivery.key), (delivery.topic, delivery.partition))

    def _note(self, lane: str, partition: TopicPartition) -> None:
        self._lanes[lane] += 1
        self._partitions[lane] = partition

    async def set_aside(self, delivery: Delivery, reason: str, state: str) -> None:
        """Keep what is no event, for people to look at; nothing waits behind it."""
        await self._keep(delivery, reason, state)

    async def first(self, lane: str) -> Parked | None:
        """The event that blocks a lane; a lane that a person emptied is let go."""
        known = self._lanes.get(lane)
        where: list[Clause] = [*self._blocking(), Eq("lane", lane)]
        page = await self._store.find(PARKED.name, _SCOPE, where, sort=Sort("place"), limit=1)
        if not page.records and self._lanes.get(lane) == known:
            self._lanes.pop(lane, None)
        return Parked(page.records[0]) if page.records else None

    async def failed(self, parked: Parked, reason: str, state: str, events: Sequence[Event] = ()) -> None:
        """Count another attempt."""
        failure = self._failure(reason)
        body = parked.record.body | {
            "attempts": parked.attempts + 1,
            "failures": [*parked.record.body.get("failures", ()), failure][-FAILURES_KEPT:],
            "failed_at": failure["at"],
            "reason": reason,
            "state": state,
        }
        await self._store.save(PARKED.name, parked.record.with_body(body), events)

    async def done(self, parked: Parked) -> None:
        """Let the lane move on. What a person had a hand in is kept, so that their request can be answered again."""
        async with self._changing:
            await self._done(parked.record)

    async def _done(self, record: Record) -> None:
        if record.requests or "decided" in record.body:
            await self._store.save(PARKED.name, record.with_body(record.body | {"state": HANDLED}))
        else:
            await self._store.erase(PARKED.name, record.id)
        lane = record.body["lane"]
        self._lanes[lane] -= 1
        if self._lanes[lane] <= 0:
            del self._lanes[lane]
            self._partitions.pop(lane, None)

    async def _keep(self, delivery: Delivery, reason: str, state: str) -> bool:
        place = f"{delivery.partition:05d}:{delivery.offset:020d}"
        failure = self._failure(reason)
        body: dict[str, Any] = {
            "group": self._group,
            "lane": lane_of(delivery.topic, delivery.key),
            "place": place,
            "topic": delivery.topic,
            "key": delivery.key,
            "value": delivery.value.hex(),
            "reason": reason,
            "attempts": 1 if reason else 0,
            "failures": [failure] if reason else [],
            "failed_at": failure["at"] if reason else None,
            "state": state,
            "parked_at": failure["at"],
        }
        id = content_digest(f"{self._group}:{delivery.topic}:{place}".encode())[:32]
        try:
            await self._store.save(PARKED.name, Record(id, body, frozenset({OPERATORS})))
        except AlreadyExists:
            return False
        return True

    def _failure(self, reason: str) -> dict[str, str]:
        return {"at": to_text(self._clock.now()), "reason": reason}


def lane_of(topic: str, key: str) -> str:
    """The lane of a key."""
    return f"{topic}/{key}"
