"""How often one may try: a bucket for each address in memory, and failed sign-ins on disk.

Names that do not exist are counted like those that do, so that a refusal tells nobody which exist.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gateway.auditing import to_save
from gateway.errors import TooManyAttempts
from gateway.repository import Repository
from gateway.settings import (
    SIGN_IN_FAILURES,
    SIGN_IN_FAILURES_ANYWHERE,
    SIGN_IN_FIRST_WAIT,
    SIGN_IN_LONGEST_WAIT,
)
from kit.clock import Clock, from_text, to_text
from kit.errors import AlreadyExists, Stale, TooMany
from kit.events import Payload
from kit.ports import Ports
from kit.store.port import Record
from operating.ids import derive_id

_ADDRESSES = 10_000
_TRIES = 40
_DOUBLINGS = 10


class AddressLimit:
    """A token bucket for each address, or for each form; the least recently seen is forgotten first."""

    def __init__(self, clock: Clock, a_minute: float) -> None:
        self._clock, self._a_minute = clock, a_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, address: str) -> None:
        """Count one request.

        Raises:
            TooMany: the address has none left for now.
        """
        now = self._clock.now().timestamp()
        left, at = self._left.pop(address, (self._a_minute, now))
        left = min(self._a_minute, left + max(0.0, now - at) * self._a_minute / 60)
        if left < 1:
            self._left[address] = (left, at if left == 0 else now)
            wait = math.ceil((1 - left) * 60 / self._a_minute)
            raise TooMany(f"请求过于频繁，请 {wait} 秒后再试。", headers={"Retry-After": str(wait)})
        self._left[address] = (left - 1, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Door:
    """Where tries of one kind are counted, and how many may fail before the next has to wait."""

    id: str
    allowed: int


class LockOut:
    """Makes whoever guesses passwords wait, longer each time, and lets those pass who are known here.

    A browser that its owner signed in with before is a door of its own. All others are counted for the name from
    their network, and for the name from anywhere: a stranger who keeps failing closes the second, not the first.
    """

    def __init__(self, ports: Ports, repository: Repository) -> None:
        self._ports, self._repository, self._clock = ports, repository, ports.clock
        self._factor = ports.settings.rate_limit_factor

    def doors(self, account: str, network: str, device: str | None) -> tuple[Door, ...]:
        """The doors a try for this account passes, the nearest first."""
        if device is not None:
            return (self._door(SIGN_IN_FAILURES, account, "device", device),)
        near = self._door(SIGN_IN_FAILURES, account, "network", network)
        return (near, self._door(SIGN_IN_FAILURES_ANYWHERE, account, "anywhere"))

    async def claim(self, doors: Sequence[Door], refused: Payload) -> None:
        """Count a try before it is made, so that a burst of guesses cannot slip by; ``refused`` is told once a wait.

        Raises:
            TooManyAttempts: too many failed.
        """
        for door in doors:
            await self._pass(door, refused)

    async def clear(self, doors: Sequence[Door]) -> None:
        """Forget the failures of somebody who got in."""
        for door in doors:
            await self._repository.forget_attempts(door.id)

    async def _pass(self, door: Door, refused: Payload) -> None:
        for turn in range(_TRIES):
            record = await self._repository.attempts(door.id)
            wait = self._wait(door, record)
            if wait > timedelta() and record.body["told"]:
                raise _locked(wait)
            try:
                await self._count(record, refused, waiting=wait > timedelta())
            except (Stale, AlreadyExists):
                await asyncio.sleep(turn / 1000)
                continue
            if wait > timedelta():
                raise _locked(wait)
            return
        raise TooManyAttempts("这个账号正被频繁尝试登录，请稍后再试。", headers={"Retry-After": "60"})

    async def _count(self, record: Record, refused: Payload, *, waiting: bool) -> None:
        now = to_text(self._clock.now())
        if waiting:
            events = to_save(self._ports, derive_id(self._ports.secret, "lock-out", record.id, now), 1, refused)
            await self._repository.save_attempts(record.with_body(record.body | {"told": True}), events)
        else:
            counted = {"failed": record.body["failed"] + 1, "latest": now, "told": False}
            await self._repository.save_attempts(record.with_body(counted))

    def _wait(self, door: Door, record: Record) -> timedelta:
        over = record.body["failed"] - door.allowed
        if over < 0:
            return timedelta()
        length: timedelta = min(SIGN_IN_LONGEST_WAIT, SIGN_IN_FIRST_WAIT * 2 ** min(over, _DOUBLINGS))
        return from_text(record.body["latest"]) + length - self._clock.now()

    def _door(self, failures: int, *parts: str) -> Door:
        return Door(derive_id(self._ports.secret, "door", *parts), max(1, round(failures * self._factor)))


def subscriber_of(address: str) -> str:
    """Who asks from an address: of version 6 each has a network full of them, of version 4 one at most."""
    parsed = _parsed(address)
    return network_of(address) if parsed is not None and parsed.version == 6 else address


def network_of(address: str) -> str:
    """The network an address is in: what one subscriber has, and no more than that is kept.

    Where one socket serves both versions, an address of the fourth comes in the clothes of the sixth: all of those
    would be one network.
    """
    parsed = _parsed(address)
    return "" if parsed is None else str(ip_network((int(parsed), 24 if parsed.version == 4 else 56), strict=False))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _locked(wait: timedelta) -> TooManyAttempts:
    seconds = max(1, math.ceil(wait.total_seconds()))
    return TooManyAttempts(
        f"密码连续输错次数过多，请 {math.ceil(seconds / 60)} 分钟后再试；忘记密码请联系管理员重置。",
        headers={"Retry-After": str(seconds)},
    )
