"""Services at the other end of a real connection: real servers for apps, and one that speaks bytes, to misbehave."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from gateway.calls import Call, Line
from gateway.peer import Peer
from gateway.replicas import Replica, Replicas
from kit.clock import Clock, SystemClock

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@asynccontextmanager
async def served(app: ASGIApp, host: str = "127.0.0.1", port: int = 0, **how: Any) -> AsyncIterator[str]:
    """The URL at which uvicorn serves an app."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        taken = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", **how))
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        try:
            yield f"http://[{host}]:{taken}" if ":" in host else f"http://{host}:{taken}"
        finally:
            server.should_exit = server.force_exit = True
            await serving


@dataclass
class Asked:
    """One request as the bytes of it came."""

    head: str
    body: bytes
    connection: int

    @property
    def method(self) -> str:
        """The request's."""
        return self.head.split(" ", 1)[0]

    def header(self, name: str) -> str | None:
        """One header's value."""
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return next((value for key, _, value in lines if key.lower() == name), None)


Behave = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Raw:
    """A server whose every byte a test decides; ``behave`` answers one request, or closes the connection."""

    behave: Behave
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = field(default_factory=dict)

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        self.connections += 1
        number = self.connections
        self.open[writer] = asyncio.current_task()
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip()
                asked = Asked(head, b"", number)
                asked.body = await _body(asked, reader)
                self.asked.append(asked)
                await self.behave(asked, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            del self.open[writer]
            writer.close()

    async def close(self) -> None:
        """End every connection, answered or not."""
        tasks = [each for each in self.open.values() if each is not None]
        for writer, task in list(self.open.items()):
            writer.transport.abort()
            if task is not None:
                task.cancel()
        await asyncio.gather(*tasks)


async def _body(asked: Asked, reader: asyncio.StreamReader) -> bytes:
    if asked.header("transfer-encoding") is None:
        return await reader.readexactly(int(asked.header("content-length") or 0))
    pieces = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(pieces)


@asynccontextmanager
async def raw(behave: Behave) -> AsyncIterator[Raw]:
    """A server of bytes."""
    made = Raw(behave)
    server = await asyncio.start_server(made.hold, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        await made.close()
        await server.wait_closed()


async def fine(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answers."""
    writer.write(OK)


async def gone(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Hears, and breaks off."""
    writer.transport.abort()


def replicas_at(*urls: str, now: Callable[[], float] | None = None) -> Replicas:
    """Replicas at fixed addresses, with a clock of their own."""
    fixed = [Replica(Peer.at(url)) for url in urls]
    return Replicas(fixed) if now is None else Replicas(fixed, now=now)


@asynccontextmanager
async def line_to(*urls: str, clock: Clock | None = None, places: int = 64) -> AsyncIterator[Line]:
    """The edge's way to these replicas."""
    line = Line("leads", replicas_at(*urls), clock or SystemClock(), places)
    yield line
    await line.close()


def call(method: str = "GET", *, key: str | None = None, body: bytes | AsyncIterator[bytes] = b"") -> Call:
    """A call as the proxy makes it."""
    headers = [] if key is None else [(b"idempotency-key", key.encode())]
    return Call("leads", method, "/leads", b"/leads", headers, body)


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
