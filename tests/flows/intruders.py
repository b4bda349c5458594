"""Records that hang on what one may read, and that one may not read oneself: each read must ask for itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from kit.store.port import Collection, Record, Scope
from kit.store.sqlite import SqliteStore
from services.leads.model.enquiry import Enquiry
from services.leads.repository import ANSWERS, BEST_MATCHES, CONTACTS, ENQUIRIES, FOLLOW_UPS, IMPORT_ROWS
from tests.flows.canaries import PARTNER_A

MARK = "外人金丝雀"
READERS = frozenset({"zone:caidian"})
"""Nobody in these tests works there."""
_EVERYTHING = Scope.system("records that intrude")
LATE = "2099-01-01T00:00:00.000000Z"


def intrude(data: Path, lead: str, imported: str) -> None:
    """Put one such record into each collection of the leads service, behind the suite's back."""
    asyncio.run(_intrude(data, _intruders(lead, imported)))


async def _intrude(data: Path, intruders: list[tuple[Collection, Record]]) -> None:
    store = SqliteStore(data / "leads.db")
    try:
        for collection, record in intruders:
            await store.ensure(collection)
            known = await store.get(collection.name, _EVERYTHING, record.id)
            fresh = record if known is None else known.with_body(record.body, READERS)
            await store.save(collection.name, fresh)
    finally:
        await store.close()


def _intruders(lead: str, imported: str) -> list[tuple[Collection, Record]]:
    best = {"zone": MARK, "certain_fen": 1, "possible_fen": 1, "amount_unknown": 0}
    contact = {"lead_id": lead, "holds": "x", "sealed": "", "position": MARK, "created_at": LATE}
    note = {"lead_id": lead, "at": LATE, "on": "2099-01-01", "by": MARK, "text": MARK, "next_plan": None}
    said = f"{MARK} 13911112222"
    answer = {"lead_id": lead, "org": PARTNER_A, "at": LATE, "by": MARK, "text": said, "applied": True, "digest": ""}
    return [
        (ANSWERS, _record("intruding-answer", answer)),
        (ENQUIRIES, _record("intruding-enquiry", _enquiry(lead, said))),
        (BEST_MATCHES, _record(lead, {"sequence": 10**9, "certain_fen": 1, "best_match": best})),
        (CONTACTS, _record("intruding-contact", contact | _masked())),
        (FOLLOW_UPS, _record("intruding-note", note | {"next_on": None, "applied": True})),
        (IMPORT_ROWS, _record(f"{imported}:000999", _row(imported, lead))),
        (IMPORT_ROWS, _record(f"{MARK}:000001", _row(MARK, lead))),
    ]


def _enquiry(lead: str, said: str) -> dict[str, Any]:
    asked = Enquiry(
        id="", zone="caidian", organisation=MARK, org=PARTNER_A, question=said, facts={}, salt="", code_digest="",
        body_digest="", at=LATE, respond_by=LATE, lead_id=lead, pending=(), unfinished=False,
    )  # fmt: skip
    return asked.model_dump(mode="json", exclude={"id", "revision"})


def _masked() -> dict[str, Any]:
    return {"name_masked": MARK, "phone_masked": MARK, "email_masked": None}


def _row(imported: str, lead: str) -> dict[str, Any]:
    names = (
        "unified_social_credit_code", "code_valid", "total_investment", "fixed_asset_investment", "stage", "zone",
        "source_mode", "first_contact", "updated",
    )  # fmt: skip
    said = {"row": 999, "result": "linked", "lead": lead, "title": MARK, "investor": MARK, "problems": []}
    return dict.fromkeys(names) | said | {"import_id": imported, "troubled": False}


def _record(id: str, body: dict[str, Any]) -> Record:
    return Record(id, body, READERS)
