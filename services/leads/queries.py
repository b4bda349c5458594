"""What lists and pages read of leads; everything filtered by the reader's scope first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from contracts.leads import InvestorRef
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from kit.errors import BadRequest, FieldError
from kit.ports import Ports
from kit.store.port import Brief, Clause, Eq, In, Matches, Range, Record, Scope, Sort
from kit.web import MAX_LIMIT, StrictModel
from services.leads import schemas
from services.leads.contacts import contact_item, contacts_of, load_contact
from services.leads.errors import InvestorNotFound
from services.leads.model import Lead, legal_targets
from services.leads.repository import (
    BEST_MATCHES,
    FOLLOW_UPS,
    IMPORT_ROWS,
    INVESTORS,
    LEADS,
    load,
)

SORTS = {
    "updated": "updated_at",
    "registered": "registered_on",
    "amount": "amount_fen",
    "investor": "investor.name",
    "respond_due": "respond_due",
    "protect_due": "protect_due",
    "follow_up": "last_follow_up_on",
}
Words = Annotated[str, Field(max_length=100)]
JSON_SAFE = 9 * 10**15
TIMELINE_NOTES = 200
UNMATCHED = b'{"best_match":null}'


class LeadFilter(StrictModel):
    """What a list is narrowed to."""

    stage: Stage | None = None
    state: LeadState | None = None
    zone: Words | None = None
    office: Words | None = None
    owner: Words | None = None
    source_mode: SourceMode | None = None
    import_id: Words | None = None
    q: Words | None = Field(None, description="项目、投资方或产业链，可用拼音首字母")
    respond_due_before: date | None = None
    protect_due_before: date | None = None
    registered_from: date | None = None
    registered_to: date | None = Field(None, description="不含这一天")

    def clauses(self) -> list[Clause]:
        """The filter as clauses of a query."""
        names = ("stage", "state", "zone", "office", "owner", "source_mode", "import_id")
        clauses: list[Clause] = [Eq(name, str(value)) for name in names if (value := getattr(self, name)) is not None]
        if self.q and self.q.strip():
            clauses.append(Matches(self.q))
        for name, low, high in (
            ("respond_due", None, self.respond_due_before),
            ("protect_due", None, self.protect_due_before),
            ("registered_on", self.registered_from, self.registered_to),
        ):
            if low or high:
                clauses.append(Range(name, low.isoformat() if low else None, high.isoformat() if high else None))
        return clauses


class LeadList(LeadFilter):
    """A page of a narrowed, ordered list."""

    sort: str = Field("-updated", max_length=40, description="排序，前面加 - 为倒序")
    limit: int = Field(30, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=2000)


class ExportInput(LeadFilter):
    """A narrowed, ordered list as a file."""

    kind: Literal["leads"] = "leads"
    format: Literal["xlsx", "csv"] = "xlsx"
    sort: str = Field("-updated", max_length=40, description="排序，前面加 - 为倒序")


def sort_of(name: str) -> Sort:
    """The order behind ``updated`` or ``-updated``.

    Raises:
        BadRequest: there is no such order.
    """
    plain = name.removeprefix("-")
    if plain not in SORTS:
        known = "、".join(SORTS)
        raise BadRequest(
            f"不支持按「{plain}」排序，可用：{known}；前面加 - 为倒序。", errors=[FieldError("sort", known)]
        )
    return Sort(SORTS[plain], descending=name.startswith("-"))


async def list_leads(ports: Ports, scope: Scope, wanted: LeadList) -> dict[str, Any]:
    """A page of leads with their best matches, put together without decoding what the store holds."""
    order, where = sort_of(wanted.sort), wanted.clauses()
    page = await ports.store.find_briefs(LEADS.name, scope, where, sort=order, limit=wanted.limit, cursor=wanted.cursor)
    best = await best_matches(ports, scope, [lead.id for lead in page.briefs])
    return {"items": [item(lead, best.get(lead.id, UNMATCHED)) for lead in page.briefs], "next": page.next}


async def board(ports: Ports, scope: Scope, wanted: LeadFilter) -> schemas.Board:
    """Counts and sums by stage."""
    tallies = await ports.store.tally(LEADS.name, scope, wanted.clauses(), group_by="board", sum_of="amount_fen")
    by_name = {tally.group: tally for tally in tallies}
    columns = []
    for stage in Stage:
        tally = by_name.get(stage.value)
        total = tally.sum if tally else 0
        columns.append(
            schemas.BoardColumn(
                stage=stage, count=tally.count if tally else 0, total_fen=total if total <= JSON_SAFE else str(total)
            )
        )
    held, closed = (by_name.get(state.value) for state in (LeadState.on_hold, LeadState.closed))
    return schemas.Board(columns=columns, on_hold=held.count if held else 0, closed=closed.count if closed else 0)


async def detail(ports: Ports, scope: Scope, id: str) -> schemas.LeadDetail:
    """Everything a lead's page shows."""
    record, lead = await load(ports, scope, id)
    best = await ports.store.get(BEST_MATCHES.name, scope, id)
    return schemas.LeadDetail(
        id=id,
        revision=record.revision,
        **{name: record.body[name] for name in LEADS.brief},
        best_match=best.body["best_match"] if best else None,
        facts=lead.facts,
        summary=lead.summary,
        referrer=lead.referrer,
        first_contact_evidence=lead.first_contact.evidence,
        investor_detail=await investor_detail(ports, scope, lead.investor.id, lead.investor),
        contacts=await contacts_of(ports, scope, lead),
        moves=[entry.move for entry in lead.history if entry.move],
        legal_moves=[_legal_move(lead, target) for target in legal_targets(lead)],
        repeats=await _repeats(ports, scope, id),
        signed_on=lead.signed_on,
        signed_amount=lead.signed_amount,
        origin=lead.origin,
        partners=list(lead.partners),
        decision=lead.decision,
        created_at=lead.created_at,
        updated_at=lead.updated_at,
    )


async def timeline(ports: Ports, scope: Scope, id: str) -> list[schemas.TimelineItem]:
    """What happened to a lead, latest first."""
    _, lead = await load(ports, scope, id)
    items = [
        schemas.TimelineItem(
            kind=entry.kind,
            at=entry.at,
            on=entry.on,
            by=entry.by,
            text=entry.reason,
            move=entry.move,
            changes=[schemas.Change(**change.model_dump()) for change in entry.changes],
        )
        for entry in reversed(lead.history)
    ]
    notes = await ports.store.find(
        FOLLOW_UPS.name, scope, [Eq("lead_id", id)], sort=Sort("at", descending=True), limit=TIMELINE_NOTES
    )
    items += [
        schemas.TimelineItem(kind="follow_up", at=n.body["at"], on=n.body["on"], by=n.body["by"], text=n.body["text"])
        for n in notes.records
    ]
    return sorted(items, key=lambda entry: entry.at, reverse=True)


async def best_matches(ports: Ports, scope: Scope, ids: Sequence[str]) -> dict[str, bytes]:
    """The best zone of each of these leads, where matched, as JSON."""
    page = await ports.store.find_briefs(BEST_MATCHES.name, scope, [In("id", tuple(ids))], limit=max(1, len(ids)))
    return {brief.id: brief.fields for brief in page.briefs}


async def list_investors(ports: Ports, scope: Scope, q: str | None, limit: int, cursor: str | None) -> dict[str, Any]:
    """Investors of the leads one sees, by name."""
    where: list[Clause] = [Matches(q)] if q else []
    page = await ports.store.find(INVESTORS.name, scope, where, sort=Sort("name"), limit=limit, cursor=cursor)
    return {"items": [_investor(record) for record in page.records], "next": page.next}


async def investor_detail(
    ports: Ports, scope: Scope, id: str, ref: InvestorRef | None = None
) -> schemas.InvestorDetail:
    """An investor; ``ref`` stands in where a lead names one.

    Raises:
        InvestorNotFound: there is none that ``scope`` sees.
    """
    record = await ports.store.get(INVESTORS.name, scope, id)
    if record is not None:
        return _investor(record)
    if ref is None:
        raise InvestorNotFound("没有这家投资方，或您没有查看权限。")
    return schemas.InvestorDetail(id=ref.id, name=ref.name, unified_social_credit_code=None, code_valid=None)


async def contact(ports: Ports, scope: Scope, id: str) -> schemas.ContactItem:
    """One contact, masked.

    Raises:
        ContactNotFound: there is none that ``scope`` sees.
    """
    record = await load_contact(ports, scope, id)
    _, lead = await load(ports, scope, record.body["lead_id"])
    return contact_item(record, lead)


def item(lead: Brief, best: bytes) -> orjson.Fragment:
    """A lead in a list: the JSON objects it is kept in, which share no name, joined as text."""
    objects = (orjson.dumps({"id": lead.id, "revision": lead.revision}), lead.fields, best)
    return orjson.Fragment(b"{" + b",".join(each[1:-1] for each in objects) + b"}")


def _legal_move(lead: Lead, target: Any) -> schemas.LegalMove:
    if isinstance(target, Stage):
        back = target.order < lead.stage.order
        needs = ["reason"] if back else ["signed_amount"] if target is Stage.signed else []
        return schemas.LegalMove(to=target.value, label=f"退回{target.label}" if back else target.label, needs=needs)
    labels = {"on_hold": "暂缓", "closed": "终止", "resume": "恢复推进"}
    return schemas.LegalMove(to=target, label=labels[target], needs=["reason"])


async def _repeats(ports: Ports, scope: Scope, id: str) -> list[schemas.Repeat]:
    where = [Eq("lead", id), Eq("result", "linked")]
    page = await ports.store.find(IMPORT_ROWS.name, scope, where, limit=100)
    return [schemas.Repeat(import_id=record.body["import_id"], row=record.body["row"]) for record in page.records]


def _investor(record: Record) -> schemas.InvestorDetail:
    return schemas.InvestorDetail(
        id=record.id,
        name=record.body["name"],
        unified_social_credit_code=record.body["code"],
        code_valid=record.body["code_valid"],
    )
