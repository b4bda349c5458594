"""The incentives service alone, on the embedded adapters, with the hands of the leads service."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from fastapi import FastAPI

from contracts.catalogue import topic_of
from contracts.event import EventData
from contracts.leads import InvestorRef, LeadChanged, LeadRegistered
from contracts.vocabulary.facts import parse_facts
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from gateway.issuing import TokenIssuer
from kit.auth import Principal
from kit.bus.port import Message
from kit.events import Event, envelop
from kit.ports import Ports
from kit.settings import Settings
from operating.opening import open_bus, open_ports
from services.incentives.app import create_app
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def person(account: str, role: str, *readers: str, zones: tuple[str, ...] = (), org: str | None = None) -> Principal:
    return Principal(account, role, zones, org, frozenset({"public", *readers}), account)


PEOPLE = {
    "jingkai": person("jingkai", "officer", "zone:jingkai", zones=("jingkai",)),
    "donghu": person("donghu", "officer", "zone:donghu", zones=("donghu",)),
    "bureau": person("bureau", "bureau_officer", "city"),
    "partner": person("partner", "partner", "org:acme", org="acme"),
    "editor": person("editor", "policy_editor"),
    "other-editor": person("other-editor", "policy_editor"),
    "reviewer": person("reviewer", "reviewer"),
    "admin": person("admin", "administrator"),
}

FACTS = {"industry_code": "3962", "fixed_asset_investment": "3.5亿元", "land_mu": 80, "jobs": 300}


@dataclass
class Desk:
    """The running service, as people and the leads service use it."""

    ports: Ports
    clock: ManualClock
    app: FastAPI
    client: httpx.AsyncClient
    heard: list[Event] = field(default_factory=list)
    _keys: int = 0

    async def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        match: int | None = None,
        **params: Any,
    ) -> httpx.Response:
        """One request; writing ones carry a fresh key unless one is given."""
        headers = {}
        if who:
            token = TokenIssuer(self.ports.keys, self.ports.clock).issue(PEOPLE[who], "incentives")
            headers["authorization"] = f"Bearer {token}"
        if method != "GET":
            self._keys += 1
            headers["idempotency-key"] = key or f"{who}-{self._keys}"
        if match is not None:
            headers["if-match"] = f'"{match}"'
        return await self.client.request(method, path, json=body, headers=headers, params=params)

    async def get(self, path: str, who: str = "", **params: Any) -> Any:
        """What a GET answers."""
        response = await self.ask(who, "GET", path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any, who: str = "", status: int = 200, **more: Any) -> Any:
        """What a POST answers."""
        response = await self.ask(who, "POST", path, body, **more)
        assert response.status_code == status, response.text
        return response.json()

    async def lead(
        self,
        id: str = "lead-1",
        revision: int = 1,
        *,
        facts: dict[str, Any] | None = None,
        readers: tuple[str, ...] = ("city", "zone:jingkai"),
        settle: bool = True,
        **changes: Any,
    ) -> Event:
        """The leads service tells of a lead."""
        said: EventData = snapshot(id, revision, FACTS if facts is None else facts, readers, **changes)
        event = envelop([said], source="leads", aggregate=id, revision=revision, time=self.clock.now())[0]
        await self.ports.bus.publish([Message(topic_of("leads"), id, event.encode())])
        if settle:
            await self.settle()
        return event

    async def settle(self) -> None:
        """Wait until everything said was heard, and everything stored was told."""
        async with asyncio.timeout(10):
            while True:
                positions = await self.ports.bus.positions("incentives", [topic_of("leads")])
                waiting = any(position.lag for position in positions)
                if not waiting and not await self._pending():
                    return
                await asyncio.sleep(0.01)

    async def told(self, kind: type[EventData]) -> list[Event]:
        """Every event of a kind that the service has published so far."""
        subscription = await self.ports.bus.subscribe(f"test-{kind.__name__}", [topic_of("incentives")])
        try:
            while deliveries := await subscription.poll(500, 0.05):
                self.heard += [Event.decode(each.value) for each in deliveries]
                await subscription.commit({(each.topic, each.partition): each.offset + 1 for each in deliveries})
        finally:
            await subscription.close()
        return [event for event in self.heard if event.type == kind.event_type]

    async def _pending(self) -> bool:
        return bool(await self.ports.store.pending(1))


def snapshot(
    id: str, revision: int, facts: dict[str, Any], readers: tuple[str, ...], **changes: Any
) -> LeadRegistered | LeadChanged:
    """What an event says of a lead."""
    said: dict[str, Any] = {
        "lead_id": id,
        "lead_revision": revision,
        "readers": list(readers),
        "office": "jingkai",
        "zone": "jingkai",
        "stage": Stage.new,
        "state": LeadState.active,
        "owner": "jingkai",
        "investor": InvestorRef(id="inv", name="示例汽车电子有限公司"),
        "title": "智能车载终端项目",
        "confidential": False,
        "source_mode": SourceMode.industry_chain,
        "facts": parse_facts(facts, "officer", "jingkai"),
        "clocks": [],
        "registered_on": "2026-11-23",
        "updated_on": "2026-11-23",
        "origin": "form",
        **changes,
    }
    return LeadRegistered(**said) if revision == 1 else LeadChanged(**said, change="facts")


Opener = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a first start, to be copied: seeding takes most of a second."""
    data = tmp_path_factory.mktemp("seeded")

    async def start_once() -> None:
        settings = Settings(data=data)
        bus = open_bus(settings)
        ports = await open_ports("incentives", settings, bus, ManualClock(NOW))
        app = create_app(ports)
        async with app.router.lifespan_context(app):
            pass
        await ports.close()
        await bus.close()

    asyncio.run(start_once())
    return data


def copy_once(seeded: Path, data: Path) -> None:
    """Begin a test's data with the seeded ones."""
    if not any(data.iterdir()):
        shutil.copytree(seeded, data, dirs_exist_ok=True)


@pytest.fixture
def open_desk(tmp_path: Path, seeded: Path) -> Opener:
    """Start the service on this test's data; again and again, as restarts do. An office starts from nothing."""

    @asynccontextmanager
    async def open_one(*, catalogue: Literal["demo", "office"] = "demo", now: datetime = NOW) -> AsyncIterator[Desk]:
        if catalogue == "demo":
            copy_once(seeded, tmp_path)
        settings = Settings(data=tmp_path, catalogue=catalogue)
        clock = ManualClock(now)
        bus = open_bus(settings)
        ports = await open_ports("incentives", settings, bus, clock)
        app = create_app(ports)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        try:
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://incentives") as client,
            ):
                yield Desk(ports, clock, app, client)
        finally:
            await ports.close()
            await bus.close()

    return open_one


@pytest.fixture
async def desk(open_desk: Opener) -> AsyncIterator[Desk]:
    """The service with the demo catalogue."""
    async with open_desk() as one:
        yield one
