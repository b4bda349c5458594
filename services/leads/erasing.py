"""Erasing a contact: an aggregate of steps on the contact itself, resumable after any line.

First the record says so and shows nothing any more; then the texts of its lead forget the person, found by
what is still sealed; then the data key and the sealed content go; at last the store leaves no byte of it.
Names shorter than two characters are not looked for in texts.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kit.auth import Principal
from kit.clock import SHANGHAI, to_text
from kit.errors import NotFound, Problem, Stale
from kit.ports import Ports
from kit.store.port import Clause, Eq, Range, Record, Scope
from operating.idempotency import RequestKey, remember, replay
from services.leads.auditing import SYSTEM, told
from services.leads.commands import check_revision
from services.leads.contacts import load_contact, open_person, retained_until
from services.leads.exports import drop_readable_by
from services.leads.occurrences import remove_occurrences
from services.leads.repository import CONTACTS, events_of, load
from services.leads.schemas import ReasonInput
from services.leads.settings import LeadSettings
from services.leads.traces import Traces, impersonal

log = logging.getLogger(__name__)

_WORK = Scope.system("erasing contacts")
EXPIRED = "保存期限届满"
KEPT = ("lead_id", "holds", "created_at")
TEXTS, FILES = "texts", "files"
"""What is still to be done: the lead's texts and all after them, or only the files of the store."""


async def erase(
    ports: Ports, principal: Principal, id: str, body: ReasonInput, revision: int, key: str
) -> dict[str, Any]:
    """Erase a contact; gives the receipt once no byte is left, or, where files are in use, nothing but those."""
    record = await load_contact(ports, principal.scope, id)
    request = RequestKey.of(key, {}, "erase", id)
    answered = replay(record, request)
    if answered is None:
        check_revision(record, revision)
        answered = await _begin(ports, record, principal, body.reason, request)
    await finish(ports, id)
    return answered


async def finish(ports: Ports, id: str) -> None:
    """Do the steps that are left; another who does them at the same time is no trouble."""
    with suppress(Stale):
        await _finish(ports, await load_contact(ports, _WORK, id))


async def _finish(ports: Ports, record: Record) -> None:
    if record.body.get("erasing") == TEXTS:
        # Where the key is gone already, the texts were done before it.
        with suppress(NotFound):
            traces = Traces(await open_person(ports, _unmarked(record)))
            await remove_occurrences(ports, record.body["lead_id"], traces)
            _, lead = await load(ports, _WORK, record.body["lead_id"])
            await drop_readable_by(ports, lead.readers)
        await ports.vault.destroy(record.id)
        record = await ports.store.save(
            CONTACTS.name, record.with_body(record.body | {"sealed": None, "erasing": FILES})
        )
    if record.body.get("erasing") == FILES and await _scrubbed(ports):
        await ports.store.save(CONTACTS.name, record.with_body(record.body | {"erasing": None}))


async def _scrubbed(ports: Ports) -> bool:
    """Whether the files could be emptied; while somebody uses them all the time, the next sweep tries again."""
    try:
        await ports.store.scrub()
    except Problem as busy:
        log.warning("what was erased is still in the store's files: %s", busy.slug)
        return False
    return True


async def sweep(ports: Ports) -> None:
    """Finish what a crash left half done."""
    for step in (TEXTS, FILES):
        async for record in ports.store.scan(CONTACTS.name, _WORK, [Eq("erasing", step)]):
            await finish(ports, record.id)


async def erase_expired(ports: Ports) -> None:
    """Erase the contacts whose last day has passed."""
    now = ports.clock.now()
    today = now.astimezone(SHANGHAI).date()
    earliest = to_text(now - timedelta(days=365 * LeadSettings.current().contact_years))
    stated: list[Clause] = [Range("retain_until", None, today.isoformat())]
    unstated: list[Clause] = [Eq("retain_until", None), Range("created_at", None, earliest)]
    for where in (stated, unstated):
        async for record in ports.store.scan(CONTACTS.name, _WORK, where):
            _, lead = await load(ports, _WORK, record.body["lead_id"])
            if record.body.get("erased") or retained_until(record, lead) >= today.isoformat():
                continue
            try:
                await _begin(ports, record, SYSTEM, EXPIRED, None)
            except Stale:
                continue
            await finish(ports, record.id)


async def _begin(
    ports: Ports, record: Record, by: Principal, reason: str, request: RequestKey | None
) -> dict[str, Any]:
    """Mark the contact as erased, in one save with what the log is told; only what is sealed outlives it."""
    await open_person(ports, record)  # what is gone is not erased once more
    _, lead = await load(ports, _WORK, record.body["lead_id"])
    why = await impersonal(ports, lead.id, reason)
    erased = {"at": to_text(ports.clock.now()), "by": by.account, "why": why}
    body = {name: record.body[name] for name in KEPT} | {
        "sealed": record.body["sealed"], "erased": erased, "erasing": TEXTS,
    }  # fmt: skip
    receipt = {"id": record.id, "revision": record.revision + 1, "lead_id": lead.id}
    fresh = replace(record.with_body(body), requests=())
    if request is not None:
        fresh = remember(fresh, request, receipt)
    event = told(ports, by, "contact.erased", f"contact:{record.id}", office=lead.office, why=why)
    await ports.store.save(CONTACTS.name, fresh, events_of(ports, record.id, record.revision + 1, event, key=lead.id))
    return receipt


def _unmarked(record: Record) -> Record:
    return record.with_body(record.body | {"erased": None})
