"""One call to a service: a place among others, not while it is down, within its time, and once more where it may."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.breaker import Breaker, unavailable
from gateway.peer import Body, PeerSilent, PeerUnreached, Reply
from gateway.places import Places, Retries
from gateway.replicas import Replicas
from gateway.routing import seconds_for
from gateway.settings import DOWNLOAD_SECONDS, RETRY_JITTER, UPLOAD_SECONDS
from kit.clock import Clock

Headers = Sequence[tuple[bytes, bytes]]

_KEY = b"idempotency-key"
_READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a service; ``target`` is the encoded path with its query."""

    service: str
    method: str
    path: str
    target: bytes
    headers: Headers = ()
    body: Body = b""

    @property
    def repeatable(self) -> bool:
        """Whether asking twice is asking once: it reads, or has a key by which it is known again."""
        if not isinstance(self.body, bytes):
            return False
        return self.method in _READS or any(name == _KEY for name, _ in self.headers)


class Line:
    """The way to one service; ``places`` calls may be under way on it."""

    def __init__(self, service: str, replicas: Replicas, clock: Clock, places: int) -> None:
        self._service, self._replicas = service, replicas
        self._breaker, self._places, self._retries = Breaker(service, clock), Places(service, places), Retries()

    async def send(self, call: Call, headers: Headers) -> Reply:
        """The whole answer, whatever it is.

        Raises:
            ServiceUnavailable: there is none.
            ServiceOverloaded: too many ask at once.
        """
        self._breaker.admit()
        async with self._places.one():
            return await self._answer(call, headers, whole=True)

    @asynccontextmanager
    async def asking(self, call: Call, headers: Headers) -> AsyncIterator[Reply]:
        """The same; what follows the beginning of a large answer can be had inside, and its place is taken so long.

        Raises:
            ServiceUnavailable: there is none.
            ServiceOverloaded: too many ask at once.
        """
        self._breaker.admit()
        async with self._places.one():
            reply = await self._answer(call, headers, whole=False)
            if reply.rest is not None:
                try:
                    async with asyncio.timeout(DOWNLOAD_SECONDS):
                        yield reply
                except PeerSilent:
                    self._breaker.failed()
                    raise
                finally:
                    await reply.rest.aclose()
        if reply.rest is None:
            yield reply

    async def close(self) -> None:
        """Let connections go."""
        await self._replicas.close()

    async def _answer(self, call: Call, headers: Headers, *, whole: bool) -> Reply:
        self._retries.earn()
        try:
            reply = await self._within(call, headers, whole)
        except (PeerSilent, TimeoutError) as error:
            self._breaker.failed()
            raise unavailable(self._service) from error
        self._breaker.succeeded()
        return reply

    async def _within(self, call: Call, headers: Headers, whole: bool) -> Reply:
        seconds = seconds_for(call.method, call.path)
        async with asyncio.timeout(seconds) as limit:
            body = call.body if isinstance(call.body, bytes) else _arriving(call.body, limit, seconds)
            try:
                return await self._replicas.send(call.method, call.target, headers, body, whole=whole)
            except PeerUnreached:
                raise
            except PeerSilent:
                if not call.repeatable or self._breaker.open or not self._retries.take():
                    raise
            await asyncio.sleep(random.uniform(0, RETRY_JITTER))  # noqa: S311 - jitter, not a secret
            return await self._replicas.send(call.method, call.target, headers, body, whole=whole)


async def _arriving(body: AsyncIterator[bytes], limit: asyncio.Timeout, seconds: float) -> AsyncIterator[bytes]:
    """A body as it comes; how long that takes is for its sender to say, so the service's time begins at its end."""
    now = asyncio.get_running_loop().time
    limit.reschedule(now() + UPLOAD_SECONDS + seconds)
    async for piece in body:
        yield piece
    limit.reschedule(now() + seconds)
