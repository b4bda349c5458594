"""The httpcore adapter: one request over a connection of its own, to an address that was judged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore

from services.notify.outside.addresses import Reach, Target

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

SECONDS = 10.0
LIMIT = 64 * 1024


class NoAnswer(Exception):
    """It could not be reached, broke off, took too long or said too much; the text says which, in Chinese."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; a redirect is an answer like any other and is never followed."""

    status: int
    body: bytes


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Outside:
    """Everything beyond the installation."""

    def __init__(
        self, reach: Reach, resolver: Resolver = resolve, *, seconds: float = SECONDS, limit: int = LIMIT
    ) -> None:
        self._reach, self._resolver, self._seconds, self._limit = reach, resolver, seconds, limit

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send ``body`` once.

        Raises:
            AddressRefused: requests may not go there; nothing was sent.
            NoAnswer: there was none.
        """
        target = self._reach.target(url)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(target, body, headers)
        except TimeoutError as error:
            raise NoAnswer(f"{target.host} 在 {self._seconds:g} 秒内没有答复。") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise NoAnswer(f"连不上 {target.host}:{target.port}（{type(error).__name__}）。") from error

    async def _exchange(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        backend = _Judged(self._reach, self._resolver)
        async with (
            httpcore.AsyncConnectionPool(network_backend=backend, max_keepalive_connections=0) as pool,
            pool.stream("POST", url, headers=[("Host", target.netloc), *headers.items()], content=body) as response,
        ):
            return Answer(response.status, await self._bounded(response, target))

    async def _bounded(self, response: httpcore.Response, target: Target) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_stream():
            body += chunk
            if len(body) > self._limit:
                raise NoAnswer(f"{target.host} 的答复超过 {self._limit // 1024} KiB，已中止。")
        return bytes(body)


class _Judged(httpcore.AsyncNetworkBackend):
    """Connects names to judged addresses; httpcore keeps the name for TLS and ``Host``."""

    def __init__(self, reach: Reach, resolver: Resolver) -> None:
        self._reach, self._resolver = reach, resolver
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address, once all of them were judged."""
        addresses = [self._reach.judge(each) for each in await self._resolver(host, port)]
        if not addresses:
            raise httpcore.ConnectError
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)
