"""The replicas of a service as one: each in its turn, the next at once where one is not there, none that just failed.

A host name may stand for several addresses. Sorted by the resolver, they would all lead to the same one, so each is a
replica of its own here, and the name is looked up again every few seconds.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.peer import Body, HeaderList, Peer, PeerSilent, PeerUnreached, Reply
from gateway.settings import LONGEST_CALL, LOOK_UP_EVERY, REST_FIRST, REST_LONGEST, GatewaySettings
from kit.settings import SettingsRefused

LookUp = Callable[[str, int], Awaitable[Collection[str]]]
Now = Callable[[], float]

_CRASHED = 500
_PROBLEM = b"application/problem+json"


@dataclass(eq=False, slots=True)
class Replica:
    """One of them, and how it fared of late."""

    peer: Peer
    failures: int = 0
    rests_until: float = 0.0
    tried: bool = False

    def begin(self, now: float) -> None:
        """It is asked: where it failed before, by one caller alone until that is known."""
        if self.failures:
            self.tried, self.rests_until = True, now + REST_LONGEST

    def failed(self, now: float) -> None:
        """It broke off, was not there, or took too long: it rests, longer each time, but once for all who waited."""
        if self.tried or now >= self.rests_until:
            self.rests_until = now + min(REST_LONGEST, REST_FIRST * 2.0**self.failures)
            self.failures, self.tried = min(self.failures + 1, 10), False

    def succeeded(self) -> None:
        """It answered."""
        self.failures, self.rests_until, self.tried = 0, 0.0, False


class Replicas:
    """Asked as one peer is."""

    def __init__(self, replicas: Sequence[Replica], names: Names | None = None, now: Now = time.monotonic) -> None:
        self._replicas, self._names, self._now, self._turn = list(replicas), names, now, 0

    @staticmethod
    def of(peer: Peer | Replicas) -> Replicas:
        """A single peer as replicas, which it remains where it is such."""
        return peer if isinstance(peer, Replicas) else Replicas([Replica(peer)])

    async def send(
        self, method: str, target: bytes, headers: HeaderList = (), body: Body = b"",
        *, whole: bool = True,
    ) -> Reply:  # fmt: skip
        """Ask one of them, and others as long as nothing was sent.

        Raises:
            PeerUnreached: none of them was to be reached.
            PeerSilent: one was, and gave no answer.
        """
        if self._names is not None:
            self._replicas = await self._names.replicas()
        untried = self._in_turn()
        while True:
            replica = untried.pop(self._rested(untried))
            try:
                return await self._ask(replica, method, target, headers, body, whole)
            except PeerUnreached:
                if not untried:
                    raise

    async def close(self) -> None:
        """Let connections go."""
        for replica in self._replicas if self._names is None else await self._names.close():
            await replica.peer.close()

    def _in_turn(self) -> list[Replica]:
        self._turn = (self._turn + 1) % len(self._replicas)
        return self._replicas[self._turn :] + self._replicas[: self._turn]

    def _rested(self, replicas: Sequence[Replica]) -> int:
        """The first that need not rest; where all do, the one that needs it least."""
        now = self._now()
        return min(range(len(replicas)), key=lambda each: max(now, replicas[each].rests_until))

    async def _ask(
        self, replica: Replica, method: str, target: bytes, headers: HeaderList,
        body: Body, whole: bool,
    ) -> Reply:  # fmt: skip
        replica.begin(self._now())
        try:
            reply = await replica.peer.send(method, target, headers, body, whole=whole)
            if _crashed(reply):
                if reply.rest is not None:
                    await reply.rest.aclose()
                raise PeerSilent(f"answered {reply.status}")
        except (PeerSilent, asyncio.CancelledError):
            replica.failed(self._now())
            raise
        replica.succeeded()
        return reply


class Names:
    """Which replicas there are at some URLs, as far as is known."""

    def __init__(self, urls: Sequence[str], look_up: LookUp, now: Now = time.monotonic) -> None:
        self._look_up, self._now = look_up, now
        self._found: dict[str, tuple[str, ...]] = dict.fromkeys(urls, ())
        self._known: dict[str, Replica] = {}
        self._gone: list[tuple[float, Replica]] = []
        self._looking: asyncio.Task[None] | None = None
        self._stale_at = 0.0

    async def replicas(self) -> list[Replica]:
        """Those known; only the first calls wait until the names have been looked up."""
        if self._looking is None and self._now() >= self._stale_at:
            self._looking = asyncio.create_task(self._look())
        if not self._known and self._looking is not None:
            await asyncio.shield(self._looking)
        return list(self._known.values())

    async def close(self) -> list[Replica]:
        """Stop looking; gives all that there were."""
        if self._looking is not None:
            self._looking.cancel()
        return [*self._known.values(), *(replica for _, replica in self._gone)]

    async def _look(self) -> None:
        try:
            for url in self._found:
                self._found[url] = await self._addresses(url) or self._found[url] or (url,)
            self._settle({address for found in self._found.values() for address in found})
            await self._let_go(self._now() - LONGEST_CALL)
        finally:
            self._stale_at = self._now() + LOOK_UP_EVERY
            self._looking = None

    async def _addresses(self, url: str) -> tuple[str, ...]:
        """The URLs that a URL stands for; none where the name is not known for the moment."""
        parts = urlsplit(url)
        if parts.scheme == "https" or parts.hostname is None:
            return (url,)
        port = parts.port or 80
        try:
            hosts = sorted(set(await self._look_up(parts.hostname, port)))
        except (OSError, UnicodeError):
            return ()
        if len(hosts) == 1:
            return (url,)
        return tuple(parts._replace(netloc=f"[{host}]:{port}" if ":" in host else f"{host}:{port}").geturl()
                     for host in hosts)  # fmt: skip

    def _settle(self, addresses: Collection[str]) -> None:
        now = self._now()
        self._gone += [(now, self._known[address]) for address in self._known.keys() - addresses]
        self._known = {each: self._known.get(each) or Replica(Peer.at(each)) for each in sorted(addresses)}

    async def _let_go(self, before: float) -> None:
        """Close what left so long ago that no call to it can still be under way."""
        for left, replica in self._gone[:]:
            if left <= before:
                self._gone.remove((left, replica))
                await replica.peer.close()


async def addresses_of(host: str, port: int) -> Collection[str]:
    """The addresses that a host name stands for.

    Raises:
        OSError: it cannot be looked up.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def replicas_of(urls: str, look_up: LookUp = addresses_of) -> Replicas:
    """The replicas of a service at these URLs, commas between; nothing is looked up or opened before it is asked.

    Raises:
        SettingsRefused: one is not the URL of a service.
    """
    given = [each.strip().rstrip("/") for each in urls.split(",") if each.strip()]
    for url in given:
        _check(url)
    if not given:
        raise SettingsRefused("没有写服务的地址，应为 http://主机:端口，多个之间用逗号隔开")
    return Replicas((), Names(list(dict.fromkeys(given)), look_up))


def services_of(settings: GatewaySettings) -> dict[str, Replicas]:
    """The services of a cluster by name, each where its setting says.

    Raises:
        SettingsRefused: one does not say it; the text names the setting.
    """
    urls = {"leads": settings.leads_url, "incentives": settings.incentives_url, "notify": settings.notify_url}
    found = {}
    for name, given in urls.items():
        try:
            found[name] = replicas_of(given)
        except SettingsRefused as refused:
            raise SettingsRefused(f"QUCE_{name.upper()}_URL：{refused}。") from None
    return found


def _check(url: str) -> None:
    if not names_server(url):
        raise SettingsRefused(f"「{url}」不是服务的地址，应为 http://主机:端口，多个之间用逗号隔开")


def names_server(url: str) -> bool:
    """Whether it is where a server listens, ``http://host:port``, without an account or options."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    return bool(right and not (parts.query or parts.fragment))


def _crashed(reply: Reply) -> bool:
    """Whether the app broke below its own handlers, or something before it answered for it."""
    if reply.status < 200 or reply.status in (502, 504):
        return True
    return reply.status == _CRASHED and not any(value == _PROBLEM for _, value in reply.headers)
