"""Asking another app: the same answers over a connection and in the same process, and an honest silence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from gateway.peer import Peer, PeerSilent


def echo() -> FastAPI:
    app = FastAPI()

    async def answer(request: Request, response: Response) -> dict[str, Any]:
        response.headers["X-Said"] = "一".encode().hex()
        return {
            "target": request.scope["raw_path"].decode() + "?" + request.url.query,
            "method": request.method,
            "name": request.headers.get("x-name"),
            "body": (await request.body()).decode(),
        }

    app.add_api_route("/{rest:path}", answer, methods=["GET", "POST"], response_model=None)
    return app


@pytest.fixture(params=["in_process", "at"])
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    if request.param == "in_process":
        yield Peer.in_process(echo(), "echo")
        return
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(echo(), log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        over_wire = Peer.at(f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield over_wire
        await over_wire.close()
        server.should_exit = True
        await serving


async def test_path_query_headers_and_body_arrive_as_they_were_sent(peer: Peer) -> None:
    headers = [(b"x-name", b"n")]
    reply = await peer.send("POST", b"/a/%E4%B8%80%2Fb?c=%2F&d=1", headers, "二".encode())
    assert reply.ok
    assert reply.json() == {"target": "/a/%E4%B8%80%2Fb?c=%2F&d=1", "method": "POST", "name": "n", "body": "二"}
    assert reply.header("X-Said") == "e4b880"
    assert reply.header("absent") is None


async def test_a_body_may_be_passed_on_in_pieces(peer: Peer) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"a", b"b", b"c"):
            yield piece

    reply = await peer.send("POST", b"/", (), pieces())
    assert reply.json()["body"] == "abc"


async def test_answers_come_together(peer: Peer) -> None:
    replies = await asyncio.gather(*(peer.send("GET", f"/{n}".encode()) for n in range(50)))
    assert [reply.json()["target"] for reply in replies] == [f"/{n}?" for n in range(50)]


async def test_an_app_that_is_not_there_is_silent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        peer = Peer.at(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(PeerSilent):
            await peer.send("GET", b"/")
        await peer.close()
