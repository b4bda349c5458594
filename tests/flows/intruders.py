"""Records that hang on what one may read, and that one may not read oneself: each read must ask for itself.

Those of nobody hang on the work of 東湖; a stray one of 汉阳 hangs on a lead that 汉阳 may not see.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.backups import BACKUPS
from gateway.model import BearerToken, SignedIn, digest
from gateway.repository import SESSIONS, TOKENS
from kit.settings import Settings
from kit.store.port import Collection, Record, Scope, Store
from operating.opening import open_store
from services.incentives.repository.collections import POLICIES, VERSIONS
from services.leads.model.enquiry import Enquiry
from services.leads.repository import (
    ANSWERS,
    BEST_MATCHES,
    CONTACTS,
    DISCLOSURES,
    ENQUIRIES,
    EXPORTS,
    FOLLOW_UPS,
    IMPORT_ROWS,
    INVESTORS,
)
from services.notify.model.person import own_reader
from services.notify.repository.collections import DELIVERIES, DIGEST_ROWS, DIGESTS, NOTIFICATIONS
from tests.flows.canaries import PARTNER_A
from tests.flows.world import API, ELSEWHERE, FINISHED_WEEK, World

MARK = "外人金丝雀"
SAID = f"{MARK} 13911112222"
"""With the canary's telephone in it, so that a search for the person finds it."""
NOBODY = frozenset({"zone:caidian"})
"""Nobody in these tests works there."""
NEIGHBOUR = frozenset({"zone:hanyang"})
LATE = "2099-01-01T00:00:00.000000Z"
FIGURE = "new_leads"
SIGNED, SIGNED_ON = "signed_count", "2026-11-13"
EARLIER_WEEK = "2026-W44"
"""Frozen for a manager, and out of their sight since."""
_EVERYTHING = Scope.system("records that intrude")


def intrude(world: World) -> None:
    """Put one such record into each collection, behind the suite's back."""
    _send(world, EARLIER_WEEK)
    asyncio.run(_over_a_digest(world))
    _sign_elsewhere(world)
    _send(world, FINISHED_WEEK)
    assert world.hidden
    assert world.stray
    assert world.neighbouring
    exported, investor = world.exported(), world.hushed_investor
    asyncio.run(_among_leads(world, exported, investor))
    asyncio.run(_among_policies(world))
    asyncio.run(_among_notices(world, world.notification, world.new_failure()[0]))
    asyncio.run(_at_the_edge(world, world.backup))


def figure_of(world: World, who: str, week: str, name: str) -> Any:
    """What a figure of a digest says to somebody."""
    sections = world.get(who, f"/digests/{week}")["sections"]
    return next(figure["value"] for section in sections for figure in section["figures"] if figure["id"] == name)


def _sign_elsewhere(world: World) -> None:
    """A signature of 东湖 in the finished week, before the manager of 汉阳 has that week's digest."""
    path = f"/leads/{world.new_lead()}"
    for step in ({"to": "negotiating"}, {"to": "signed", "on": SIGNED_ON, "signed_amount": "1亿元"}):
        world.post("donghu", f"{path}/stage", json=step, headers=world.etag(path))
    world.wait(lambda: figure_of(world, "manager", FINISHED_WEEK, SIGNED))


def _send(world: World, week: str) -> None:
    answer = world.ask(ELSEWHERE, "POST", f"{API}/digests/{week}/send")
    assert answer.is_success, answer.text


class Intruder:
    """Writes into a running service's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, collection: Collection, id: str, body: dict[str, Any], readers: frozenset[str]) -> None:
        """Write a record, over the one that is there."""
        await self._store.ensure(collection)
        known = await self._store.get(collection.name, _EVERYTHING, id)
        await self._store.save(
            collection.name, Record(id, body, readers) if known is None else known.with_body(body, readers)
        )

    async def read(self, collection: Collection, id: str) -> Record:
        """A record that is there."""
        await self._store.ensure(collection)
        known = await self._store.get(collection.name, _EVERYTHING, id)
        assert known is not None, (collection.name, id)
        return known

    async def copy(self, collection: Collection, id: str, new: str, readers: frozenset[str], **changes: Any) -> None:
        """Write a changed copy of a record under another id."""
        known = await self.read(collection, id)
        await self.put(collection, new, known.body | changes, readers)

    async def first(self, collection: Collection, **equal: Any) -> Record:
        """The record of which this is true."""
        await self._store.ensure(collection)
        everything = [each async for each in self._store.scan(collection.name, _EVERYTHING)]
        return next(each for each in everything if all(each.body[name] == value for name, value in equal.items()))


@asynccontextmanager
async def _into(settings: Settings, service: str) -> AsyncIterator[Intruder]:
    store = open_store(service, settings)
    try:
        yield Intruder(store)
    finally:
        await store.close()


async def _among_leads(world: World, exported: str, investor: str) -> None:
    lead, imported, contact = world.lead, world.imported, world.contact
    masked = {"name_masked": MARK, "phone_masked": MARK, "position": MARK}
    async with _into(world.settings, "leads") as into:
        await into.copy(CONTACTS, world.hidden, world.hidden, NOBODY, **masked)
        await into.copy(CONTACTS, world.stray, world.stray, NEIGHBOUR)
        await into.copy(EXPORTS, exported, "intruding-export", NOBODY, file_name=f"{MARK}.csv")
        await into.copy(INVESTORS, investor, investor, NOBODY, name=MARK, code=MARK)
        await into.put(ANSWERS, "intruding-answer", _answer(lead), NOBODY)
        await into.put(ENQUIRIES, "intruding-enquiry", _enquiry(lead), NOBODY)
        best = {"zone": MARK, "certain_fen": 1, "possible_fen": 1, "amount_unknown": 0}
        await into.put(BEST_MATCHES, lead, {"sequence": 10**9, "certain_fen": 1, "best_match": best}, NOBODY)
        shown = {"contact": contact, "kind": "unmask", "at": LATE, "by": MARK, "why": MARK}
        await into.put(DISCLOSURES, "intruding-disclosure", shown, NOBODY)
        await into.put(FOLLOW_UPS, "intruding-note", _note(lead), NOBODY)
        await into.put(IMPORT_ROWS, f"{imported}:000999", _row(imported, lead), NOBODY)
        await into.put(IMPORT_ROWS, f"{MARK}:000001", _row(MARK, lead), NOBODY)


async def _among_policies(world: World) -> None:
    policy, draft = world.policy, world.draft
    async with _into(world.settings, "incentives") as into:
        drafted = (await into.read(POLICIES, draft)).body["draft"] | {"author": MARK, "author_name": MARK}
        await into.copy(POLICIES, draft, "intruding-policy", NOBODY, draft=drafted)
        published = (await into.read(POLICIES, policy)).readers
        await into.copy(POLICIES, policy, "unversioned", published, status="draft", version=1)
        await into.copy(VERSIONS, f"{policy}@1", "unversioned@1", NOBODY)


async def _over_a_digest(world: World) -> None:
    """A digest that nobody may read any more, and that no longer agrees with the leads."""
    async with _into(world.settings, "notify") as into:
        frozen = await into.first(DIGESTS, manager=world.accounts[ELSEWHERE], week=EARLIER_WEEK)
        moved = json.loads(re.sub(r'"fingerprint": "[^"]*"', f'"fingerprint": "{MARK}"', json.dumps(frozen.body)))
        chunk = await _chunk(into, world.lead, frozen, frozen.readers)
        await into.put(DIGESTS, frozen.id, moved | {"chunks": moved["chunks"] | {FIGURE: [chunk]}}, NOBODY)


async def _chunk(into: Intruder, lead: str, frozen: Record, readers: frozenset[str], name: str = "intruding") -> str:
    values = {"title": MARK, "investor": MARK, "zone": "donghu"}
    row = {"key": lead, "record": lead, "kind": "lead", "adds": 1, "values": values}
    chunk = f"{frozen.id}:{name}"
    await into.put(DIGEST_ROWS, chunk, {"schema": 1, "digest": frozen.id, "rows": [row]}, readers)
    return chunk


async def _among_notices(world: World, notification: str, failure: str) -> None:
    async with _into(world.settings, "notify") as into:
        await into.copy(NOTIFICATIONS, notification, "intruding-notification", NOBODY, title=MARK)
        own = frozenset({own_reader(world.accounts["donghu"])})
        await into.copy(DELIVERIES, failure, "intruding-delivery", own, recipient=world.accounts["bureau"])
        frozen = await into.first(DIGESTS, manager=world.accounts[ELSEWHERE], week=FINISHED_WEEK)
        told = frozen.body["chunks"]
        other = next(name for name in told if name != FIGURE)
        chunks = {
            FIGURE: [await _chunk(into, world.lead, frozen, frozen.readers)],
            other: [await _chunk(into, world.neighbouring, frozen, NOBODY, "hidden")],
        }
        await into.put(DIGESTS, frozen.id, frozen.body | {"chunks": told | chunks}, frozen.readers)


async def _at_the_edge(world: World, backup: str) -> None:
    account = world.accounts["donghu"]
    session = SignedIn("intruding-session", account, "", 0, LATE, LATE, LATE, MARK, MARK)
    token = BearerToken("intruding-token", account, MARK, "", LATE, LATE)
    async with _into(world.settings, "gateway") as into:
        await into.put(SESSIONS, session.id, session.body(), NOBODY)
        await into.put(TOKENS, token.id, token.body(), NOBODY)
        await into.copy(BACKUPS, backup, "intruding-backup", NOBODY, file=MARK)


def expire_session(settings: Settings, cookie: str) -> None:
    """Let a sign-in be over."""
    asyncio.run(_expire_session(settings, digest(cookie)))


async def _expire_session(settings: Settings, id: str) -> None:
    async with _into(settings, "gateway") as into:
        known = await into.read(SESSIONS, id)
        await into.put(SESSIONS, id, known.body | {"expires_at": "2026-01-01T00:00:00.000000Z"}, known.readers)


def _answer(lead: str) -> dict[str, Any]:
    return {"lead_id": lead, "org": PARTNER_A, "at": LATE, "by": MARK, "text": SAID, "applied": True, "digest": ""}


def _note(lead: str) -> dict[str, Any]:
    said = {"lead_id": lead, "at": LATE, "on": "2099-01-01", "by": MARK, "text": SAID, "next_plan": None}
    return said | {"next_on": None, "applied": True}


def _enquiry(lead: str) -> dict[str, Any]:
    asked = Enquiry(
        id="", zone="caidian", organisation=MARK, org=PARTNER_A, question=SAID, facts={}, salt="", code_digest="",
        body_digest="", at=LATE, respond_by=LATE, lead_id=lead, pending=(), unfinished=False,
    )  # fmt: skip
    return asked.model_dump(mode="json", exclude={"id", "revision"})


def _row(imported: str, lead: str) -> dict[str, Any]:
    names = (
        "unified_social_credit_code", "code_valid", "total_investment", "fixed_asset_investment", "stage", "zone",
        "source_mode", "first_contact", "updated",
    )  # fmt: skip
    problems = [{"column": MARK, "value": SAID, "message": MARK}]
    said = {"row": 999, "result": "linked", "lead": lead, "title": MARK, "investor": MARK, "problems": problems}
    return dict.fromkeys(names) | said | {"import_id": imported, "troubled": False}
