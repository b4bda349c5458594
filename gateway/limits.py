"""How often one may try: a bucket for each address in memory, and failed sign-ins of a name on disk.

Names that do not exist are counted like those that do, so that a refusal tells nobody which exist.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from datetime import datetime

from gateway.errors import TooManyAttempts
from gateway.model import normal_name
from gateway.repository import Repository
from gateway.settings import SIGN_IN_FAILURES, SIGN_IN_WINDOW
from kit.clock import Clock, from_text, to_text
from kit.errors import AlreadyExists, Stale, TooMany
from kit.ids import derive_id
from kit.store.port import Record

_ADDRESSES = 10_000
_TRIES = 40


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


class LockOut:
    """Refuses a name after some failures within a while."""

    def __init__(self, repository: Repository, clock: Clock, secret: bytes, factor: float) -> None:
        self._repository, self._clock, self._secret = repository, clock, secret
        self._allowed = max(1, round(SIGN_IN_FAILURES * factor))

    async def claim(self, name: str) -> str:
        """Count a try before it is made, so that a burst of guesses cannot slip by; gives what :meth:`clear` takes.

        Raises:
            TooManyAttempts: the name has failed too often.
        """
        id = derive_id(self._secret, "attempts", normal_name(name))
        for turn in range(_TRIES):
            record = await self._repository.attempts(id)
            try:
                await self._repository.save_attempts(self._counted(record))
            except (Stale, AlreadyExists):
                await asyncio.sleep(turn / 1000)
            else:
                return id
        raise TooManyAttempts("这个账号正被频繁尝试登录，请稍后再试。", headers={"Retry-After": "60"})

    async def clear(self, claimed: str) -> None:
        """Forget the failures of a name that got in."""
        await self._repository.forget_attempts(claimed)

    def _counted(self, record: Record) -> Record:
        now = self._clock.now()
        recent = [text for text in record.body["failed"] if from_text(text) > now - SIGN_IN_WINDOW]
        if len(recent) >= self._allowed:
            raise _locked(from_text(recent[-self._allowed]), now)
        return record.with_body({"failed": [*recent, to_text(now)], "latest": to_text(now)})


def _locked(first: datetime, now: datetime) -> TooManyAttempts:
    seconds = max(1, math.ceil((first + SIGN_IN_WINDOW - now).total_seconds()))
    minutes = math.ceil(seconds / 60)
    return TooManyAttempts(
        f"密码连续输错次数过多，请 {minutes} 分钟后再试；忘记密码请联系管理员重置。",
        headers={"Retry-After": str(seconds)},
    )
