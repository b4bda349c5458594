"""Follow-ups: notes of their own, whose effect on the lead is a second step that a sweeper can finish."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kit.auth import Principal
from kit.clock import from_text, to_text
from kit.errors import AlreadyExists, FieldError, IdempotencyMismatch, Stale
from kit.ports import Ports
from kit.store.port import Eq, Page, Record, Scope, Sort
from operating.idempotency import RequestKey, replay
from operating.ids import derive_id
from services.leads import model
from services.leads.auditing import told_of_lead
from services.leads.commands import act_of
from services.leads.errors import InvalidLead
from services.leads.model import Act
from services.leads.registration import receipt_of
from services.leads.repository import FOLLOW_UPS, events_of, load, save, stored
from services.leads.schemas import FollowUpInput

_SWEEP = Scope.system("unfinished follow-ups")
ATTEMPTS = 10


async def follow_up(ports: Ports, principal: Principal, lead_id: str, body: FollowUpInput, key: str) -> dict[str, Any]:
    """Note what was done about a lead; the respond clock is met.

    Raises:
        InvalidLead: the date is in the future.
        IdempotencyMismatch: the key was used for another note.
    """
    _, lead = await load(ports, principal.scope, lead_id)
    act = act_of(principal, ports.clock.now())
    on = body.on or act.on
    if on > act.on:
        raise InvalidLead(
            "跟进日期不能晚于今天；要安排以后的事，请填下次计划。", errors=[FieldError("on", "不能晚于今天")]
        )
    id = derive_id(ports.secret, principal.account, f"POST /leads/{lead_id}/follow-ups", key)
    digest = RequestKey.of(key, body).digest
    content = body.model_dump(mode="json") | {
        "lead_id": lead_id, "on": on.isoformat(), "at": act.at, "by": act.by, "applied": False, "digest": digest,
    }  # fmt: skip
    record = stored(id, content, lead.offices)
    audit = told_of_lead(ports, principal, "lead.followed_up", lead)
    try:
        record = await ports.store.save(FOLLOW_UPS.name, record, events_of(ports, id, 1, audit, key=lead_id))
    except AlreadyExists:
        known = await ports.store.get(FOLLOW_UPS.name, _SWEEP, id)
        if known is None or known.body["digest"] != digest:
            raise IdempotencyMismatch("这个 Idempotency-Key 已用于另一条跟进，请换一个新的再提交。") from None
        record = known
    await apply(ports, record)
    return {"id": id, "lead_id": lead_id, "on": record.body["on"]}


async def apply(ports: Ports, record: Record) -> None:
    """Let a follow-up have its effect on its lead, once: the lead remembers it as it does a request."""
    if record.body["applied"]:
        return
    body = FollowUpInput.model_validate({name: record.body[name] for name in FollowUpInput.model_fields})
    on = date.fromisoformat(record.body["on"])
    request = RequestKey(record.id, record.body["digest"])
    for _ in range(ATTEMPTS):
        before, lead = await load(ports, _SWEEP, record.body["lead_id"])
        if replay(before, request) is not None:
            break
        # One that is finished late must not set the lead back to when it was noted.
        act = Act.of(record.body["by"], from_text(max(record.body["at"], lead.updated_at)))
        changed, event = model.followed_up(
            lead, record.body["at"], on, act, next_plan=body.next_plan, next_on=body.next_on
        )
        try:
            await save(ports, before, changed, (event,), request, receipt_of(changed))
        except Stale:
            continue
        break
    await _mark_applied(ports, record)


async def sweep(ports: Ports) -> None:
    """Finish what a crash left half done."""
    before = to_text(ports.clock.now() - timedelta(seconds=30))
    async for record in ports.store.scan(FOLLOW_UPS.name, _SWEEP, [Eq("applied", False)]):
        if record.body["at"] < before:
            await apply(ports, record)


async def follow_ups_of(ports: Ports, scope: Scope, lead_id: str, limit: int, cursor: str | None) -> Page:
    """A lead's follow-ups, latest first."""
    await load(ports, scope, lead_id)
    where = [Eq("lead_id", lead_id)]
    return await ports.store.find(
        FOLLOW_UPS.name, scope, where, sort=Sort("at", descending=True), limit=limit, cursor=cursor
    )


async def _mark_applied(ports: Ports, record: Record) -> None:
    try:
        await ports.store.save(FOLLOW_UPS.name, record.with_body({**record.body, "applied": True}))
    except Stale:
        return
