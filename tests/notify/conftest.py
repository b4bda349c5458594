"""The notify service on its embedded adapters, with a clock that tests move and events that others would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts.catalogue import topic_of
from contracts.event import EventData
from contracts.gateway import AccountChanged
from contracts.incentives import IncentivesCutoffPassed, IncentivesMatched, ZoneTotal
from contracts.leads import (
    ImportCounts,
    ImportFinished,
    LeadChanged,
    LeadRegistered,
    LeadsCutoffPassed,
    PartnerAnswered,
)
from gateway.issuing import TokenIssuer
from kit.auth import Principal
from kit.bus.port import Message
from kit.clock import to_text
from kit.events import Event, envelop
from kit.ports import Ports
from kit.settings import Settings
from operating.opening import open_bus, open_ports
from operating.service import Group
from services.notify.app import create_app
from services.notify.model.delivery import ChannelName, State
from services.notify.repository.deliveries import Deliveries
from tests.clocks import ManualClock

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday 23 November 2026, 09:00 in Shanghai: week 48 has begun."""
NEXT_MONDAY_0853 = datetime(2026, 11, 30, 0, 53, tzinfo=UTC)

PEOPLE = {
    "admin": Principal("admin", "administrator", name="管理员"),
    "officer": Principal(
        "officer", "officer", ("donghu",), readers=frozenset({"public", "zone:donghu"}), name="李专员"
    ),
    "other": Principal("other", "officer", ("jingkai",), readers=frozenset({"public", "zone:jingkai"}), name="王专员"),
    "manager": Principal("manager", "manager", readers=frozenset({"public", "city"}), name="张主任"),
    "zonal": Principal("zonal", "manager", ("donghu",), readers=frozenset({"public", "zone:donghu"}), name="赵主任"),
    "partner": Principal("partner", "partner", (), "acme", frozenset({"public", "org:acme"}), "企业"),
}


def money(fen: int) -> dict[str, Any]:
    """An exact amount as events carry it."""
    return {"low": fen, "high": fen, "currency": "CNY", "approximate": False, "pending": False, "as_written": None}


def lead_data(id: str = "lead-1", **fields: Any) -> dict[str, Any]:
    """What a lead's event says; ``investment`` in fen is its total investment."""
    investment = fields.pop("investment", None)
    facts = {}
    if investment is not None:
        amount = investment if isinstance(investment, dict) else money(investment)
        facts["total_investment"] = {"value": amount, "state": "value", "source": {"kind": "officer", "id": None}}
    return {
        "lead_id": id,
        "lead_revision": 1,
        "readers": ["city", "zone:donghu"],
        "office": "donghu",
        "zone": "donghu",
        "stage": "new",
        "state": "active",
        "owner": "officer",
        "investor": {"id": f"inv-{id}", "name": "示例汽车电子有限公司"},
        "title": "智能车载终端项目",
        "confidential": False,
        "source_mode": "industry_chain",
        "facts": facts,
        "clocks": [],
        "first_contact_on": None,
        "registered_on": "2026-11-23",
        "updated_on": "2026-11-23",
        "signed_on": None,
        "signed_amount": None,
        "origin": "form",
        "import_id": None,
        **fields,
    }


def clock_data(kind: str, due: datetime, met: datetime | None = None) -> dict[str, Any]:
    """A clock of a lead."""
    return {
        "kind": kind,
        "started_at": to_text(MONDAY),
        "due_at": to_text(due),
        "met_at": None if met is None else to_text(met),
        "assumed": False,
    }


def move_data(
    from_stage: str, to_stage: str, on: str, from_state: str = "active", to_state: str = "active"
) -> dict[str, Any]:
    """A move of a lead."""
    return {
        "from_stage": from_stage, "to_stage": to_stage, "from_state": from_state, "to_state": to_state, "on": on,
    }  # fmt: skip


def matched_data(lead_id: str = "lead-1", certain_fen: int = 120_000_000, **fields: Any) -> dict[str, Any]:
    """What incentives says of a lead."""
    zone = {"zone": "donghu", "certain_fen": certain_fen, "possible_fen": certain_fen, "amount_unknown": 0}
    return {
        "lead_id": lead_id,
        "lead_revision": 1,
        "catalogue_version": "c1",
        "standing": ["illustrative"],
        "readers": ["city", "zone:donghu"],
        "office": "donghu",
        "zone": "donghu",
        "owner": "officer",
        "title": "智能车载终端项目",
        "confidential": False,
        "best_zone": "donghu",
        "zones": [ZoneTotal(**zone, met=2, unknown=1).model_dump()],
        "changed": True,
        "matched_at": to_text(MONDAY),
        "origin": "form",
        "import_id": None,
        **fields,
    }


def event_of(said: EventData, aggregate: str, revision: int, at: datetime, source: str = "leads") -> Event:
    """The event in its envelope."""
    return envelop([said], source=source, aggregate=aggregate, revision=revision, time=at)[0]


@dataclass
class Suite:
    """The running service and the hands of its neighbours."""

    ports: Ports
    clock: ManualClock
    app: FastAPI
    client: httpx.AsyncClient
    revisions: dict[str, int] = field(default_factory=dict)

    async def publish(self, service: str, event: Event, partition: int | None = None) -> Event:
        """Put an event on a topic as its producer would."""
        await self.ports.bus.publish([Message(topic_of(service), event.partitionkey, event.encode(), partition)])
        return event

    async def lead(self, id: str = "lead-1", change: str | None = None, **fields: Any) -> Event:
        """Register a lead, or change it where ``change`` is given."""
        revision = self.revisions[id] = self.revisions.get(id, 0) + 1
        data = lead_data(id, lead_revision=revision, **fields)
        said: EventData = LeadRegistered(**data) if change is None else LeadChanged(**data, change=change)
        return await self.publish("leads", event_of(said, id, revision, self.clock.now()))

    async def matched(self, lead_id: str = "lead-1", at: datetime | None = None, **fields: Any) -> Event:
        """A lead was matched."""
        key = f"match-{lead_id}"
        revision = self.revisions[key] = self.revisions.get(key, 0) + 1
        said = IncentivesMatched(**matched_data(lead_id, **fields))
        event = event_of(said, key, revision, at or self.clock.now(), "incentives")
        return await self.publish("incentives", event)

    async def imported(self, id: str = "imp-1", importer: str = "officer") -> Event:
        """A ledger import finished."""
        counts = ImportCounts(rows=249, created=240, linked=9, refused=0, with_problems=13)
        said = ImportFinished(
            import_id=id, importer=importer, readers=["city", "zone:donghu"], file_name="台账.xlsx", counts=counts
        )
        return await self.publish("leads", event_of(said, id, 1, self.clock.now()))

    async def account(
        self, account: str, role: str, zones: list[str], *, active: bool = True, org: str | None = None
    ) -> None:
        """The gateway says what an account is."""
        revision = self.revisions[account] = self.revisions.get(account, 0) + 1
        said = AccountChanged(account=account, role=role, zones=zones, org=org, active=active, locale="zh-CN")
        await self.publish("gateway", event_of(said, account, revision, self.clock.now(), "gateway"))

    async def answered(self, org: str, about: str = "project") -> Event:
        """An office wrote back to a partner."""
        revision = self.revisions["answer"] = self.revisions.get("answer", 0) + 1
        said = PartnerAnswered(org=org, about=about, id="lead-1", title="智能车载终端项目")
        return await self.publish("leads", event_of(said, f"answer-{revision}", 1, self.clock.now()))

    async def cutoffs(self, week: str, *services: str) -> None:
        """These services have finished a week on every partition."""
        kinds = {"leads": LeadsCutoffPassed, "incentives": IncentivesCutoffPassed}
        for service in services or tuple(kinds):
            count = self.ports.settings.partitions
            for partition in range(count):
                said = kinds[service](week=week, service=service, partition=partition, partitions=count)
                event = event_of(said, f"{service}-{week}-{partition}", 1, self.clock.now(), service)
                await self.publish(service, event, partition)

    async def people(self) -> None:
        """Everybody has an address and an account."""
        for account, principal in PEOPLE.items():
            zones = list(principal.zones)
            body = {"name": principal.name, "email": f"{account}@example.com", "zones": zones, "role": principal.role}
            assert (await self.put("admin", f"/recipients/{account}", body)).status_code == 200
            await self.account(account, principal.role, zones, org=principal.org)
        await self.settle()

    async def settle(self) -> None:
        """Wait until both groups have heard everything and every mail has been tried."""
        for group in self.app.state.service.groups:
            await until(partial(self._heard, group))
        self.app.state.sender.wake()
        await until(self._sent)

    async def _heard(self, group: Group) -> bool:
        positions = await self.ports.bus.positions(group.name, group.topics)
        return all(position.lag == 0 for position in positions)

    async def _sent(self) -> bool:
        """Whether nothing is under way and nothing is due."""
        deliveries, now = Deliveries(self.ports.store), to_text(self.clock.now())
        queued = [each async for each in deliveries.in_state(State.QUEUED, {ChannelName.EMAIL})]
        # Looked for last: what is taken up meanwhile is in neither list otherwise.
        sending = [each async for each in deliveries.in_state(State.SENDING, {ChannelName.EMAIL})]
        return not sending and not any((each.delivery.next_at or "") <= now for each in queued)

    async def tick(self) -> None:
        """Look after what is due."""
        await self.app.state.closing.run_due(self.clock.now())
        await self.settle()

    def headers(self, account: str | None) -> dict[str, str]:
        """What the gateway adds for somebody signed in."""
        if account is None:
            return {}
        token = TokenIssuer(self.ports.keys, self.clock).issue(PEOPLE[account], "notify")
        return {"Authorization": f"Bearer {token}"}

    async def get(self, account: str | None, path: str, **params: Any) -> httpx.Response:
        return await self.client.get(path, params=params or None, headers=self.headers(account))

    async def put(self, account: str | None, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.client.put(path, json=body, headers=self.headers(account))

    async def post(self, account: str | None, path: str, key: str | None = "key-1") -> httpx.Response:
        extra = {} if key is None else {"Idempotency-Key": key}
        return await self.client.post(path, headers=self.headers(account) | extra)

    async def items(self, account: str, path: str, **params: Any) -> list[dict[str, Any]]:
        """The items of a list."""
        response = await self.get(account, path, **params)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def mails(self) -> list[Path]:
        """The mails that were written."""
        return sorted((self.ports.settings.data / "mail").glob("*.eml"))


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is awaited is other tasks' work, seen through the ports
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(data: Path, now: datetime = MONDAY, **settings: Any) -> AsyncIterator[Suite]:
    """Start the service on a data folder; stopping and starting again is a restart."""
    chosen = Settings(data=data, **settings)
    clock = ManualClock(now)
    bus = open_bus(chosen)
    ports = await open_ports("notify", chosen, bus, clock)
    app = create_app(ports)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://notify") as client,
    ):
        yield Suite(ports, clock, app, client)
    await ports.close()
    await bus.close()


@pytest.fixture
async def suite(tmp_path: Path) -> AsyncIterator[Suite]:
    """The service on an empty data folder, on the Monday morning that begins week 48."""
    async with running(tmp_path) as started:
        yield started
