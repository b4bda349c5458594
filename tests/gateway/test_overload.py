"""Ten times more than can be answered: callers hear 2xx, 429 or 503 with Retry-After, and then all is as before."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send

from gateway.app import create_app
from gateway.calls import Line
from gateway.errors import ServiceOverloaded
from gateway.peer import Peer, Reply
from gateway.places import Places
from gateway.replicas import replicas_of
from gateway.settings import CALLS_WAITING, GatewaySettings
from kit.errors import Problem
from kit.http import Edge
from tests.gateway.conftest import World
from tests.gateway.wire import Asked, call, fine, line_to, raw, served

MOST = 8
"""What the process of these tests answers at once; it is asked ten times as much."""


class Busy:
    """An app that takes its time, and notes how many it answers at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.most = seconds, 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.seconds if scope["path"] == "/work" else 0)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
        finally:
            self.now -= 1


@pytest.fixture
async def busy() -> AsyncIterator[tuple[Busy, Peer]]:
    """It, behind the edge of every app, on a real server."""
    app = Busy(0.1)
    async with served(Edge(app, "busy", lambda _path: 1 << 20, most=MOST)) as url:
        peer = Peer.at(url)
        yield app, peer
        await peer.close()


def assert_told_to_come_again(reply: Reply) -> None:
    assert reply.status == 503
    assert int(reply.header("retry-after") or 0) > 0
    assert reply.header("content-type") == "application/problem+json"
    assert len(reply.json()["trace_id"]) == 32
    assert "请" in reply.json()["detail"]


async def test_a_process_answers_so_many_and_turns_the_others_away(busy: tuple[Busy, Peer]) -> None:
    app, peer = busy
    replies = await asyncio.gather(*(peer.send("GET", b"/work") for _ in range(MOST * 10)))
    statuses = Counter(each.status for each in replies)
    assert set(statuses) == {200, 503}
    assert statuses[200] >= MOST
    assert app.most == MOST
    for each in replies:
        if each.status != 200:
            assert_told_to_come_again(each)
    started = time.perf_counter()
    assert [(await peer.send("GET", b"/work")).status for _ in range(2)] == [200, 200]
    assert time.perf_counter() - started < 2


async def test_whether_a_process_is_well_can_be_asked_all_the_time(busy: tuple[Busy, Peer]) -> None:
    app, peer = busy
    app.seconds = 0.8
    working = [asyncio.create_task(peer.send("GET", b"/work")) for _ in range(MOST)]
    while app.now < MOST:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.005)
    assert (await peer.send("GET", b"/work")).status == 503
    for path in (b"/healthz", b"/readyz", b"/metrics"):
        assert (await peer.send("GET", path)).status == 200
    assert {each.status for each in await asyncio.gather(*working)} == {200}


async def test_so_many_calls_to_a_service_and_the_others_wait_a_moment_or_go() -> None:
    under_way, most = 0, 0

    async def slowly(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        await fine(_asked, writer)

    async with raw(slowly) as there, line_to(there.url, places=MOST) as line:
        heard = await asyncio.gather(*(_heard(line) for _ in range(MOST * 20)))
        assert Counter(heard) == {"200": MOST + CALLS_WAITING, "service-overloaded": MOST * 19 - CALLS_WAITING}
        assert most == MOST
        assert there.connections <= MOST
        assert await _heard(line) == "200"


async def _heard(line: Line) -> str:
    try:
        return str((await line.send(call(), ())).status)
    except Problem as problem:
        return problem.slug if problem.status == 503 and int(problem.headers["Retry-After"]) > 0 else str(problem)


async def test_nobody_waits_for_a_place_for_long_and_none_is_lost() -> None:
    places = Places("leads", 1, patience=0.05)
    async with places.one():
        for _ in range(3):
            with pytest.raises(ServiceOverloaded):
                async with places.one():
                    pass
        waiting = asyncio.create_task(_inside(places))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with places.one():
        pass
    assert await _inside(places)


async def _inside(places: Places) -> bool:
    async with places.one():
        return True


async def test_the_edge_lives_on_while_one_service_is_overrun(world: World) -> None:
    places = GatewaySettings.current().calls_at_once
    world.behind.pause = 0.3
    async with served(world.services["leads"]) as url:
        app = create_app(world.ports, {**world.peers, "leads": replicas_of(url)})
        edge, headers = Peer.in_process(app, "edge"), await _signed(world)
        crowd = [asyncio.create_task(edge.send("GET", b"/api/v1/leads", headers)) for _ in range(places * 4)]
        await asyncio.sleep(0.15)
        world.behind.pause = 0.0
        started = time.perf_counter()
        assert (await edge.send("GET", b"/api/v1/zones", headers)).status == 200
        assert time.perf_counter() - started < 1.5
        replies = await asyncio.gather(*crowd)
        statuses = Counter(each.status for each in replies)
        assert set(statuses) == {200, 503}
        assert statuses[200] >= places
        for each in replies:
            if each.status == 503:
                assert_told_to_come_again(each)
        assert (await edge.send("GET", b"/api/v1/leads", headers)).status == 200
        await app.state.upstream.close()


async def _signed(world: World) -> list[tuple[bytes, bytes]]:
    program = await world.bearer("donghu")
    return [(b"authorization", program.headers["authorization"].encode())]
