"""Passwords: argon2id as OWASP advises (19 MiB, two passes, one lane), hashed off the loop, a few at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from gateway.settings import HASHES_AT_ONCE, HASHES_WAITING
from kit.errors import Unavailable

T = TypeVar("T")

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without letters and digits that are mistaken for one another when read aloud."""


class Passwords:
    """Hashes and checks; a crowd at the door waits, and beyond a bound is asked to come back."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="passwords")
        self._under_way = 0
        self._nobody = _HASHER.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """The hash to keep.

        Raises:
            Unavailable: too many wait already.
        """
        return await self._off_loop(_HASHER.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; takes as long for nobody (None), or nobody's yet (empty), as for somebody.

        Raises:
            Unavailable: too many wait already.
        """
        right = await self._off_loop(_matches, stored or self._nobody, password)
        return right and bool(stored)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _off_loop(self, work: Callable[..., T], *arguments: str) -> T:
        if self._under_way >= HASHES_WAITING:
            raise Unavailable("此刻登录的人很多，请过几秒再试。", headers={"Retry-After": "3"})
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._under_way -= 1


def random_password() -> str:
    """Sixteen characters in groups of four, 80 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
