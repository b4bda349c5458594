"""Leads and what belongs to them as documents: their collections, readers and ages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from contracts.event import EventData
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.stages import LeadState
from kit.events import Event, envelop
from kit.ports import Ports
from kit.store.port import Collection, Index, Record, Scope, Write
from operating.idempotency import RequestKey, remember
from operating.ids import derive_id
from services.leads.errors import EnquiryNotFound, LeadNotFound
from services.leads.model import SCHEMA, Lead
from services.leads.model.enquiry import Enquiry

LEADS: Final = Collection(
    "leads",
    (
        Index("stage", tree=False),
        Index("state", tree=False),
        Index("board", tree=False),
        Index("zone", tree=False),
        Index("office", tree=False),
        Index("owner", tree=False),
        Index("source_mode", tree=False),
        Index("registered_on"),
        Index("updated_at"),
        Index("last_follow_up_on"),
        Index("investor.id"),
        Index("investor.name", "chinese"),
        Index("import_id"),
        Index("respond_due"),
        Index("protect_due"),
        Index("amount_fen", "integer"),
    ),
    ("title", "investor.name", "chain"),
    (
        *("title", "investor", "stage", "state", "zone", "office", "owner", "owner_as_written", "source_mode"),
        *("total_investment", "fixed_asset_investment", "first_contact_on", "registered_on", "updated_on"),
        *("last_follow_up_on", "next_plan", "next_on", "clocks", "confidential", "todo", "import_id"),
    ),
)
INVESTORS: Final = Collection("investors", (Index("name", "chinese"),), ("name",))
CLAIMS: Final = Collection("claims")
CONTACTS: Final = Collection(
    "contacts", (Index("lead_id"), Index("created_at"), Index("retain_until"), Index("erasing"))
)
DISCLOSURES: Final = Collection("disclosures", (Index("contact"), Index("at")))
FOLLOW_UPS: Final = Collection("follow_ups", (Index("lead_id"), Index("at"), Index("applied")))
IMPORTS: Final = Collection("imports", (Index("state"), Index("created_at"), Index("importer")))
IMPORT_ROWS: Final = Collection(
    "import_rows", (Index("import_id"), Index("row", "integer"), Index("result"), Index("lead"), Index("troubled"))
)
EXPORTS: Final = Collection("exports", (Index("state"), Index("expires_at"), Index("blob")))
BEST_MATCHES: Final = Collection("best_matches", (Index("certain_fen", "integer"),), brief=("best_match",))
PEOPLE: Final = Collection("people", (Index("role"),))
ENQUIRIES: Final = Collection(
    "enquiries",
    (Index("lead_id"), Index("code_digest"), Index("unfinished", tree=False), Index("at"), Index("org")),
)
DUTIES: Final = Collection("duties")
ANSWERS: Final = Collection("answers", (Index("lead_id"), Index("org"), Index("at"), Index("applied")))
COLLECTIONS: Final = (
    *(LEADS, INVESTORS, CLAIMS, CONTACTS, DISCLOSURES, FOLLOW_UPS, IMPORTS, IMPORT_ROWS, EXPORTS, BEST_MATCHES, PEOPLE),
    *(ENQUIRIES, DUTIES, ANSWERS),
)

MAX_LEAD_BYTES: Final = 64 * 1024


class NewerSchema(RuntimeError):
    """A document was written by a later release than this one."""


def lead_from(record: Record) -> Lead:
    """The lead in a record.

    Raises:
        NewerSchema: a later release wrote it.
    """
    if record.body.get("schema_number", 1) > SCHEMA:
        raise NewerSchema("数据由更新版本写入，请升级后再启动。")
    return Lead.model_validate(record.body | {"revision": record.revision})


def lead_record(lead: Lead, before: Record | None) -> Record:
    """The record of a lead: its fields, and what lists sort and filter by."""
    body = lead.model_dump(mode="json", exclude={"revision"}) | _derived(lead)
    if before is None:
        return Record(lead.id, body, lead.readers)
    return before.with_body(body, lead.readers)


def events_of(
    ports: Ports, aggregate: str, revision: int, *payloads: EventData, key: str | None = None
) -> tuple[Event, ...]:
    """Events of the save that makes ``aggregate`` ``revision``."""
    return tuple(
        envelop(
            payloads,
            source="leads",
            aggregate=aggregate,
            revision=revision,
            time=ports.clock.now(),
            partition_key=key,
        )
    )


async def load(ports: Ports, scope: Scope, id: str) -> tuple[Record, Lead]:
    """A lead and its record.

    Raises:
        LeadNotFound: there is none that ``scope`` sees.
    """
    record = await ports.store.get(LEADS.name, scope, id)
    if record is None:
        raise LeadNotFound("没有这条线索，或您没有查看权限。请从线索列表重新打开。")
    return record, lead_from(record)


async def save(
    ports: Ports,
    before: Record,
    lead: Lead,
    told: Sequence[EventData],
    request: RequestKey | None,
    receipt: Mapping[str, Any],
) -> Record:
    """Store a changed lead with its events and the receipt of the request that changed it."""
    record = lead_record(lead, before)
    if request is not None:
        record = remember(record, request, dict(receipt))
    return await ports.store.save(LEADS.name, record, events_of(ports, lead.id, before.revision + 1, *told))


def enquiry_record(enquiry: Enquiry, before: Record | None) -> Record:
    """The record of an enquiry."""
    body = enquiry.model_dump(mode="json", exclude={"revision"})
    return Record(enquiry.id, body, enquiry.readers) if before is None else before.with_body(body)


def enquiry_from(record: Record | None) -> Enquiry:
    """The enquiry in a record.

    Raises:
        EnquiryNotFound: there is no record.
    """
    if record is None:
        raise EnquiryNotFound("没有这条咨询，或您没有查看权限。")
    return Enquiry.model_validate(record.body | {"revision": record.revision})


def stored(id: str, content: BaseModel | Mapping[str, Any], readers: Sequence[str] | frozenset[str]) -> Record:
    """A new record of any other kind."""
    body = content.model_dump(mode="json") if isinstance(content, BaseModel) else dict(content)
    return Record(id, body, frozenset(readers))


def claim(ports: Ports, kind: str, *parts: str, holds: str) -> Write:
    """The write that takes a unique key for ``holds``; the key itself is kept only as an HMAC."""
    id = claim_id(ports, kind, *parts)
    return Write(CLAIMS.name, stored(id, {"kind": kind, "holds": holds, "at": ports.clock.now().isoformat()}, ()))


def claim_id(ports: Ports, kind: str, *parts: str) -> str:
    """The id of a unique key."""
    return derive_id(ports.secret, "claim", kind, *parts)


def _derived(lead: Lead) -> dict[str, Any]:
    running = {clock.kind: clock.due_at for clock in lead.clocks if clock.met_at is None}
    chain = lead.facts.get("industry_chain")
    return {
        "board": lead.stage.value if lead.state is LeadState.active else lead.state.value,
        "respond_due": running.get("respond"),
        "protect_due": running.get("protect"),
        "amount_fen": _amount_fen(lead),
        "total_investment": _stated(lead, "total_investment"),
        "fixed_asset_investment": _stated(lead, "fixed_asset_investment"),
        "first_contact_on": lead.first_contact.on,
        "chain": chain.as_written or str(chain.value) if chain else None,
    }


def _stated(lead: Lead, name: str) -> dict[str, Any] | None:
    fact = lead.facts.get(name)
    return fact.value.model_dump(mode="json") if fact and isinstance(fact.value, Amount) else None


def _amount_fen(lead: Lead) -> int | None:
    """What a list sorts and sums by: the lower end of the total investment, where it is in yuan."""
    fact = lead.facts.get("total_investment")
    amount = fact.value if fact else None
    if isinstance(amount, Amount) and amount.currency == "CNY":
        return amount.low
    return None
