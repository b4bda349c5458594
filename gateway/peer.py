"""The httpx adapter: how one app asks another, over a connection or in the same process; nothing else imports httpx.

Transports are used without httpx's client: cookies, redirects and content decoding are not wanted between
our own apps, and leaving them out halves the cost of a hop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import httpx
import orjson
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp

from gateway.settings import SERVICE
from kit.telemetry import answered, span, traceparent

HeaderList = Sequence[tuple[bytes, bytes]]
Body = bytes | AsyncIterator[bytes]

LARGE = 1024 * 1024

# who asks bounds how much at once; a connection rests for less than the five seconds after which uvicorn closes it,
# since nobody could tell whether what is sent into one just being closed was heard
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=4)
# what is lost of a connection's beginning is sent again after one second (RFC 6298), so less would give up just then
_TIMEOUTS = {"timeout": {"connect": 2.5, "read": 60.0, "write": 60.0, "pool": 1.0}}


class PeerSilent(Exception):
    """The other app could not be reached, or broke off before it had answered."""


class PeerUnreached(PeerSilent):
    """No connection came about: nothing was sent."""


_FAILURES = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, OSError)
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other app answered; header names are in lower case.

    ``rest`` is what follows the ``body`` of a large answer that was not to be read whole: whoever takes it closes it.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    rest: AsyncGenerator[bytes, None] | None = None

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
        self._url = lru_cache(maxsize=1024)(_joining(base))

    @classmethod
    def in_process(cls, app: ASGIApp, name: str) -> Self:
        """An app of this process; its lifespan is entered by who made it."""
        return cls(httpx.ASGITransport(app, raise_app_exceptions=False), f"http://{name}")

    @classmethod
    def at(cls, url: str) -> Self:
        """An app that listens at ``url``."""
        return cls(httpx.AsyncHTTPTransport(verify=url.startswith("https:"), limits=_LIMITS, trust_env=False), url)

    async def send(
        self, method: str, target: bytes, headers: HeaderList = (), body: Body = b"", *, whole: bool = True
    ) -> Reply:
        """Ask for ``target`` (the path with its query, encoded) and read the answer, all of it where ``whole``.

        Raises:
            PeerSilent: there was no answer.
        """
        url = self._url(target)
        said = {"http.request.method": method, "server.address": url.host}
        with span(SERVICE, method, SpanKind.CLIENT, attributes=said) as call:
            reply = await self._ask(method, url, [*headers, (b"traceparent", traceparent().encode())], body, whole)
            answered(call, reply.status)
        return reply

    async def _ask(self, method: str, url: httpx.URL, headers: HeaderList, body: Body, whole: bool) -> Reply:
        framed: list[tuple[bytes, bytes]] = [(b"host", url.netloc), *headers]
        carried: dict[str, Any] = {"content": body}
        if isinstance(body, bytes):
            framed.append((b"content-length", str(len(body)).encode()))
            carried = {"stream": httpx.ByteStream(body)}
        request = httpx.Request(method, url, headers=framed, extensions=_TIMEOUTS, **carried)
        try:
            response = await self._transport.handle_async_request(request)
        except _FAILURES as error:
            raise _silence(url, error) from error
        return await _read(response, _pieces(response, url), whole)

    async def close(self) -> None:
        """Let connections go."""
        await self._transport.aclose()


def _joining(base: str) -> Callable[[bytes], httpx.URL]:
    """How a target is joined to an address."""
    url = httpx.URL(base)
    prefix = url.raw_path.rstrip(b"/")
    return lambda target: url.copy_with(raw_path=prefix + target)


async def _read(response: httpx.Response, pieces: AsyncGenerator[bytes, None], whole: bool) -> Reply:
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    held, size = [], 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > LARGE and not whole:
            return Reply(response.status_code, headers, b"".join(held), pieces)
    return Reply(response.status_code, headers, b"".join(held))


async def _pieces(response: httpx.Response, url: httpx.URL) -> AsyncGenerator[bytes, None]:
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - an asynchronous transport gives no other
    try:
        async for piece in stream:
            yield piece
    except _FAILURES as error:
        raise _silence(url, error) from error
    finally:
        await response.aclose()


def _silence(url: httpx.URL, error: Exception) -> PeerSilent:
    kind = PeerUnreached if isinstance(error, _UNREACHED) else PeerSilent
    return kind(f"{url.netloc.decode()}: {type(error).__name__}")
