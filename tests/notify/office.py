"""The office around the replicas: its managers, the leads that go on changing, the weeks that close."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from contracts.event import EventData
from contracts.gateway import AccountChanged
from contracts.incentives import IncentivesCutoffPassed, IncentivesMatched
from contracts.leads import LeadRegistered, LeadsCutoffPassed
from contracts.vocabulary.weeks import Week
from kit.auth import Principal
from kit.errors import Problem
from kit.events import Event
from kit.leases import LEASES
from kit.store.port import Eq, Record, Scope
from operating.jobs import SCHEDULES
from services.notify.digest.window import send_time
from services.notify.model.delivery import State
from services.notify.model.person import own_reader
from services.notify.projections.keeping import Projections
from services.notify.repository.collections import ALL, DELIVERIES, DIGESTS, RECIPIENTS
from services.notify.settings import GRACE
from tests.notify.conftest import event_of, lead_data, matched_data
from tests.notify.perils import World
from tests.notify.replicas import Life

ADMIN = Principal("admin", "administrator", name="管理员")
EVERYTHING = Scope.system("tests")
ENDED = {State.SENT, State.IN_DOUBT}
EARLY = timedelta(minutes=6)
"""How long before its hour a week is looked at; clocks that are ahead are over it by then."""
REPLICAS = 3
SILENT = 0.3
"""How often a service is not heard of, so that the week closes half an hour later without it."""
LONGEST = 1.5 * 3600
"""Seconds in which every digest of a week has come to its end, whatever befell it."""


class Office:
    """What notify hears and is asked; every call is by the true time and comes through."""

    def __init__(self, world: World, managers: int) -> None:
        self._world = world
        self._life = Life(world, calm=True)
        self._projections = Projections(self._life.ports.store)
        self.managers = [f"manager-{number}" for number in range(managers)]
        self._leads = 0

    async def open(self) -> None:
        """Collections, managers with their addresses, some leads."""
        for collection in (*ALL, SCHEDULES, LEASES):
            await self._world.call(self._world.store.ensure(collection), writes=True)
        for account in self.managers:
            said = AccountChanged(account=account, role="manager", zones=[], org=None, active=True, locale="zh-CN")
            await self._projections.on_account(self._event(said, account), said)
            body = {"schema": 1, "name": account, "email": f"{account}@example.com", "role": "manager", "zones": []}
            record = Record(account, body | {"locale": "zh-CN"}, frozenset({own_reader(account)}))
            await self._life.ports.store.save(RECIPIENTS.name, record)

    async def populate(self) -> None:
        """Begin the first lives."""
        for _ in range(REPLICAS):
            await Life(self._world).start()

    async def close(self, week: Week) -> None:
        """Let a week end: leads go on changing, an administrator sends by hand, until all of it is settled.

        Raises:
            TimeoutError: some digest came to no end.
        """
        world, silent = self._world, self._world.rng.random() < SILENT
        due = send_time(week) + (GRACE if silent else timedelta(0)) - (timedelta(seconds=9) if world.offs else EARLY)
        world.loop.passed = max(world.loop.passed, (due - world.began).total_seconds())
        await self._cut_off(week, ("leads",) if silent else ("leads", "incentives"))
        going_on = [asyncio.ensure_future(self._go_on(week)), asyncio.ensure_future(self._send_by_hand(week))]
        async with asyncio.timeout(LONGEST):
            while not await self._settled(week):  # noqa: ASYNC110 - as an operator looks, from outside
                await asyncio.sleep(5)
        for each in going_on:
            each.cancel()

    async def _go_on(self, week: Week) -> None:
        while True:
            self._leads += 1
            id, day = f"lead-{self._leads}", week.monday.isoformat()
            said = LeadRegistered(**lead_data(id, registered_on=day, updated_on=day, investment=10**11))
            await self._projections.on_lead(self._event(said, id), said)
            matched = IncentivesMatched(**matched_data(id))
            await self._projections.on_matched(self._event(matched, f"match-{id}"), matched)
            await asyncio.sleep(self._world.rng.uniform(10, 120))

    async def _send_by_hand(self, week: Week) -> None:
        await asyncio.sleep(self._world.rng.uniform(0, 2 * EARLY.total_seconds()))
        life = self._world.rng.choice(self._world.lives)
        with suppress(Problem):
            await life.closing.send_by_hand(ADMIN, week)

    async def _settled(self, week: Week) -> bool:
        """Whether each manager's digest is marked as sent, and told by either way."""
        store = self._world.store
        digests = [each async for each in store.scan(DIGESTS.name, EVERYTHING, [Eq("week", week.id)])]
        told = {
            (each.body["event"], each.body["channel"]): each.body["state"]
            async for each in store.scan(DELIVERIES.name, EVERYTHING)
        }
        ends = [told.get((each.id, channel)) in ENDED for each in digests for channel in ("in_app", "email")]
        return len(ends) == 2 * len(self.managers) and all(ends) and all(each.body["sent_at"] for each in digests)

    async def _cut_off(self, week: Week, services: tuple[str, ...]) -> None:
        kinds = {"leads": LeadsCutoffPassed, "incentives": IncentivesCutoffPassed}
        for service in services:
            said = kinds[service](week=week.id, service=service, partition=0, partitions=1)
            await self._projections.on_cutoff(self._event(said, f"{service}-{week.id}"), said)

    def _event(self, said: EventData, aggregate: str) -> Event:
        return event_of(said, aggregate, 1, self._world.now())
