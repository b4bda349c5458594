"""One row of a ledger: a new lead, a link to one that is there, or a refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.leads import InvestorRef
from contracts.vocabulary.facts import FactSource, FactValue
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from kit.clock import to_text
from kit.ports import Ports
from kit.store.port import Record
from operating.ids import derive_id
from services.leads.clocks import start_clocks
from services.leads.commands import sharing
from services.leads.contacts import Person
from services.leads.investors import named
from services.leads.ledger import LedgerRow
from services.leads.model import CITY, Act, FirstContact, Lead
from services.leads.registration import register_lead
from services.leads.settings import LeadSettings


@dataclass(frozen=True, slots=True)
class RowDone:
    """A row's number and how it ended, in the shape the API gives."""

    row: int
    answer: dict[str, Any]


async def import_row(ports: Ports, job: Record, row: LedgerRow) -> RowDone:
    """Register the row's lead, or link the row to the lead it repeats."""
    if not row.title or not row.investor:
        return RowDone(row.row, _answer(row, "refused", None))
    now = ports.clock.now()
    act = Act.of(job.body["importer"], now)
    draft = _draft(ports, job, row, act.on)
    investor = named(row.investor, row.unified_social_credit_code, lenient=True)
    done = await register_lead(ports, draft, investor, _person(row), act, None)
    return RowDone(row.row, _answer(row, "created" if done.created else "linked", done.lead.id))


def _draft(ports: Ports, job: Record, row: LedgerRow, today: date) -> Lead:
    now = ports.clock.now()
    office = job.body["office"]
    zone = row.zone or job.body["default_zone"] or (office if office != CITY else "donghu")
    state = row.state or LeadState.active
    registered_on = _business_date(row, today)
    return Lead(
        id=derive_id(ports.secret, "import", job.id, str(row.row)),
        office=office,
        zone=zone,
        shared_with=sharing(office, zone),
        title=row.title,
        investor=InvestorRef(id="", name=row.investor),
        stage=row.stage or Stage.new,
        state=state,
        owner=job.body["importer"],
        owner_as_written=row.owner,
        source_mode=row.source_mode or SourceMode.other,
        referrer=row.referrer,
        summary="\n".join(part for part in (row.summary, row.progress, row.remark) if part)[:20_000],
        facts=_facts(job, row),
        first_contact=FirstContact(on=row.first_contact),
        registered_on=registered_on,
        updated_on=_full_date(row.updated) or registered_on,
        last_follow_up_on=_full_date(row.updated),
        clocks=start_clocks(now, state, LeadSettings.current()),
        origin="import",
        import_id=job.id,
        import_row=row.row,
        todo=tuple(f"{problem.column}：{problem.message}" for problem in row.problems)[:10],
        created_at=to_text(now),
        updated_at=to_text(now),
    )


def _facts(job: Record, row: LedgerRow) -> dict[str, FactValue]:
    source = FactSource(kind="import", id=job.id)
    facts = {
        name: FactValue(value=amount, source=source, as_written=amount.as_written)
        for name in ("total_investment", "fixed_asset_investment")
        if (amount := getattr(row, name)) is not None
    }
    plain = {"industry_code": row.industry_code, "land_mu": row.land_mu, "industry_chain": row.industry_chain}
    for name, value in plain.items():
        if value is not None:
            facts[name] = FactValue(value=value, source=source)
    return facts


def _person(row: LedgerRow) -> Person | None:
    return Person(row.contact_name, row.contact_phone) if row.contact_name else None


def _business_date(row: LedgerRow, today: date) -> str:
    """The day a lead counts for: its first contact, else its last update, never after today."""
    for text in (row.first_contact, row.updated):
        day = _full_date(text)
        if day is not None and day <= today.isoformat():
            return day
    return today.isoformat()


def _full_date(text: str | None) -> str | None:
    """A month alone counts as its first day."""
    if text is None:
        return None
    return f"{text}-01" if len(text) == 7 else text


def _answer(row: LedgerRow, result: str, lead: str | None) -> dict[str, Any]:
    return {
        "row": row.row,
        "result": result,
        "lead": lead,
        "title": row.title,
        "investor": row.investor,
        "unified_social_credit_code": row.unified_social_credit_code,
        "code_valid": row.code_valid,
        "total_investment": _dump(row.total_investment),
        "fixed_asset_investment": _dump(row.fixed_asset_investment),
        "stage": _stage(row),
        "zone": row.zone,
        "source_mode": row.source_mode.value if row.source_mode else None,
        "first_contact": row.first_contact,
        "updated": row.updated,
        "problems": [
            {"column": problem.column, "value": problem.value, "message": problem.message} for problem in row.problems
        ],
    }


def _stage(row: LedgerRow) -> str | None:
    """The stage, or what the lead is beside the stages."""
    if row.state is not None and row.state is not LeadState.active:
        return row.state.value
    return row.stage.value if row.stage else None


def _dump(amount: Any) -> dict[str, Any] | None:
    return None if amount is None else amount.model_dump(mode="json")
