"""The edge before services of other processes: files both ways, who is let in, and which address each side sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Header, Response
from joserfc import jwt
from joserfc.jwk import OKPKey
from starlette.types import Receive, Scope, Send

from gateway import proxy
from gateway.app import create_app
from gateway.issuing import TokenIssuer
from gateway.replicas import replicas_of
from gateway.settings import BREAKER_FAILURES, ENQUIRIES_A_MINUTE, GatewaySettings
from kit.auth import Principal
from kit.settings import Settings
from tests.gateway.conftest import World
from tests.gateway.wire import served

FILE = bytes(range(256)) * (4096 * 6)
"""6 MiB, so more than the edge ever holds."""


def files() -> FastAPI:
    """A service with a large file, in ranges too."""
    app = FastAPI()

    async def read(range_: str | None = Header(None, alias="Range")) -> Response:
        if range_ is None:
            return Response(FILE, headers={"Accept-Ranges": "bytes"}, media_type="text/csv")
        start, end = (int(each) for each in range_.removeprefix("bytes=").split("-"))
        told = {"Content-Range": f"bytes {start}-{end}/{len(FILE)}"}
        return Response(FILE[start : end + 1], 206, told, "text/csv")

    app.add_api_route("/exports/{id}/file", read, methods=["GET"], response_model=None)
    return app


@asynccontextmanager
async def apart(world: World, **other: Any) -> AsyncIterator[str]:
    """The URL of an edge that reaches its services over connections."""
    async with AsyncExitStack() as stack:
        apps = world.services | other
        urls = {name: await stack.enter_async_context(served(app)) for name, app in apps.items()}
        app = create_app(world.ports, {name: replicas_of(url) for name, url in urls.items()})
        yield await stack.enter_async_context(served(app))
        await app.state.upstream.close()


@asynccontextmanager
async def client(url: str, world: World | None = None, **how: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the edge: with the token of an officer, or a visitor."""
    transport = httpx.AsyncHTTPTransport(**how)
    async with httpx.AsyncClient(transport=transport, base_url=url) as made:
        if world is not None:
            made.headers["Authorization"] = (await world.bearer("donghu")).headers["authorization"]
        yield made


async def test_what_goes_in_process_goes_over_connections(world: World) -> None:
    async with apart(world) as url, client(url, world) as officer:
        said = (await officer.patch("/api/v1/leads/1?a=1", json={"x": 1}, headers={"Idempotency-Key": "k"})).json()
        assert (said["role"], said["path"], said["query"], said["length"]) == ("officer", "/leads/1", "a=1", 7)
        assert (await officer.head("/api/v1/leads")).status_code in (200, 405)
        assert (await officer.get("/api/v1/notifications/count")).status_code == 200
        missing = await officer.get("/api/v1/leads/missing")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


async def test_a_large_file_and_ranges_of_it_come_through_as_they_are(world: World) -> None:
    async with apart(world, leads=files()) as url, client(url, world) as officer:
        whole = await officer.get("/api/v1/exports/1/file")
        assert whole.status_code == 200
        assert whole.content == FILE
        assert whole.headers["content-length"] == str(len(FILE))
        assert whole.headers["x-content-type-options"] == "nosniff"
        start, end = 1_000_000, 4_000_000
        part = await officer.get("/api/v1/exports/1/file", headers={"Range": f"bytes={start}-{end}"})
        assert part.status_code == 206
        assert part.content == FILE[start : end + 1]
        assert part.headers["content-range"] == f"bytes {start}-{end}/{len(FILE)}"


async def test_who_leaves_in_the_middle_of_a_file_stops_it_and_leaves_the_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GatewaySettings, "current", lambda: GatewaySettings(calls_at_once=2))
    sent = 0

    async def endless(_scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await receive()
        left = asyncio.ensure_future(receive())
        length = [(b"content-length", str(1 << 40).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        while not left.done():
            await send({"type": "http.response.body", "body": FILE[:65536], "more_body": True})
            await asyncio.sleep(0)
            sent += 1

    async with apart(world, leads=endless) as url, client(url, world) as officer:
        for _ in range(6):
            before = sent
            async with officer.stream("GET", "/api/v1/exports/1/file") as answer:
                assert answer.status_code == 200
            assert sent > before


async def test_twenty_megabytes_go_through(world: World) -> None:
    async with apart(world) as url, client(url, world) as officer:
        answer = await officer.post("/api/v1/imports", files={"file": ("a.xlsx", b"x" * (19 << 20))})
        assert answer.status_code == 200
        assert answer.json()["length"] > 19 << 20
        too_large = await officer.post("/api/v1/imports", files={"file": ("a.xlsx", b"x" * (21 << 20))})
        assert too_large.status_code == 413


async def test_who_sends_too_slowly_is_told_so_and_the_service_is_not_blamed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "PIECE_SECONDS", 0.05)

    async def stopping() -> AsyncIterator[bytes]:
        yield b"--x\r\n"
        await asyncio.sleep(1)
        yield b"--x--\r\n"

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    async with apart(world) as url, client(url, world) as officer:
        sending = (officer.post("/api/v1/imports", content=stopping(), headers=form) for _ in range(BREAKER_FAILURES))
        for answer in await asyncio.gather(*sending):
            assert answer.status_code == 408
            assert answer.json()["type"] == "/problems/request-timeout"
        assert (await officer.get("/api/v1/leads")).status_code == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /api/v1/zones HTTP/1.1\r\nHost: x\r\nAccept: spaces after it \t\r\n", b"200"),
        (b"GET /api/v1/zones HTTP/1.1\r\nHost: x\r\nAccept:\r\n", b"200"),
        (b"GET /api/v1/zones HTTP/1.1\r\nHost: x\r\nAccept: a\x01\x7f\xff\r\n", b"400"),
        (b'GET /api/v1/zones?"<>^`{|}\\ HTTP/1.1\r\nHost: x\r\n', b"200"),
        (b"GET /api/v1/zones?" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n", b"200"),
        (b"GET http://other/api/v1/zones HTTP/1.1\r\nHost: x\r\n", b"200"),
        (b"PURGE /api/v1/zones HTTP/1.1\r\nHost: x\r\n", b"405"),
        (b"GET /api/v1/zones HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Accept\r\nTE: trailers\r\n", b"200"),
    ],
    ids=["blanks", "empty", "control", "odd", "long", "absolute", "method", "hop"],
)
async def test_what_a_visitor_writes_is_never_held_against_a_service(world: World, head: bytes, status: bytes) -> None:
    async with apart(world) as url, client(url) as visitor:
        for _ in range(BREAKER_FAILURES + 1):
            reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
            writer.write(head + b"\r\n")
            assert (await reader.readline()).split()[1] == status
            writer.close()
            await writer.wait_closed()
        assert (await visitor.get("/api/v1/zones")).status_code == 200


async def test_visitors_send_no_files(world: World) -> None:
    async with apart(world) as url, client(url) as visitor:
        answer = await visitor.post("/api/v1/imports", files={"file": ("a.xlsx", b"x")})
        assert answer.status_code == 401
        assert world.behind.asked == 0


class TestStrangers:
    """Who reaches a service past the edge has nothing to show, and is a visitor."""

    async def test_only_the_edges_tokens_for_this_service_count(self, world: World) -> None:
        issuer = TokenIssuer(world.ports.keys, world.clock)
        admin = Principal("a", "administrator")
        good, other = issuer.issue(admin, "leads"), issuer.issue(admin, "notify")
        forged = jwt.encode(
            {"alg": "Ed25519", "kid": world.ports.keys.newest.kid}, jwt.decode(good, world.ports.keys.newest,
            algorithms=["Ed25519"]).claims, OKPKey.generate_key("Ed25519"), algorithms=["Ed25519"],
        )  # fmt: skip
        async with served(world.services["leads"]) as url, client(url) as stranger:
            for token, status in ((good, 200), (other, 401), (forged, 401), (good[:-4], 401), ("x", 401)):
                answer = await stranger.get("/leads", headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == status
            assert (await stranger.get("/leads", headers={"Cookie": "quce=x", "X-User": "admin"})).json()[
                "account"
            ] == ""

    async def test_what_is_for_some_is_for_no_visitor(self, world: World) -> None:
        async with served(world.services["notify"]) as url, client(url) as stranger:
            for path in ("/notifications/count", "/digests", "/recipients/x", "/dead-letters/notify", "/system/notify"):
                assert (await stranger.get(path)).status_code == 401


class TestAddresses:
    """What somebody says of their own address is not believed."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """The limits as they are."""
        return settings.model_copy(update={"rate_limit_factor": 1.0})

    async def test_nobody_outside_makes_up_another_address(self, world: World) -> None:
        """Of loopback, only 127.0.0.1 is where a reverse proxy of this machine would be."""
        async with apart(world) as url, client(url, local_address="127.0.0.2") as visitor:
            statuses = [await self.enquire(visitor, f"203.0.113.{each}") for each in range(ENQUIRIES_A_MINUTE + 2)]
            assert statuses == [200] * ENQUIRIES_A_MINUTE + [429] * 2

    async def test_of_what_a_proxy_was_told_only_its_own_word_counts(self, world: World) -> None:
        async with apart(world) as url, client(url) as proxied:
            told = [f"203.0.113.{each}, 198.51.100.7" for each in range(ENQUIRIES_A_MINUTE + 2)]
            assert [await self.enquire(proxied, each) for each in told] == [200] * ENQUIRIES_A_MINUTE + [429] * 2
            assert await self.enquire(proxied, "203.0.113.1, 198.51.100.8") == 200

    async def test_a_service_sees_the_edge_and_is_told_no_address(self, world: World) -> None:
        async with apart(world) as url, client(url, local_address="127.0.0.2") as visitor:
            headers = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
            said = (await visitor.get("/api/v1/zones", headers=headers)).json()
            assert said["client"] == "127.0.0.1"
            assert not {each.lower() for each in headers} & set(said["headers"])

    async def enquire(self, visitor: httpx.AsyncClient, forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded, "X-Real-IP": forwarded, "Forwarded": f"for={forwarded}",
                   "Idempotency-Key": forwarded.replace(" ", "")}  # fmt: skip
        return (await visitor.post("/api/v1/enquiries", json={}, headers=headers)).status_code
