"""People: accounts as the gateway tells of them, joined with the addresses that only notify knows."""

from __future__ import annotations

from typing import Any

from kit.store.port import Eq, Record, Scope, Store
from services.notify.model.person import Person
from services.notify.repository.collections import ACCOUNTS, RECIPIENTS

_EVERYBODY = Scope.system("whom to tell")


class People:
    """Reads persons, whoever asks: what becomes of them is the asker's business."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, account: str) -> Person | None:
        """Somebody by account, known from either side."""
        recipient = await self._store.get(RECIPIENTS.name, _EVERYBODY, account)
        known = await self._store.get(ACCOUNTS.name, _EVERYBODY, account)
        if recipient is None and known is None:
            return None
        return _person(account, recipient, known)

    async def managers(self) -> list[Person]:
        """Everybody for whom a digest is written, by account."""
        return await self.in_role("manager")

    async def in_role(self, role: str) -> list[Person]:
        """Everybody who works in a role, by account."""
        ids: set[str] = set()
        for collection in (ACCOUNTS, RECIPIENTS):
            async for record in self._store.scan(collection.name, _EVERYBODY, [Eq("role", role)]):
                ids.add(record.id)
        people = [await self.get(account) for account in sorted(ids)]
        return [person for person in people if person is not None and person.role == role and person.active]

    async def officers(self, zone: str) -> list[str]:
        """The accounts of a zone's active officers."""
        ids = [record.id async for record in self._store.scan(ACCOUNTS.name, _EVERYBODY, [Eq("role", "officer")])]
        people = [await self.get(account) for account in sorted(ids)]
        return [each.account for each in people if each is not None and each.active and zone in each.zones]

    async def partners(self, org: str) -> list[str]:
        """The active accounts of an organisation."""
        told = [record async for record in self._store.scan(ACCOUNTS.name, _EVERYBODY, [Eq("role", "partner")])]
        return sorted(each.id for each in told if each.body["org"] == org and each.body["active"])


def _person(account: str, recipient: Record | None, known: Record | None) -> Person:
    address: dict[str, Any] = recipient.body if recipient else {}
    said: dict[str, Any] = known.body if known else {}
    newest = said or address
    return Person(
        account=account,
        name=address.get("name") or account,
        email=address.get("email"),
        locale=address.get("locale") or said.get("locale") or "zh-CN",
        role=newest["role"] or "",
        zones=tuple(newest.get("zones") or ()),
        active=bool(newest.get("active", True)),
        since=min(each for each in (address.get("created_at"), said.get("since")) if each),
    )
