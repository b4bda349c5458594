"""What a partner reads: the leads that are shared with their organisation, and what they asked.

An enquiry is shown from itself alone, so that nobody learns whether the office knew of the project before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.stages import LeadState
from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Sort
from kit.web import PageOf, Paging
from services.leads.enquiries import state_of
from services.leads.errors import EnquiryNotFound, LeadNotFound, ProjectNotFound
from services.leads.model import Lead
from services.leads.model.enquiry import Enquiry
from services.leads.repository import ANSWERS, ENQUIRIES, LEADS, enquiry_from, lead_from, load
from services.leads.schemas.enquiries import PublicReply
from services.leads.schemas.projects import PROGRESS, Asked, AskedItem, Progress, Project, ProjectItem, Respond, Step

ANSWERS_SHOWN = 200
NO_PROJECT = "没有这个项目，或已不再与贵单位共享。请从「我的项目」重新打开。"


async def projects(ports: Ports, scope: Scope, paging: Paging) -> PageOf[ProjectItem]:
    """The leads that are shared with one's organisation, the latest changed first."""
    order = Sort("updated_at", descending=True)
    page = await ports.store.find(LEADS.name, scope, sort=order, limit=paging.limit, cursor=paging.cursor)
    return PageOf(items=[ProjectItem(**_shown(lead_from(each))) for each in page.records], next=page.next)


async def project(ports: Ports, principal: Principal, id: str) -> Project:
    """One of them, with its course and what the office wrote back.

    Raises:
        ProjectNotFound: it is not shared with one's organisation.
    """
    try:
        _, lead = await load(ports, principal.scope, id)
    except LeadNotFound:
        raise ProjectNotFound(NO_PROJECT) from None
    where = [Eq("lead_id", id), Eq("org", principal.org)]
    order = Sort("at", descending=True)
    page = await ports.store.find(ANSWERS.name, principal.scope, where, sort=order, limit=ANSWERS_SHOWN)
    answers = [PublicReply(text=each.body["text"], at=each.body["at"]) for each in page.records]
    amounts = _amounts(lead.facts, principal.org)
    return Project(**_shown(lead), steps=_steps(lead), amounts=amounts, answers=answers)


async def asked(ports: Ports, scope: Scope, paging: Paging) -> PageOf[AskedItem]:
    """What one's organisation asked, the latest first."""
    order = Sort("at", descending=True)
    page = await ports.store.find(ENQUIRIES.name, scope, sort=order, limit=paging.limit, cursor=paging.cursor)
    return PageOf(items=[AskedItem(**await _question(ports, each)) for each in page.records], next=page.next)


async def one_asked(ports: Ports, principal: Principal, id: str) -> Asked:
    """One enquiry of one's organisation.

    Raises:
        ProjectNotFound: it is another's.
    """
    record = await ports.store.get(ENQUIRIES.name, principal.scope, id)
    try:
        enquiry = enquiry_from(record)
    except EnquiryNotFound:
        raise ProjectNotFound(NO_PROJECT) from None
    assert record is not None  # noqa: S101 - enquiry_from raised
    return Asked(
        **await _question(ports, record),
        amounts=_amounts(enquiry.facts, principal.org),
        answers=[PublicReply(text=each.text, at=each.at) for each in reversed(enquiry.replies)],
        message=enquiry.message,
        withdrawn_at=enquiry.withdrawn_at,
    )


def _shown(lead: Lead) -> dict[str, Any]:
    respond = next((clock for clock in lead.clocks if clock.kind == "respond"), None)
    moved = [entry.on for entry in lead.history if entry.move is not None]
    return {
        "id": lead.id,
        "title": lead.public_title,
        "zone": lead.zone,
        "progress": _progress(lead),
        "moved_on": moved[-1] if moved else lead.registered_on,
        "respond": Respond(due_at=respond.due_at, met_at=respond.met_at) if respond else None,
    }


def _progress(lead: Lead) -> Progress:
    if lead.state is LeadState.active:
        return PROGRESS[lead.stage]
    return "on_hold" if lead.state is LeadState.on_hold else "closed"


def _steps(lead: Lead) -> list[Step]:
    """The way up to where the lead stands, each stage when it was last reached; what was taken back is left out."""
    reached: dict[Progress, str] = {"received": lead.registered_on}
    for entry in lead.history:
        if entry.move is not None and entry.move.to_stage != entry.move.from_stage:
            reached[PROGRESS[entry.move.to_stage]] = entry.move.on
    order = list(dict.fromkeys(PROGRESS.values()))
    so_far = order[: order.index(PROGRESS[lead.stage]) + 1]
    return [Step(progress=each, on=reached[each]) for each in so_far if each in reached]


def _amounts(facts: Mapping[str, FactValue], org: str | None) -> dict[str, Amount]:
    own = {name: fact for name, fact in facts.items() if fact.source.kind == "partner" and fact.source.id == org}
    return {name: fact.value for name, fact in own.items() if isinstance(fact.value, Amount)}


async def _question(ports: Ports, record: Record) -> dict[str, Any]:
    enquiry: Enquiry = enquiry_from(record)
    met = enquiry.replies[0].at if enquiry.replies else None
    return {
        "id": enquiry.id,
        "zone": enquiry.zone,
        "question": enquiry.question,
        "state": await state_of(ports, enquiry),
        "asked_at": enquiry.at,
        "respond": Respond(due_at=enquiry.respond_by, met_at=met),
    }
