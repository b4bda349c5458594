"""Three replicas of notify on one store, in one process: killed, paused and off in their clocks as a seed has it.

A replica is the product's own jobs, digest desk and sender. What surrounds it is a *life*, which stands between it
and its store and mail server: each call passes a gate on the way there and on the way back, where a life may end
(nothing of it moves any more, nothing is cleaned up), or stand still for two lease times while the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, TypeVar, Unpack

from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.leases import StoreLeases
from kit.ports import Ports
from kit.settings import Settings
from kit.store.port import Clause, Collection, Page, Paged, Record, Scope, Tally, Write
from kit.store.reading import scan_by_pages
from operating.jobs import Jobs
from services.notify import jobs
from services.notify.channels.email import Email
from services.notify.channels.inapp import InApp
from services.notify.channels.port import Channel, ChannelBusy, ChannelUnsure
from services.notify.commands.closing import WeekClosing
from services.notify.commands.digests import DigestDesk
from services.notify.commands.sending import Sender
from services.notify.commands.telling import Teller
from services.notify.model.delivery import State
from services.notify.repository.collections import DELIVERIES, DIGESTS
from tests.notify.perils import (
    AWAKE,
    BACK,
    BROKEN,
    BUSY,
    CLAIM,
    ELSEWHERE,
    FREEZE,
    LATENCY,
    LOOK,
    MAIL,
    MARK,
    NOTICED,
    PAUSE,
    PERILS,
    QUEUE,
    RECORD,
    SLOW,
    SLOWEST,
    THERE,
    World,
)  # fmt: skip

T = TypeVar("T")

SECRET = b"of these tests alone"


class Life:
    """One process of a replica, from its start to its end; also its clock."""

    def __init__(self, world: World, *, calm: bool = False) -> None:
        self.world, self.name = world, f"notify-{len(world.lives) + 1}"
        self.calm, self.off = calm, 0.0 if calm else world.off()
        self.dead, self.stands_until, self.woke = False, 0.0, -NOTICED
        self.claimed: set[str] = set()
        self.doomed = False
        if not calm:
            world.lives.append(self)
        store: Any = PerilousStore(self)
        chosen = Settings(data=world.folder, replica=self.name)
        leases = StoreLeases(store, self, world.loop.time)
        nothing: Any = None
        self.ports = Ports(
            "notify", chosen, self, store, nothing, nothing, leases, nothing, SECRET, nothing, nothing
        )  # fmt: skip
        channels: list[Channel] = [InApp(store), Email(Letterbox(self), "quce@example.com", "http://localhost")]
        self.sender = Sender(self.ports, channels)
        self.closing = WeekClosing(self.ports, DigestDesk(self.ports, Teller(self.ports, self.sender)))
        self.jobs = Jobs(store, leases, self, jobs.schedules(self.closing), service="notify", holder=self.name)

    def now(self) -> datetime:
        """What its clock says."""
        return self.world.now() + timedelta(seconds=self.off)

    async def start(self) -> None:
        """Go to work."""
        await self.jobs.start()
        await self.sender.start()

    async def gate(self, what: str, way: str = BACK) -> None:
        """Pass, after a while; or stand still here; or never."""
        world = self.world
        if world.peril and (what in PERILS or world.rng.random() < 0.1):
            slow = not self.calm and world.rng.random() < SLOW
            await asyncio.sleep(world.rng.random() * (SLOWEST if slow else LATENCY))
        trapped = self._befallen(what, way)
        if world.over:
            raise asyncio.CancelledError
        while self.dead or world.loop.time() < self.stands_until:
            if self.dead:
                await asyncio.Event().wait()
            # What else was under way when it stood still goes on in no order.
            late = 0.0 if trapped else world.rng.random() * SLOWEST
            await asyncio.sleep(self.stands_until - world.loop.time() + late)

    def _befallen(self, what: str, way: str) -> bool:
        """Whether something befalls it here."""
        world = self.world
        if self.calm or self.dead:
            return False
        if self.doomed and way == BACK and world.loop.time() >= self.stands_until:
            self._die()
        elif world.trap is not None and world.trap.springs(what, way):
            self.doomed = world.trap.fate == "stands, then dies"
            (self._die if world.trap.fate == "dies" else self._stand_still)()
            world.trap = None
            return True
        elif world.peril and world.rng.random() < PERILS.get(what, ELSEWHERE) * (AWAKE if self.just_woke else 1):
            (self._die if world.rng.random() < 0.5 else self._stand_still)()
        return False

    def _die(self) -> None:
        self.world.hit |= self.claimed
        self.world.counts["kills"] += 1
        self.dead = True
        self.world.begin(self._reborn())

    def _stand_still(self) -> None:
        self.world.hit |= self.claimed
        if self.stands_until <= self.world.loop.time():
            self.world.counts["pauses"] += 1
            self.stands_until = self.woke = self.world.loop.time() + PAUSE

    async def _reborn(self) -> None:
        await asyncio.sleep(self.world.rng.uniform(1, 90))
        await Life(self.world).start()

    def claim(self, delivery: str) -> None:
        """It is about to send this."""
        self.claimed.add(delivery)
        self.decide(delivery)

    def decide(self, delivery: str) -> None:
        """To send this, or to leave it in doubt; who stood still a moment ago may not know yet that it should not."""
        if self.just_woke:
            self.world.hit.add(delivery)

    @property
    def just_woke(self) -> bool:
        """Whether it may not know yet that its leases are lost."""
        return self.woke <= self.world.loop.time() < self.woke + NOTICED


class Letterbox:
    """Where mails leave the house, and are counted."""

    def __init__(self, life: Life) -> None:
        self._life = life

    async def hand_over(self, delivery: str, message: EmailMessage) -> None:
        """Take it, unless the server is busy or the connection breaks."""
        world = self._life.world
        assert message["Message-ID"].startswith(f"<{delivery}@")
        await self._life.gate(MAIL, THERE)
        luck = world.rng.random() if world.peril else 1.0
        if luck < BUSY or world.busy:
            world.busy = max(0, world.busy - 1)
            raise ChannelBusy("忙")
        if luck < BUSY + BROKEN / 2:
            world.hit.add(delivery)
            raise ChannelUnsure("断在前面。")
        world.sent[delivery] += 1
        if luck < BUSY + BROKEN:
            world.hit.add(delivery)
            raise ChannelUnsure("断在后面。")
        await self._life.gate(MAIL)


class PerilousStore:
    """The shared store as one life has it."""

    def __init__(self, life: Life) -> None:
        self._life, self._world = life, life.world

    async def ensure(self, *_collections: Collection) -> None:
        """They are there."""

    async def get(self, collection: str, scope: Scope, id: str) -> Record | None:
        look = collection == DELIVERIES.name and id in self._life.claimed
        return await self._pass(LOOK if look else "get", self._world.store.get(collection, scope, id))

    async def find(self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]) -> Page:
        return await self._pass("find", self._world.store.find(collection, scope, where, **paged))

    def scan(self, collection: str, scope: Scope, where: Sequence[Clause] = ()) -> AsyncIterator[Record]:
        mine: Any = self
        return scan_by_pages(mine, collection, scope, where)

    async def tally(self, collection: str, scope: Scope, where: Sequence[Clause] = (), **how: Any) -> list[Tally]:
        return await self._pass("tally", self._world.store.tally(collection, scope, where, **how))

    async def save(self, collection: str, record: Record, events: Sequence[Event] = ()) -> Record:
        what = _named(collection, record)
        await self._life.gate(what, THERE)
        saved = await self._world.call(self._world.store.save(collection, record, events), writes=True)
        self._remember(collection, saved)
        await self._life.gate(what)
        return saved

    async def save_many(
        self, writes: Sequence[Write], *, stop_at_failure: bool = False
    ) -> list[Record | AlreadyExists | Stale]:
        name = writes[0].collection
        await self._life.gate(name, THERE)
        saving = self._world.store.save_many(writes, stop_at_failure=stop_at_failure)
        saved = await self._world.call(saving, writes=True)
        await self._life.gate(name)
        return saved

    async def _pass(self, what: str, asking: Coroutine[Any, Any, T]) -> T:
        try:
            await self._life.gate(what, THERE)
        except asyncio.CancelledError:
            asking.close()
            raise
        answer = await self._world.call(asking)
        await self._life.gate(what)
        return answer

    def _remember(self, collection: str, saved: Record) -> None:
        if collection == DIGESTS.name:
            self._world.frozen.setdefault(saved.id, []).append(saved)
        if collection == DELIVERIES.name and saved.body["channel"] == "email":
            if saved.body["state"] == State.SENDING:
                self._life.claim(saved.id)
            else:
                self._life.claimed.discard(saved.id)
            if saved.body["state"] == State.IN_DOUBT:
                self._life.decide(saved.id)


def _named(collection: str, record: Record) -> str:
    """What a save is, as gates know it."""
    if collection == DIGESTS.name:
        return MARK if record.revision else FREEZE
    if collection == DELIVERIES.name and record.body["channel"] == "email":
        return QUEUE if record.revision == 0 else CLAIM if record.body["state"] == State.SENDING else RECORD
    return collection
