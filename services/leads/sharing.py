"""What officers do for partners: share a lead with them, end it, write back.

An answer is a record of its own; its effect on the lead, that the respond clock is met, is a second step that a
sweeper can finish.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Literal

from contracts.audit import AuditedChange
from contracts.event import EventData
from contracts.leads import PartnerAnswered
from kit.auth import Principal
from kit.clock import SHANGHAI, from_text, to_text
from kit.errors import AlreadyExists, FieldError, IdempotencyMismatch, Stale
from kit.ports import Ports
from kit.store.port import Eq, Page, Record, Scope, Sort
from operating.idempotency import RequestKey, replay
from operating.ids import derive_id
from services.leads import model
from services.leads.auditing import told_of_lead
from services.leads.commands import act_of, check_revision
from services.leads.enquiry_steps import affect
from services.leads.errors import NotShared, UnknownPartner
from services.leads.model import ORG, Act, Lead
from services.leads.people import is_partner
from services.leads.registration import receipt_of
from services.leads.repository import ANSWERS, events_of, load, save, stored
from services.leads.schemas.projects import AnswerInput, ShareInput

_SWEEP = Scope.system("unfinished answers to partners")
_REPEATED = Scope.system("answers by the id of their request")


async def share(
    ports: Ports, principal: Principal, id: str, body: ShareInput, revision: int, key: str
) -> dict[str, Any]:
    """Let a partner's organisation follow the lead.

    Raises:
        UnknownPartner: no active account works for it.
    """
    if not await is_partner(ports, body.org):
        message = "没有在用的合作伙伴账号"
        raise UnknownPartner("只能共享给有合作伙伴账号的企业，请重新选择。", errors=[FieldError("org", message)])
    return await _set_shared(ports, principal, id, body, revision, key, "shared")


async def unshare(
    ports: Ports, principal: Principal, id: str, body: ShareInput, revision: int, key: str
) -> dict[str, Any]:
    """End it; what was written back to them is kept, and shown again if the lead is shared again."""
    return await _set_shared(ports, principal, id, body, revision, key, "unshared")


async def answer(ports: Ports, principal: Principal, lead_id: str, body: AnswerInput, key: str) -> dict[str, Any]:
    """Write back to a partner about a lead that is shared with them; the respond clock is met.

    Raises:
        NotShared: they do not follow it.
        IdempotencyMismatch: the key was used for another answer.
    """
    _, lead = await load(ports, principal.scope, lead_id)
    request = RequestKey.of(key, body)
    id = derive_id(ports.secret, principal.account, f"POST /leads/{lead_id}/answers", key)
    record = await ports.store.get(ANSWERS.name, _REPEATED, id)
    if record is None:
        record = await _written(ports, principal, lead, id, body, request.digest)
    if record.body["digest"] != request.digest:
        raise IdempotencyMismatch("这个 Idempotency-Key 已用于另一条回复，请换一个新的再提交。")
    await apply(ports, record)
    return {"id": id, "lead_id": lead_id, "at": record.body["at"]}


async def answers_of(ports: Ports, scope: Scope, lead_id: str, limit: int, cursor: str | None) -> Page:
    """What was written back to partners about a lead, latest first."""
    await load(ports, scope, lead_id)
    order = Sort("at", descending=True)
    return await ports.store.find(ANSWERS.name, scope, [Eq("lead_id", lead_id)], sort=order, limit=limit, cursor=cursor)


async def apply(ports: Ports, record: Record) -> None:
    """Let an answer have its effect on its lead, once."""
    if record.body["applied"]:
        return

    def met(lead: Lead, now: datetime) -> tuple[Lead, EventData]:
        at = from_text(record.body["at"])
        act = Act.of(record.body["by"], now)
        next_on = date.fromisoformat(lead.next_on) if lead.next_on else None
        on = at.astimezone(SHANGHAI).date()
        return model.followed_up(lead, record.body["at"], on, act, next_plan=lead.next_plan, next_on=next_on)

    await affect(ports, record.body["lead_id"], f"answer:{record.id}", met)
    with suppress(Stale):
        await ports.store.save(ANSWERS.name, record.with_body(record.body | {"applied": True}))


async def sweep(ports: Ports) -> None:
    """Finish what a crash left half done."""
    before = to_text(ports.clock.now() - timedelta(seconds=30))
    async for record in ports.store.scan(ANSWERS.name, _SWEEP, [Eq("applied", False)]):
        if record.body["at"] < before:
            await apply(ports, record)


async def _written(ports: Ports, principal: Principal, lead: Lead, id: str, body: AnswerInput, digest: str) -> Record:
    if body.org not in lead.partners:
        raise NotShared("这条线索没有共享给这家企业，回复不会送达。请先共享，再回复。")
    at = to_text(ports.clock.now())
    content = {"lead_id": lead.id, "org": body.org, "text": body.text, "at": at, "by": principal.account}
    record = stored(id, content | {"applied": False, "digest": digest}, lead.offices | {f"{ORG}{body.org}"})
    audit = told_of_lead(ports, principal, "partner.answered", lead)
    news = PartnerAnswered(org=body.org, about="project", id=lead.id, title=lead.public_title)
    try:
        return await ports.store.save(ANSWERS.name, record, events_of(ports, id, 1, news, audit, key=lead.id))
    except AlreadyExists:
        known = await ports.store.get(ANSWERS.name, _REPEATED, id)
        return known or record


async def _set_shared(
    ports: Ports,
    principal: Principal,
    id: str,
    body: ShareInput,
    revision: int,
    key: str,
    done: Literal["shared", "unshared"],
) -> dict[str, Any]:
    record, lead = await load(ports, principal.scope, id)
    request = RequestKey.of(key, body, done, id)
    answered = replay(record, request)
    if answered is not None:
        return answered
    check_revision(record, revision)
    decide = model.share if done == "shared" else model.unshare
    changed, event = decide(lead, body.org, act_of(principal, ports.clock.now()))
    ends = {"after": body.org} if done == "shared" else {"before": body.org}
    audit = told_of_lead(ports, principal, f"lead.{done}", lead, [AuditedChange(field="shared_with", **ends)])
    receipt = receipt_of(changed)
    await save(ports, record, changed, (event, audit), request, receipt)
    return receipt
