"""Parked keys: where an event cannot be handled, the later events of its key wait behind it; other keys go on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from kit.bus.port import Delivery
from kit.clock import Clock, to_text
from kit.errors import AlreadyExists, Stale
from kit.ids import content_digest
from kit.store.port import Collection, Eq, Index, Record, Scope, Sort, Store

PARKED = Collection("parked", (Index("group"), Index("lane"), Index("place")))
_SCOPE = Scope.system("parked events")
DEAD, WAITING = "dead", "waiting"


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
        """How often it was tried."""
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

    async def load(self) -> None:
        """Learn what was parked before a restart."""
        await self._store.ensure(PARKED)
        self._lanes.clear()
        async for record in self._store.scan(PARKED.name, _SCOPE, [Eq("group", self._group)]):
            self._lanes[record.body["lane"]] += 1

    def holds(self, topic: str, key: str) -> bool:
        """Whether events of this key must wait."""
        return bool(self._lanes) and self._lanes.get(_lane(topic, key), 0) > 0

    @property
    def lanes(self) -> list[str]:
        """The parked keys."""
        return [lane for lane, count in self._lanes.items() if count]

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Keep an event durably; parking it twice keeps one."""
        lane = _lane(delivery.topic, delivery.key)
        place = f"{delivery.partition:05d}:{delivery.offset:020d}"
        body: dict[str, Any] = {
            "group": self._group,
            "lane": lane,
            "place": place,
            "topic": delivery.topic,
            "key": delivery.key,
            "value": delivery.value.hex(),
            "reason": reason,
            "attempts": 1 if reason else 0,
            "state": WAITING,
            "parked_at": to_text(self._clock.now()),
        }
        id = content_digest(f"{self._group}:{delivery.topic}:{place}".encode())[:32]
        try:
            await self._store.save(PARKED.name, Record(id, body, frozenset()))
        except AlreadyExists:
            return
        self._lanes[lane] += 1

    async def first(self, lane: str) -> Parked | None:
        """The event that blocks a lane."""
        page = await self._store.find(
            PARKED.name, _SCOPE, [Eq("group", self._group), Eq("lane", lane)], sort=Sort("place"), limit=1
        )
        return Parked(page.records[0]) if page.records else None

    async def failed(self, parked: Parked, reason: str, *, dead: bool) -> None:
        """Count another attempt."""
        body = parked.record.body | {
            "attempts": parked.attempts + 1,
            "reason": reason,
            "state": DEAD if dead else WAITING,
        }
        await self._store.save(PARKED.name, parked.record.with_body(body))

    async def done(self, parked: Parked) -> None:
        """Let the lane move on."""
        await self._store.erase(PARKED.name, parked.record.id)
        lane = parked.record.body["lane"]
        self._lanes[lane] -= 1
        if self._lanes[lane] <= 0:
            del self._lanes[lane]

    async def revive(self, lane: str) -> bool:
        """Make a dead lane's first event due again; whether there was one."""
        parked = await self.first(lane)
        if parked is None or not parked.dead:
            return False
        try:
            body = parked.record.body | {"state": WAITING, "attempts": 0}
            await self._store.save(PARKED.name, parked.record.with_body(body))
        except Stale:
            return False
        return True


def _lane(topic: str, key: str) -> str:
    return f"{topic}/{key}"
