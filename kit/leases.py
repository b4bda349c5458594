"""Leases: one replica at a time does a piece of work, and a late one cannot pretend it still may.

Kept as documents of a store, whose revision is the fencing token; every store adapter therefore gives
leases without more code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from kit.clock import Clock, from_text, to_text
from kit.errors import AlreadyExists, Stale
from kit.store.port import Collection, Record, Scope, Store

LEASES = Collection("leases")
_SCOPE = Scope.system("leases")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do ``name`` until ``until``; ``token`` grows with every change of hands."""

    name: str
    holder: str
    token: int
    until: str


class Leases(Protocol):
    """Who may do what, for how long."""

    async def acquire(self, name: str, holder: str, length: timedelta) -> Lease | None:
        """Take a free, lapsed or own lease; None where another holds it."""
        ...

    async def renew(self, lease: Lease, length: timedelta) -> Lease | None:
        """Prolong; None where it was lost, and work under it must stop."""
        ...

    async def release(self, lease: Lease) -> None:
        """Let others in at once; a lost lease is no error."""
        ...


class StoreLeases:
    """Leases over any store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def ensure(self) -> None:
        """Create the collection."""
        await self._store.ensure(LEASES)

    async def acquire(self, name: str, holder: str, length: timedelta) -> Lease | None:
        """Take it if it is free, lapsed or already ``holder``'s."""
        record = await self._store.get(LEASES.name, _SCOPE, name) or Record(name, {}, frozenset())
        until = record.body.get("until")
        held = until is not None and from_text(until) > self._clock.now()
        if held and record.body["holder"] != holder:
            return None
        return await self._hold(record, holder, length)

    async def renew(self, lease: Lease, length: timedelta) -> Lease | None:
        """Prolong it if nobody took it since."""
        record = Record(lease.name, {}, frozenset(), lease.token)
        return await self._hold(record, lease.holder, length)

    async def release(self, lease: Lease) -> None:
        """Mark it lapsed."""
        await self._hold(Record(lease.name, {}, frozenset(), lease.token), lease.holder, timedelta(0))

    async def _hold(self, record: Record, holder: str, length: timedelta) -> Lease | None:
        until = to_text(self._clock.now() + length)
        try:
            saved = await self._store.save(LEASES.name, record.with_body({"holder": holder, "until": until}))
        except (Stale, AlreadyExists):
            return None
        return Lease(record.id, holder, saved.revision, until)
