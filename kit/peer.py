"""The httpx adapter: how one app asks another, over a connection or in the same process; nothing else imports httpx.

Transports are used without httpx's client: cookies, redirects and content decoding are not wanted between
our own apps, and leaving them out halves the cost of a hop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import httpx
import orjson
from starlette.types import ASGIApp

HeaderList = Sequence[tuple[bytes, bytes]]

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30)
_TIMEOUTS = {"timeout": {"connect": 1.0, "read": 60.0, "write": 60.0, "pool": 1.0}}


class PeerSilent(Exception):
    """The other app could not be reached, or broke off before it had answered."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other app answered; header names are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is an answer of success."""
        return self.status < 400

    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    def header(self, name: str) -> str | None:
        """One header's value."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key == wanted), None)


class Peer:
    """Another app."""

    def __init__(self, transport: httpx.AsyncBaseTransport, base: str) -> None:
        self._transport = transport
        self._url = lru_cache(maxsize=1024)(_Base(base).join)

    @classmethod
    def in_process(cls, app: ASGIApp, name: str) -> Self:
        """An app of this process; its lifespan is entered by who made it."""
        return cls(httpx.ASGITransport(app, raise_app_exceptions=False), f"http://{name}")

    @classmethod
    def at(cls, url: str) -> Self:
        """An app that listens at ``url``."""
        return cls(httpx.AsyncHTTPTransport(limits=_LIMITS, trust_env=False), url)

    async def send(
        self, method: str, target: bytes, headers: HeaderList = (), body: bytes | AsyncIterator[bytes] = b""
    ) -> Reply:
        """Ask for ``target`` (the path with its query, encoded) and read the whole answer.

        Raises:
            PeerSilent: there was no answer.
        """
        url = self._url(target)
        framed: list[tuple[bytes, bytes]] = [(b"host", url.netloc), *headers]
        stream: httpx.AsyncByteStream
        if isinstance(body, bytes):
            framed.append((b"content-length", str(len(body)).encode()))
            stream = httpx.ByteStream(body)
        else:
            framed.append((b"transfer-encoding", b"chunked"))
            stream = _Chunks(body)
        request = httpx.Request(method, url, headers=framed, stream=stream, extensions=_TIMEOUTS)
        try:
            response = await self._transport.handle_async_request(request)
            return await _read(response)
        except (httpx.TransportError, OSError) as error:
            raise PeerSilent(f"{method} {url.host}: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let connections go."""
        await self._transport.aclose()


class _Base:
    """The address that targets are joined to."""

    def __init__(self, base: str) -> None:
        self._url = httpx.URL(base)
        self._prefix = self._url.raw_path.rstrip(b"/")

    def join(self, target: bytes) -> httpx.URL:
        """The address of one target."""
        return self._url.copy_with(raw_path=self._prefix + target)


class _Chunks(httpx.AsyncByteStream):
    """A body that is passed on as it arrives."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks


async def _read(response: httpx.Response) -> Reply:
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - an asynchronous transport gives no other
    try:
        body = b"".join([chunk async for chunk in stream])
    finally:
        await response.aclose()
    return Reply(response.status_code, [(name.lower(), value) for name, value in response.headers.raw], body)
