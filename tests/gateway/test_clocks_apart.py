"""Machines whose clocks are ten minutes apart: what goes on, and what people read where it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from gateway.app import create_app
from gateway.breaker import Breaker
from gateway.errors import ServiceUnavailable
from gateway.replicas import replicas_of
from gateway.settings import BREAKER_FAILURES, BREAKER_PAUSE
from kit.auth import TokenVerifier
from services.notify.app import create_app as create_notify
from tests.clocks import ManualClock
from tests.gateway.conftest import START, World
from tests.gateway.wire import served

TEN = timedelta(minutes=10)


@asynccontextmanager
async def edge_to(world: World, ahead: timedelta) -> AsyncIterator[httpx.AsyncClient]:
    """An officer at an edge whose notify service has another clock."""
    clock = ManualClock(START + ahead)
    ports = replace(world.notify, clock=clock, verifier=TokenVerifier(world.notify.keys, "notify", clock))
    async with served(create_notify(ports)) as url:
        app = create_app(world.ports, {**world.peers, "notify": replicas_of(url)})
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://quce.test") as officer:
            officer.cookies = (await world.signed_in("donghu")).cookies
            yield officer
        await app.state.upstream.close()


@pytest.mark.parametrize("ahead", [-TEN, timedelta(minutes=3)])
async def test_a_service_a_little_ahead_or_behind_serves(world: World, ahead: timedelta) -> None:
    async with edge_to(world, ahead) as officer:
        assert (await officer.get("/api/v1/notifications/count")).status_code == 200


async def test_a_service_far_ahead_says_whose_fault_it_is(world: World) -> None:
    async with edge_to(world, TEN) as officer:
        answer = await officer.get("/api/v1/notifications/count")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/clocks-apart")
        assert "时钟相差约 10 分钟" in answer.json()["detail"]
        assert "登录没有问题" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "60"
        page = await officer.get("/notifications")
        assert "时钟相差约 10 分钟" in page.text
        assert (await officer.get("/api/v1/sessions/current")).status_code == 200


@pytest.mark.parametrize("ahead", [TEN, -TEN])
async def test_a_session_holds_at_an_edge_with_another_clock(world: World, ahead: timedelta) -> None:
    other = create_app(replace(world.ports, clock=ManualClock(START + ahead)), world.peers)
    here = await world.signed_in("donghu")
    transport = httpx.ASGITransport(other, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://quce.test", cookies=here.cookies) as there:
        assert (await there.get("/api/v1/sessions/current")).status_code == 200
    assert (await here.get("/api/v1/sessions/current")).status_code == 200


def test_a_clock_set_back_keeps_no_service_shut_out() -> None:
    clock = ManualClock(START)
    breaker = Breaker("leads", clock)
    for _ in range(BREAKER_FAILURES):
        breaker.failed()
    with pytest.raises(ServiceUnavailable):
        breaker.admit()
    clock.advance(-TEN)
    breaker.admit()
    with pytest.raises(ServiceUnavailable):
        breaker.admit()
    clock.advance(timedelta(seconds=BREAKER_PAUSE))
    breaker.admit()
