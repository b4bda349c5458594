"""The edge before a real notify service and an echo in the place of the others, on the embedded adapters."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic_settings import SettingsConfigDict

from contracts.catalogue import topic_of
from contracts.gateway import GatewayAudited
from gateway.app import create_app
from gateway.peer import Peer
from gateway.seed import SignIn, seed_accounts
from kit.errors import NotFound
from kit.events import Event
from kit.ports import Ports
from kit.settings import Settings
from kit.web import Asking
from kit.web import create_app as create_service
from operating.ids import random_id
from operating.opening import open_bus, open_ports
from services.notify.app import create_app as create_notify
from tests.clocks import ManualClock

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
FAST = 1000.0
"""Limits out of the way, except where they are what a test is about."""


class PlainSettings(Settings):
    """Settings of a test: from its arguments only."""

    model_config = SettingsConfigDict(env_prefix="QUCE_TEST_", extra="ignore")


@dataclass
class World:
    """A running edge with somebody to talk to behind it."""

    app: FastAPI
    ports: Ports
    notify: Ports
    clock: ManualClock
    peers: dict[str, Peer]
    sign_ins: dict[str, SignIn]
    behind: Behind
    services: dict[str, Any]
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self, base: str = "http://quce.test") -> httpx.AsyncClient:
        """A browser without any cookie yet."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=base)
        self.clients.append(client)
        return client

    async def signed_in(self, account: str) -> httpx.AsyncClient:
        """A browser with a session, which sends its token with every request."""
        client = self.browser()
        answer = await client.post(
            "/api/v1/sessions", json={"account": account, "password": self.sign_ins[account].password}
        )
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    async def told(self) -> list[dict[str, Any]]:
        """What the log was told so far, by the act's name."""
        for _ in range(500):
            if not await self.ports.store.pending(1):
                break
            await asyncio.sleep(0.01)
        heard: list[Event] = []
        subscription = await self.ports.bus.subscribe(f"test-{len(self.clients)}-{id(heard)}", [topic_of("gateway")])
        try:
            while deliveries := await subscription.poll(500, 0.05):
                heard += [Event.decode(each.value) for each in deliveries]
                await subscription.commit({(each.topic, each.partition): each.offset + 1 for each in deliveries})
        finally:
            await subscription.close()
        audited = [event.data for event in heard if event.type == GatewayAudited.event_type]
        return sorted(audited, key=lambda said: str(said["what"]))

    async def change(
        self, browser: httpx.AsyncClient, path: str, body: Any = None, method: str = "POST"
    ) -> httpx.Response:
        """A change of an account at its revision of now, under a key of its own."""
        account = path.removeprefix("/accounts/").split("/")[0]
        record = await self.app.state.repository.account_record(account)
        headers = {"Idempotency-Key": random_id(), "If-Match": f'"{record.revision}"'}
        return await browser.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def bearer(self, account: str) -> httpx.AsyncClient:
        """A program with a token."""
        client = await self.signed_in(account)
        made = await client.post("/api/v1/tokens", json={"name": "测试"}, headers={"Idempotency-Key": account})
        program = self.browser()
        program.headers["Authorization"] = f"Bearer {made.json()['token']}"
        return program


@dataclass
class Behind:
    """What the echo does next, and how often it was asked."""

    asked: int = 0
    crash: int = 0
    pause: float = 0.0


def echo(ports: Ports, behind: Behind) -> FastAPI:
    """A service that says what reached it."""
    app = create_service(name="leads", title="echo", ports=ports, body_limit=lambda _path: 30 * 1024 * 1024)

    async def answer(request: Request, response: Response, asking: Asking) -> dict[str, Any]:
        behind.asked += 1
        await asyncio.sleep(behind.pause)
        if request.url.path.endswith("/missing"):
            raise NotFound("没有这条线索。")
        body = await request.body()
        response.headers["Location"] = "/leads/1"
        response.headers["Set-Cookie"] = "inner=1"
        response.headers["ETag"] = '"3"'
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        return {
            "service": request.url.hostname,
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "method": request.method,
            "account": asking.account,
            "role": asking.role,
            "zones": asking.zones,
            "headers": headers,
            "client": request.client.host if request.client else None,
            "length": len(body),
        }

    app.add_api_route("/{rest:path}", answer, methods=["GET", "POST", "PATCH", "DELETE", "PUT"], response_model=None)
    return app


def crashing(app: FastAPI, behind: Behind) -> Callable[..., Any]:
    """The echo below which something breaks while ``behind.crash`` lasts."""

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        if behind.crash:
            behind.crash -= 1
            behind.asked += 1
            raise OSError("gone")
        await app(scope, receive, send)

    return handle


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with limits out of the way."""
    return PlainSettings(data=tmp_path, rate_limit_factor=FAST)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[World]:
    """The suite of these tests, with the first accounts where they are not there yet."""
    clock, behind = ManualClock(START), Behind()
    async with AsyncExitStack() as stack:
        bus = open_bus(settings)
        stack.push_async_callback(bus.close)
        ports: dict[str, Ports] = {}
        for name in ("notify", "leads", "incentives", "gateway"):
            ports[name] = await open_ports(name, settings, bus, clock)
            stack.push_async_callback(ports[name].close)
        notify = create_notify(ports["notify"])
        services: dict[str, Any] = {
            "notify": notify,
            "leads": crashing(echo(ports["leads"], behind), behind),
            "incentives": echo(ports["incentives"], behind),
        }
        peers = {name: Peer.in_process(service, name) for name, service in services.items()}
        app = create_app(ports["gateway"], peers)
        for each in (notify, app):
            await stack.enter_async_context(each.router.lifespan_context(each))
        seeded = await seed_accounts(ports["gateway"], peers["notify"])
        sign_ins = {each.account: each for each in seeded}
        made = World(app, ports["gateway"], ports["notify"], clock, peers, sign_ins, behind, services)
        yield made
        for client in made.clients:
            await client.aclose()


@pytest.fixture(scope="session")
def first_starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, SignIn]]]:
    """The data a first start leaves behind, by catalogue: hashing passwords once is enough."""
    made = {}
    for catalogue in ("demo", "office"):
        data = tmp_path_factory.mktemp(catalogue)
        made[catalogue] = (data, asyncio.run(_start_once(PlainSettings(data=data, catalogue=catalogue))))
    return made


async def _start_once(settings: Settings) -> dict[str, SignIn]:
    async with opened(settings) as world:
        return world.sign_ins


@pytest.fixture
async def world(settings: Settings, first_starts: dict[str, tuple[Path, dict[str, SignIn]]]) -> AsyncIterator[World]:
    """The suite of these tests, with accounts."""
    data, sign_ins = first_starts[settings.catalogue]
    shutil.copytree(data, settings.data, dirs_exist_ok=True)
    async with opened(settings) as made:
        made.sign_ins = dict(sign_ins)
        yield made
