"""What an office does about enquiries: read them, write back, say who is on duty."""

from __future__ import annotations

from typing import Any

from contracts.audit import AuditedChange
from contracts.event import EventData
from contracts.leads import PartnerAnswered
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, FieldError, Forbidden, Stale
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Sort
from operating.idempotency import RequestKey, remember, replay
from services.leads.auditing import told
from services.leads.commands import act_of, check_revision
from services.leads.errors import UnknownOwner
from services.leads.model.enquiry import replied
from services.leads.people import may_own
from services.leads.repository import DUTIES, ENQUIRIES, enquiry_from, enquiry_record, events_of
from services.leads.schemas.enquiries import EnquiryItem, ReplyInput, enquiry_item

_DUTIES = Scope.system("who is on duty")


async def enquiries(
    ports: Ports, scope: Scope, lead_id: str | None, limit: int, cursor: str | None
) -> tuple[list[EnquiryItem], str | None]:
    """The enquiries of one's zones, or of one lead, latest first."""
    where = [] if lead_id is None else [Eq("lead_id", lead_id)]
    page = await ports.store.find(
        ENQUIRIES.name, scope, where, sort=Sort("at", descending=True), limit=limit, cursor=cursor
    )
    return [enquiry_item(each.id, each.revision, each.body) for each in page.records], page.next


async def reply(
    ports: Ports, principal: Principal, id: str, body: ReplyInput, revision: int, key: str
) -> dict[str, Any]:
    """Write back to whoever asked; the lead's respond clock is met in a step of its own."""
    record = await ports.store.get(ENQUIRIES.name, principal.scope, id)
    enquiry = enquiry_from(record)
    assert record is not None  # noqa: S101 - enquiry_from raised
    request = RequestKey.of(key, body, "reply", id)
    answered = replay(record, request)
    if answered is not None:
        return answered
    check_revision(record, revision)
    act = act_of(principal, ports.clock.now())
    changed = replied(enquiry, body.text, act)
    receipt = {"id": id, "revision": record.revision + 1}
    said: list[EventData] = [told(ports, principal, "enquiry.answered", f"enquiry:{id}", office=enquiry.zone)]
    if enquiry.org is not None:
        said.append(PartnerAnswered(org=enquiry.org, about="enquiry", id=id, title=enquiry.public_title))
    events = events_of(ports, id, record.revision + 1, *said)
    await ports.store.save(ENQUIRIES.name, remember(enquiry_record(changed, record), request, receipt), events)
    return receipt


async def duty(ports: Ports, principal: Principal, zone: str) -> str | None:
    """Who is on duty in a zone."""
    _check_own(principal, zone)
    record = await ports.store.get(DUTIES.name, _DUTIES, zone)
    return record.body["officer"] if record else None


async def set_duty(ports: Ports, principal: Principal, zone: str, officer: str | None) -> None:
    """Say who is on duty; repeatable.

    Raises:
        UnknownOwner: there is no such active officer of the zone.
    """
    _check_own(principal, zone)
    if officer is not None and not await may_own(ports, officer, zone):
        message = "不是本单位在岗的招商专员"
        raise UnknownOwner("值班人只能是本单位在岗的招商专员，请重新选择。", errors=[FieldError("officer", message)])
    record = await ports.store.get(DUTIES.name, _DUTIES, zone)
    body = {"officer": officer, "by": principal.account, "at": to_text(ports.clock.now())}
    fresh = Record(zone, body, frozenset({f"zone:{zone}", "city"})) if record is None else record.with_body(body)
    change = AuditedChange(field="officer", before=record.body["officer"] if record else None, after=officer)
    event = told(ports, principal, "duty.set", f"duty:{zone}", office=zone, changes=[change])
    try:
        await ports.store.save(DUTIES.name, fresh, events_of(ports, f"duty-{zone}", fresh.revision + 1, event))
    except (Stale, AlreadyExists):
        await set_duty(ports, principal, zone, officer)


def _check_own(principal: Principal, zone: str) -> None:
    if f"zone:{zone}" not in principal.readers and "city" not in principal.readers:
        raise Forbidden("只能查看和安排本单位的值班人。")
