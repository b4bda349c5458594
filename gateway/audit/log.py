"""Where the log is kept: an entry's number is its id, so that two who append never take the same place.

The head of an office follows its entries: a kill between the two leaves an entry beyond the head, which the next
append, and the next start, take into it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from contracts.audit import Audited, AuditedChange
from contracts.gateway import GatewayAudited
from gateway.audit.chain import BEGINNING, holds, sealed, sealing_key
from gateway.auditing import to_save
from gateway.settings import ADMINISTRATORS
from kit.clock import to_text
from kit.errors import AlreadyExists, Stale
from kit.ports import Ports
from kit.store.port import Clause, Collection, Eq, Index, Page, Prefix, Range, Record, Scope, Sort, Write

ENTRIES = Collection(
    "audit",
    (
        *(Index("event"), Index("office"), Index("number", "integer"), Index("at")),
        *(Index("who"), Index("what"), Index("subject")),
    ),
)
HEADS = Collection("audit_heads")
READERS = frozenset({ADMINISTRATORS})
SCOPE = Scope.of(READERS)
ATTEMPTS = 20
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: of an office, a person, a kind of act (``lead.`` or ``lead.moved``), a record, a time."""

    office: str | None = None
    who: str | None = None
    what: str | None = None
    subject: str | None = None
    since: str | None = None
    until: str | None = None

    def clauses(self) -> list[Clause]:
        """As the store takes them; ``since <= at < until``."""
        equal = [("office", self.office), ("who", self.who), ("subject", self.subject)]
        found: list[Clause] = [Eq(field, value) for field, value in equal if value]
        if self.what:
            found.append(Prefix("what", self.what))
        if self.since or self.until:
            found.append(Range("at", self.since, self.until))
        return found


class AuditLog:
    """The log of an installation."""

    def __init__(self, ports: Ports) -> None:
        self._ports, self._store = ports, ports.store
        self._key = sealing_key(ports.secret)
        self._lock = asyncio.Lock()

    async def append(self, event: str, said: Audited) -> None:
        """Add one act; ``event`` is the id of the event that told of it, and is added once."""
        async with self._lock:
            for _ in range(ATTEMPTS):
                if await self._knows(event) or await self._add(event, said):
                    return
        raise Stale("审计记录正被频繁写入，稍后自动重试。")

    async def mend(self) -> None:
        """Let every head take in the entry that a kill left beyond it."""
        for office in await self._offices():
            await self._caught_up(office)

    async def page(self, wanted: Filter, limit: int, cursor: str | None) -> Page:
        """Entries, the latest first."""
        latest = Sort("at", descending=True)
        return await self._store.find(ENTRIES.name, SCOPE, wanted.clauses(), sort=latest, limit=limit, cursor=cursor)

    async def entry(self, id: str) -> Record | None:
        """One entry."""
        return await self._store.get(ENTRIES.name, SCOPE, id)

    async def prune(self, before: str) -> None:
        """Forget the entries of before an instant; the head remembers where the chain of its office now begins."""
        for office in await self._offices():
            async with self._lock:
                await self._prune(office, before)

    async def _knows(self, event: str) -> bool:
        return bool((await self._store.find(ENTRIES.name, SCOPE, [Eq("event", event)], limit=1)).records)

    async def _add(self, event: str, said: Audited) -> bool:
        """One try; False where somebody else took the place: then the head must not learn of what was not kept."""
        head = await self._head(said.office)
        number = head.body["number"] + 1
        content = said.model_dump(mode="json") | {"event": event, "number": number, "prev": head.body["digest"]}
        entry = Record(entry_id(said.office, number), sealed(self._key, content), READERS)
        following = self._moved(head, number=number, digest=entry.body["hash"])
        writes = [Write(ENTRIES.name, entry), Write(HEADS.name, following)]
        kept, *_ = await self._store.save_many(writes, stop_at_failure=True)
        if isinstance(kept, Record):
            return True
        await self._caught_up(said.office)
        return False

    async def _caught_up(self, office: str) -> Record:
        """The head of an office, after every entry that is there."""
        head = await self._head(office)
        while beyond := await self.entry(entry_id(office, head.body["number"] + 1)):
            following = self._moved(head, number=beyond.body["number"], digest=beyond.body["hash"])
            try:
                head = await self._store.save(HEADS.name, following)
            except (Stale, AlreadyExists):
                head = await self._head(office)
        return head

    async def _prune(self, office: str, before: str) -> None:
        head = await self._caught_up(office)
        first, base = head.body["first"], head.body["base"]
        while (
            (entry := await self.entry(entry_id(office, first)))
            and self._follows(entry, office, first, base)
            and entry.body["at"] < before
        ):
            first, base = first + 1, entry.body["hash"]
        if first > head.body["first"]:
            told = to_save(self._ports, f"audit-{office}", head.revision + 1, self._pruned(head, first))
            await self._store.save(HEADS.name, self._moved(head, first=first, base=base), told)
        await self._forget(office, first)

    def _follows(self, entry: Record, office: str, number: int, base: str) -> bool:
        """Whether it is what was written there: who makes an entry look old must not have it erased."""
        body = entry.body
        return holds(self._key, body) and (body["office"], body["number"], body["prev"]) == (office, number, base)

    async def _forget(self, office: str, first: int) -> None:
        """Erase what lies before the beginning, also what an interrupted pruning left."""
        where: list[Clause] = [Eq("office", office), Range("number", None, first)]
        async for entry in self._store.scan(ENTRIES.name, SCOPE, where):
            if entry.id < entry_id(office, first):
                await self._store.erase(ENTRIES.name, entry.id)

    def _pruned(self, head: Record, first: int) -> GatewayAudited:
        change = AuditedChange(field="first", before=str(head.body["first"]), after=str(first))
        return GatewayAudited(
            office=head.id, who=SYSTEM, role=SYSTEM, what="audit.pruned", subject=f"audit:{head.id}",
            changes=[change], at=to_text(self._ports.clock.now()),
        )  # fmt: skip

    async def _offices(self) -> list[str]:
        return [str(each.group) for each in await self._store.tally(ENTRIES.name, SCOPE, group_by="office")]

    async def _head(self, office: str) -> Record:
        known = await self._store.get(HEADS.name, SCOPE, office)
        empty = {"office": office, "number": 0, "digest": BEGINNING, "first": 1, "base": BEGINNING}
        return known or Record(office, sealed(self._key, empty), READERS)

    def _moved(self, head: Record, **changes: Any) -> Record:
        content = {name: value for name, value in head.body.items() if name not in ("hash", "seal")}
        return head.with_body(sealed(self._key, content | changes))


def entry_id(office: str, number: int) -> str:
    """Where an entry stands: ids sort as numbers do."""
    return f"{office}:{number:09d}"
