"""Leases: one replica at a time does a piece of work, and a late one cannot pretend it still may.

Kept as documents of a store, whose revision is the fencing token; every store adapter therefore gives leases
without more code. No replica's clock is compared with another's: a lease lapses once nobody renewed it for its
length by the time that passed where somebody waits for it. ``until`` is only said, for who looks once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from kit.clock import Clock, to_text
from kit.errors import AlreadyExists, Stale
from kit.store.port import Collection, Record, Scope, Store

LEASES = Collection("leases")
_SCOPE = Scope.system("leases")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do ``name``; ``token`` grows whenever it is taken or renewed."""

    name: str
    holder: str
    token: int


class StoreLeases:
    """Who may do what, for how long, by leases over any store; ``elapsed`` is the time they are measured in here."""

    def __init__(self, store: Store, clock: Clock, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock, self.elapsed = store, clock, elapsed
        self._seen: dict[str, tuple[int, float]] = {}

    async def ensure(self) -> None:
        """Create the collection."""
        await self._store.ensure(LEASES)

    async def acquire(self, name: str, holder: str, length: timedelta) -> Lease | None:
        """Take a free, lapsed or own lease; None where another holds it."""
        record = await self._store.get(LEASES.name, _SCOPE, name) or Record(name, {}, frozenset())
        if record.body.get("holder") != holder and not self._lapsed(record):
            return None
        return await self._hold(record, holder, length)

    def _lapsed(self, record: Record) -> bool:
        if self._seen.get(record.id, (0, 0.0))[0] != record.revision:
            self._seen[record.id] = record.revision, self.elapsed()
        since = self._seen.get(record.id, (0, 0.0))[1]
        return bool(self.elapsed() - since >= record.body.get("seconds", 0))

    async def renew(self, lease: Lease, length: timedelta) -> Lease | None:
        """Prolong it; None where it was lost, and work under it must stop."""
        record = Record(lease.name, {}, frozenset(), lease.token)
        return await self._hold(record, lease.holder, length)

    async def release(self, lease: Lease) -> None:
        """Let others in at once; a lost lease is no error."""
        await self._hold(Record(lease.name, {}, frozenset(), lease.token), lease.holder, timedelta(0))

    async def _hold(self, record: Record, holder: str, length: timedelta) -> Lease | None:
        until = to_text(self._clock.now() + length)
        body = {"holder": holder, "until": until, "seconds": length.total_seconds()}
        try:
            saved = await self._store.save(LEASES.name, record.with_body(body))
        except (Stale, AlreadyExists):
            return None
        return Lease(record.id, holder, saved.revision)
