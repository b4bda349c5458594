"""Where the records of one lead name a person, beside the contact itself: found for export, replaced for erasure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import orjson

from kit.errors import Stale
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope
from services.leads import schemas
from services.leads.model import Lead
from services.leads.repository import ANSWERS, ENQUIRIES, FOLLOW_UPS, IMPORT_ROWS, LEADS, lead_record, load
from services.leads.traces import LEAD_TEXTS, Traces, without

NOTE_TEXTS = ("text", "next_plan")
ROW_TEXTS = ("problems", "total_investment", "fixed_asset_investment")
ANSWER_TEXTS = ("text",)
ENQUIRY_TEXTS = ("question", "message", "replies", "facts")
ATTEMPTS = 10
_ALL = Scope.system("every text that names an erased person")
_TEXTS = (
    (FOLLOW_UPS, "lead_id", NOTE_TEXTS),
    (IMPORT_ROWS, "lead", ROW_TEXTS),
    (ANSWERS, "lead_id", ANSWER_TEXTS),
    (ENQUIRIES, "lead_id", ENQUIRY_TEXTS),
)


async def occurrences(ports: Ports, scope: Scope, lead: Lead, traces: Traces) -> list[schemas.Occurrence]:
    """Every place where the texts of a lead name the person, with the words around it."""
    found = []
    body = lead.model_dump(mode="json")
    for entry in body["history"]:
        found += _in("history", entry["at"], entry, traces)
    found += _in("lead", lead.updated_at, {name: body[name] for name in LEAD_TEXTS if name != "history"}, traces)
    async for note in _kept(ports, scope, FOLLOW_UPS.name, "lead_id", lead.id):
        found += _in("follow_up", note.body["at"], {name: note.body[name] for name in NOTE_TEXTS}, traces)
    async for row in _kept(ports, scope, IMPORT_ROWS.name, "lead", lead.id):
        found += _in("import_row", None, {name: row.body[name] for name in ROW_TEXTS}, traces)
    async for answer in _kept(ports, scope, ANSWERS.name, "lead_id", lead.id):
        found += _in("answer", answer.body["at"], {name: answer.body[name] for name in ANSWER_TEXTS}, traces)
    async for enquiry in _kept(ports, scope, ENQUIRIES.name, "lead_id", lead.id):
        found += _in("enquiry", enquiry.body["at"], {name: enquiry.body[name] for name in ENQUIRY_TEXTS}, traces)
    return found


async def remove_occurrences(ports: Ports, lead_id: str, traces: Traces) -> None:
    """Replace the person in every free text of the lead; safe to repeat from wherever it broke off."""
    await _remove_from_lead(ports, lead_id, traces)
    for collection, field, names in _TEXTS:
        async for record in _kept(ports, _ALL, collection.name, field, lead_id):
            await _remove_from(ports, collection.name, record, names, traces)


async def _remove_from_lead(ports: Ports, lead_id: str, traces: Traces) -> None:
    """No event: others know nothing of these texts. The outbox and the figures stay as they are."""
    for _ in range(ATTEMPTS):
        record, lead = await load(ports, _ALL, lead_id)
        clean = without(lead, traces)
        receipts = tuple(traces.removed(each) for each in record.requests)
        if clean == lead and receipts == record.requests:
            return
        try:
            await ports.store.save(LEADS.name, replace(lead_record(clean, record), requests=receipts))
        except Stale:
            continue
        return
    raise Stale("这条线索正被频繁修改，稍后会自动继续删除。")


async def _remove_from(ports: Ports, collection: str, record: Record, names: tuple[str, ...], traces: Traces) -> None:
    for _ in range(ATTEMPTS):
        body = record.body | {name: traces.removed(record.body[name]) for name in names}
        if body == record.body:
            return
        try:
            await ports.store.save(collection, record.with_body(body))
        except Stale:
            latest = await ports.store.get(collection, _ALL, record.id)
            if latest is None:
                return
            record = latest
            continue
        return
    raise Stale("这条记录正被频繁修改，稍后会自动继续删除。")


def _kept(ports: Ports, scope: Scope, collection: str, field: str, lead_id: str) -> AsyncIterator[Record]:
    return ports.store.scan(collection, scope, [Eq(field, lead_id)])


def _in(source: str, at: str | None, content: object, traces: Traces) -> list[schemas.Occurrence]:
    text = orjson.dumps(content).decode()
    return [schemas.Occurrence(source=source, at=at, excerpt=excerpt) for excerpt in traces.excerpts(text)]
