"""Deliveries and the in-app notifications they become."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.store.port import Eq, Page, Record, Scope, Sort, Store
from operating.ids import derive_id
from services.notify.model.delivery import ChannelName, Delivery, Kind, State
from services.notify.model.person import ADMINISTRATORS, own_reader
from services.notify.repository.collections import DELIVERIES, NOTIFICATIONS, TOLD

_SCOPE = Scope.system("deliveries under way")


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery at the revision it was read at, with the requests of people that it answered."""

    delivery: Delivery
    revision: int
    requests: tuple[Mapping[str, Any], ...] = ()


class Deliveries:
    """The deliveries of everybody; only consumers, jobs and the sender use it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, delivery: Delivery) -> Stored:
        """Record it as queued; the one that is there already where there is one."""
        try:
            record = await self._store.save(DELIVERIES.name, record_of(delivery, Stored(delivery, 0)))
        except AlreadyExists:
            stored = await self.get(delivery.id)
            assert stored is not None  # noqa: S101 - deliveries are never erased
            return stored
        return Stored(delivery, record.revision)

    async def get(self, id: str) -> Stored | None:
        """One delivery."""
        record = await self._store.get(DELIVERIES.name, _SCOPE, id)
        return None if record is None else stored_in(record)

    async def save(self, stored: Stored, delivery: Delivery) -> Stored | None:
        """Record the next state; None where somebody else got there first."""
        try:
            record = await self._store.save(DELIVERIES.name, record_of(delivery, stored))
        except Stale:
            return None
        return Stored(delivery, record.revision, stored.requests)

    async def unchanged(self, stored: Stored) -> bool:
        """Whether nobody recorded anything of it since."""
        now = await self.get(stored.delivery.id)
        return now is not None and now.revision == stored.revision

    async def decide(self, record: Record, events: Sequence[Event] = ()) -> Stored:
        """Record what a person decided.

        Raises:
            Stale: it changed meanwhile.
        """
        return stored_in(await self._store.save(DELIVERIES.name, record, events))

    async def in_state(self, state: State, channels: Collection[ChannelName]) -> AsyncIterator[Stored]:
        """All deliveries of some channels that are this far, found by how far: of a channel there are ever more."""
        async for record in self._store.scan(DELIVERIES.name, _SCOPE, [Eq("state", state.value)]):
            if record.body["channel"] in channels:
                yield stored_in(record)

    async def ways_in_doubt(self, secret: bytes, source: str, account: str) -> list[ChannelName]:
        """Over which ways nobody knows whether somebody got this."""
        found = [await self.get(delivery_id(secret, source, account, channel)) for channel in ChannelName]
        return [each.delivery.channel for each in found if each and each.delivery.state is State.IN_DOUBT]

    async def last_told(self, lead_id: str) -> Record:
        """What the owner of a lead was last told of its matches."""
        empty: dict[str, Any] = {"schema": 1, "sequence": -1, "told": None}
        return await self._store.get(TOLD.name, _SCOPE, lead_id) or Record(lead_id, empty, frozenset())

    async def remember_told(self, record: Record) -> None:
        """Remember what was told."""
        await self._store.save(TOLD.name, record)


class Notifications:
    """A person's notifications, in the app."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, id: str, account: str, body: dict[str, Any]) -> None:
        """Put one in; putting it in twice leaves one."""
        record = Record(id, {"schema": 1, "account": account, "unread": 1, "read_at": None, **body}, _own(account))
        try:
            await self._store.save(NOTIFICATIONS.name, record)
        except AlreadyExists:
            return

    async def page(self, account: str, unread: bool | None, limit: int, cursor: str | None) -> Page:
        """The newest first."""
        where = [Eq("account", account), *([] if unread is None else [Eq("unread", int(unread))])]
        return await self._store.find(
            NOTIFICATIONS.name, own_scope(account), where, sort=Sort("at", True), limit=limit, cursor=cursor
        )

    async def unread(self, account: str) -> int:
        """How many wait to be read."""
        where = [Eq("account", account), Eq("unread", 1)]
        return sum(group.count for group in await self._store.tally(NOTIFICATIONS.name, own_scope(account), where))


def delivery_id(secret: bytes, source: str, account: str, channel: ChannelName) -> str:
    """A delivery's id is event, recipient and channel."""
    return derive_id(secret, "delivery", source, account, channel.value)


def own_scope(account: str) -> Scope:
    """What belongs to one person and nobody else."""
    return Scope.of({own_reader(account)})


def _own(account: str) -> frozenset[str]:
    return frozenset({own_reader(account)})


def record_of(delivery: Delivery, stored: Stored) -> Record:
    """The record that replaces what was stored."""
    fields = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    plain = {"kind": delivery.kind.value, "channel": delivery.channel.value, "state": delivery.state.value}
    body = {"schema": 1, **fields, **plain}
    readers = frozenset({own_reader(delivery.recipient), ADMINISTRATORS})
    return Record(delivery.id, body, readers, stored.revision, stored.requests)


def stored_in(record: Record) -> Stored:
    """The delivery in a record."""
    return Stored(delivery_of(record.body), record.revision, record.requests)


def delivery_of(body: dict[str, Any]) -> Delivery:
    """The delivery in a stored body."""
    fields = {name: body[name] for name in Delivery.__dataclass_fields__ if name in body}
    fields |= {"kind": Kind(body["kind"]), "channel": ChannelName(body["channel"]), "state": State(body["state"])}
    return Delivery(**fields)
