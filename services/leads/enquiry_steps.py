"""What an enquiry does to its lead, step by step, resumable after any line.

A lead's id is derived from its enquiry; every later effect is remembered by the lead as a request is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

import orjson

from contracts.event import EventData
from contracts.leads import InvestorRef
from contracts.vocabulary.personal_data import LegalBasis, NoticeGiven
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from kit.clock import SHANGHAI, from_text
from kit.errors import AlreadyExists, NotFound, Stale
from kit.ports import Ports
from kit.store.port import Eq, Scope
from operating.idempotency import RequestKey, replay
from operating.ids import derive_id
from services.leads import model
from services.leads.clocks import start_clocks
from services.leads.contacts import Person, sealed_contact
from services.leads.investors import named
from services.leads.model import Act, Lead
from services.leads.model.enquiry import MAKE_LEAD, MESSAGE, WITHDRAWAL, Enquiry, without
from services.leads.people import duty_officer
from services.leads.registration import receipt_of, register_lead
from services.leads.repository import ENQUIRIES, enquiry_from, enquiry_record, load, save
from services.leads.settings import LeadSettings

log = logging.getLogger(__name__)

_DESK = Scope.system("enquiries of visitors")
ERASE = "咨询人已撤回同意：请删除其联系方式，并不再据此联系。"
ATTEMPTS = 10
Effect = Callable[[Lead, datetime], tuple[Lead, EventData]]


async def sweep(ports: Ports) -> None:
    """Do what is still to come of every enquiry."""
    async for record in ports.store.scan(ENQUIRIES.name, _DESK, [Eq("unfinished", True)]):
        try:
            await finish(ports, record.id)
        except Exception:
            log.exception("enquiry %s is not finished", record.id)


async def finish(ports: Ports, id: str) -> None:
    """Do the pending steps of one enquiry, in order."""
    for _ in range(ATTEMPTS):
        record = await ports.store.get(ENQUIRIES.name, _DESK, id)
        enquiry = enquiry_from(record)
        if not enquiry.pending:
            await ports.vault.destroy(id)
            return
        step = enquiry.pending[0]
        lead_id = await _lead_of(ports, enquiry) if step == MAKE_LEAD else enquiry.lead_id
        if lead_id is not None and step != MAKE_LEAD:
            await affect(ports, lead_id, f"{id}:{step}", _effect(enquiry, step))
        on_duty = enquiry.on_duty or (step == MAKE_LEAD and await duty_officer(ports, enquiry.zone) is not None)
        done = without(enquiry, step, lead_id=lead_id, person=None, on_duty=on_duty)
        with suppress(Stale):
            await ports.store.save(ENQUIRIES.name, enquiry_record(done, record))


async def _lead_of(ports: Ports, enquiry: Enquiry) -> str:
    """The lead of an enquiry: made, or the one that the office already has of it, which is then asked about again."""
    person = await _person(ports, enquiry)
    draft = await _draft(ports, enquiry)
    act = Act.of("", from_text(enquiry.at))
    done = await register_lead(ports, draft, named(enquiry.organisation, None), person, act, None)
    if done.created:
        return done.lead.id
    if person is not None:
        write = await sealed_contact(ports, done.lead, person)
        with suppress(AlreadyExists):
            await ports.store.save(write.collection, write.record)
    await affect(ports, done.lead.id, f"{enquiry.id}:{MAKE_LEAD}", _effect(enquiry, MAKE_LEAD))
    return done.lead.id


async def _draft(ports: Ports, enquiry: Enquiry) -> Lead:
    at = from_text(enquiry.at)
    today = at.astimezone(SHANGHAI).date().isoformat()
    return Lead(
        id=derive_id(ports.secret, "lead of enquiry", enquiry.id),
        office=enquiry.zone,
        zone=enquiry.zone,
        title=enquiry.public_title,
        investor=InvestorRef(id="", name=enquiry.organisation),
        stage=Stage.new,
        state=LeadState.active,
        owner=await duty_officer(ports, enquiry.zone) or "",
        source_mode=SourceMode.enquiry,
        facts=enquiry.facts,
        registered_on=today,
        updated_on=today,
        clocks=start_clocks(at, LeadState.active, LeadSettings.current()),
        origin="enquiry",
        decision=enquiry.decision,
        created_at=enquiry.at,
        updated_at=enquiry.at,
    )


async def _person(ports: Ports, enquiry: Enquiry) -> Person | None:
    """Who asked, in the clear; nobody where they withdrew or the lead already has them."""
    if enquiry.person is None or enquiry.withdrawn_at is not None:
        return None
    try:
        known = orjson.loads(await ports.vault.open(enquiry.id, enquiry.person))
    except NotFound:
        return None
    return Person(**known, legal_basis=LegalBasis.consent, notice_given=NoticeGiven.form)


def _effect(enquiry: Enquiry, step: str) -> Effect:
    """What a step does to the lead."""

    def effect(lead: Lead, now: datetime) -> tuple[Lead, EventData]:
        if step == WITHDRAWAL:
            return model.remind(lead, ERASE, Act.of("", now))
        if step in (MAKE_LEAD, MESSAGE):
            since = from_text(enquiry.at if step == MAKE_LEAD else enquiry.message_at or enquiry.at)
            respond = start_clocks(since, LeadState.active, LeadSettings.current())[0]
            return model.enquired(lead, respond, Act.of("", now))
        reply = enquiry.replies[int(step.removeprefix("reply-")) - 1]
        on = from_text(reply.at).astimezone(SHANGHAI).date()
        next_on = date.fromisoformat(lead.next_on) if lead.next_on else None
        return model.followed_up(lead, reply.at, on, Act.of(reply.by, now), next_plan=lead.next_plan, next_on=next_on)

    return effect


async def affect(ports: Ports, lead_id: str, key: str, effect: Effect) -> None:
    """Change a lead once for each ``key``, which the lead remembers as it does a request.

    Raises:
        Stale: others change it again and again.
    """
    request = RequestKey(key, key)
    for _ in range(ATTEMPTS):
        record, lead = await load(ports, _DESK, lead_id)
        if replay(record, request) is not None:
            return
        now = max(ports.clock.now(), from_text(lead.updated_at))
        changed, event = effect(lead, now)
        with suppress(Stale):
            await save(ports, record, changed, (event,), request, receipt_of(changed))
            return
    raise Stale("这条线索正被多人同时修改。")
