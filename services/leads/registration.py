"""Registering a lead: its claim first, then the investor and the contact, the lead last, under one sync.

A crash after any line leaves claims that the same request, or the next one, finishes: a claim that holds
the same id is ours, and one whose lead never came to be is taken over.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from contracts.event import EventData
from contracts.leads import InvestorRef
from kit.errors import Conflict, Stale
from kit.ports import Ports
from kit.store.port import Record, Scope, Write
from operating.idempotency import RequestKey, remember
from services.leads.contacts import Person, sealed_contact
from services.leads.investors import Linked, Named, link
from services.leads.ledger.repeats import title_key
from services.leads.model import Act, Lead, register
from services.leads.repository import (
    CLAIMS,
    INVESTORS,
    LEADS,
    claim,
    claim_id,
    events_of,
    lead_from,
    lead_record,
)

_CLAIMS = Scope.system("uniqueness of leads")
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Registered:
    """The lead as it is now, and whether this call made it or found it."""

    record: Record
    lead: Lead
    created: bool


async def register_lead(
    ports: Ports,
    draft: Lead,
    investor: Named,
    person: Person | None,
    act: Act,
    request: RequestKey | None,
    *audit: EventData,
) -> Registered:
    """Store a new lead, or find the one that this office already has of the same investor and project.

    ``audit`` is what the log is told of a lead that is made.

    Raises:
        Conflict: others registered the same at the same moment, again and again.
    """
    for attempt in range(ATTEMPTS):
        own, linked = await asyncio.gather(
            ports.store.get(LEADS.name, _CLAIMS, draft.id), link(ports, investor, draft.readers)
        )
        if own is not None:
            return Registered(own, lead_from(own), created=True)
        if attempt or person is not None:  # without a person nothing is written before the claim, which tells as well
            found = await _repeated(ports, draft, linked.ref)
            if found is not None:
                return Registered(found, lead_from(found), created=False)
        writes, lead = await _writes(ports, draft, linked, person, act, request, *audit)
        outcome = await _write_all(ports, writes)
        if isinstance(outcome, Record):
            return Registered(outcome, lead, created=True)
    raise Conflict("同一投资方正被多人同时登记，请稍后重试。")


async def _repeated(ports: Ports, draft: Lead, investor: InvestorRef) -> Record | None:
    """The lead that this office already has of the project; a claim without a lead is taken over."""
    claimed = await ports.store.get(CLAIMS.name, _CLAIMS, claim_id(ports, "project", *_claim_parts(draft, investor)))
    if claimed is None or claimed.body["holds"] == draft.id:
        return None
    record = await ports.store.get(LEADS.name, _CLAIMS, claimed.body["holds"])
    if record is None:
        await ports.store.save(CLAIMS.name, claimed.with_body({**claimed.body, "holds": draft.id}))
    return record


async def _writes(
    ports: Ports,
    draft: Lead,
    linked: Linked,
    person: Person | None,
    act: Act,
    request: RequestKey | None,
    *audit: EventData,
) -> tuple[list[Write], Lead]:
    lead, event = register(draft.model_copy(update={"investor": linked.ref}), act)
    writes = [claim(ports, "project", *_claim_parts(draft, linked.ref), holds=draft.id), *linked.writes]
    if person is not None:
        writes.append(await sealed_contact(ports, lead, person))
    record = lead_record(lead, None)
    if request is not None:
        record = remember(record, request, receipt_of(lead))
    writes.append(Write(LEADS.name, record, events_of(ports, lead.id, 1, event, *audit)))
    return writes, lead


async def _write_all(ports: Ports, writes: list[Write]) -> Record | None:
    """Write in order; a step that an earlier attempt already did is passed over. None where somebody was faster."""
    while writes:
        outcomes = await ports.store.save_many(writes, stop_at_failure=True)
        last = outcomes[-1]
        if isinstance(last, Record) and len(outcomes) == len(writes):
            return last
        failed = writes[len(outcomes) - 1]
        if isinstance(last, Stale) or not await _is_ours(ports, failed):
            return None
        writes = writes[len(outcomes) :]
    return None


async def _is_ours(ports: Ports, write: Write) -> bool:
    if write.collection in (LEADS.name, INVESTORS.name):
        return False
    existing = await ports.store.get(write.collection, _CLAIMS, write.record.id)
    return existing is not None and existing.body.get("holds") == write.record.body.get("holds")


def receipt_of(lead: Lead) -> dict[str, Any]:
    """The answer to a change."""
    return {
        "id": lead.id,
        "revision": lead.revision,
        "stage": lead.stage.value,
        "state": lead.state.value,
        "owner": lead.owner,
        "clocks": [clock.model_dump(mode="json") for clock in lead.clocks],
    }


def _claim_parts(lead: Lead, investor: InvestorRef) -> tuple[str, str, str]:
    return lead.office, investor.id, title_key(lead.title)
