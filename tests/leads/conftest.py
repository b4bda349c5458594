"""The leads service alone, on the embedded adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.issuing import TokenIssuer
from kit.auth import Principal
from kit.ports import Ports
from kit.settings import Settings
from operating.opening import open_bus, open_ports
from services.leads.app import create_app
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

PEOPLE = {
    "jingkai": Principal("jingkai", "officer", ("jingkai",), None, frozenset({"public", "zone:jingkai"})),
    "donghu": Principal("donghu", "officer", ("donghu",), None, frozenset({"public", "zone:donghu"})),
    "bureau": Principal("bureau", "bureau_officer", (), None, frozenset({"public", "city"})),
    "manager": Principal("manager", "manager", (), None, frozenset({"public", "city"})),
    "partner": Principal("partner", "partner", (), "acme", frozenset({"public", "org:acme"})),
}


class Caller:
    """The service as one person calls it."""

    def __init__(self, client: httpx.AsyncClient, ports: Ports, who: str) -> None:
        self._client, self._who = client, who
        self._issuer = TokenIssuer(ports.keys, ports.clock)
        self._number = 0

    async def send(
        self, method: str, path: str, *, match: int | None = None, key: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if self._who:
            headers["authorization"] = f"Bearer {self._issuer.issue(PEOPLE[self._who], 'leads')}"
        if method != "GET":
            self._number += 1
            if key != "":
                headers["idempotency-key"] = key or f"{self._who}-{self._number}"
        if match is not None:
            headers["if-match"] = f'"{match}"'
        return await self._client.request(method, path, headers=headers, **more)

    async def get(self, path: str, **params: Any) -> Any:
        response = await self.send("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    async def register(self, **changes: Any) -> Any:
        response = await self.send("POST", "/leads", json=lead_body(**changes))
        assert response.status_code == 201, response.text
        return response.json()


class Team:
    """Everybody's way to the service, its ports and its clock."""

    def __init__(self, client: httpx.AsyncClient, ports: Ports, clock: ManualClock) -> None:
        self._client = client
        self.ports, self.clock = ports, clock
        self._callers: dict[str, Caller] = {}

    def __getitem__(self, who: str) -> Caller:
        return self._callers.setdefault(who, Caller(self._client, self.ports, who))


def lead_body(**changes: Any) -> dict[str, Any]:
    """A complete, valid lead; ``changes`` replace or (with None) remove fields."""
    body = {
        "title": "智能车载终端项目",
        "zone": "jingkai",
        "source_mode": "industry_chain",
        "investor": {"name": "示例汽车电子有限公司", "unified_social_credit_code": "91350100M000100Y43"},
        "facts": {"industry_code": "3962", "fixed_asset_investment": "3.5亿元", "land_mu": 80, "jobs": 300},
        "first_contact": {"date": "2026-11-20", "evidence": "会谈纪要"},
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    settings = Settings(data=tmp_path)
    clock = ManualClock(NOW)
    bus = open_bus(settings)
    ports = await open_ports("leads", settings, bus, clock)
    app = create_app(ports)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://leads"
        ) as client,
    ):
        yield Team(client, ports, clock)
    await ports.close()
    await bus.close()
