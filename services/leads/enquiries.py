"""Enquiries: stored first and answered alike whoever asks; what they do to a lead follows, step by step.

The visitor's answer comes from the enquiry alone, so that neither content nor time tells whether the zone knows
the investor.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from contracts.event import EventData
from contracts.vocabulary.facts import FactsError, given, parse_facts
from contracts.vocabulary.stages import LeadState
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, FieldError, IdempotencyMismatch, Stale
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id, random_id
from services.leads.auditing import told
from services.leads.clocks import start_clocks
from services.leads.errors import EnquiryNotFound, InvalidLead
from services.leads.model.enquiry import MESSAGE, WITHDRAWAL, Enquiry, added_to, withdrawn
from services.leads.repository import ENQUIRIES, enquiry_from, enquiry_record, events_of, load
from services.leads.schemas.enquiries import EnquiryInput, EnquiryState, Tracked
from services.leads.settings import LeadSettings

_DESK = Scope.system("enquiries of visitors")
_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
CODE_BYTES = 10
NO_SUCH_CODE = "没有查到这个查询码，请核对后再试；查询码只在提交咨询时显示一次。"
ATTEMPTS = 10


async def enquire(ports: Ports, principal: Principal, body: EnquiryInput, key: str) -> dict[str, Any]:
    """Take an enquiry; the same request gets the same code again.

    Raises:
        InvalidLead: a fact does not hold, or there is no way to write back.
        IdempotencyMismatch: the key was used for another enquiry.
    """
    id = derive_id(ports.secret, "enquiry", principal.account, key)
    digest = derive_id(ports.secret, "enquiry body", RequestKey.of(key, body).digest)
    known = await ports.store.get(ENQUIRIES.name, _DESK, id)
    if known is None:
        fresh = await _fresh(ports, principal, body, id, digest)
        try:
            audit = told(ports, principal, "enquiry.received", f"enquiry:{id}", office=fresh.zone)
            known = await ports.store.save(ENQUIRIES.name, enquiry_record(fresh, None), events_of(ports, id, 1, audit))
        except AlreadyExists:
            known = await ports.store.get(ENQUIRIES.name, _DESK, id)
    enquiry = enquiry_from(known)
    if enquiry.body_digest != digest:
        raise IdempotencyMismatch("这个 Idempotency-Key 已用于另一条咨询，请换一个新的再提交。")
    return {
        "id": enquiry.id if enquiry.org else None,
        "code": "-".join(_code(ports, enquiry.salt)[at : at + 4] for at in range(0, 16, 4)),
        "received_at": enquiry.at,
        "respond_by": enquiry.respond_by,
    }


async def track(ports: Ports, code: str) -> Tracked:
    """Where an enquiry stands, for whoever has its code.

    Raises:
        EnquiryNotFound: no enquiry has it.
    """
    enquiry = enquiry_from(await _with_code(ports, code))
    names = ("zone", "respond_by", "question", "message", "withdrawn_at")
    fields = {name: getattr(enquiry, name) for name in names}
    replies = [{"text": each.text, "at": each.at} for each in enquiry.replies]
    return Tracked(state=await state_of(ports, enquiry), received_at=enquiry.at, replies=replies, **fields)


async def add_message(ports: Ports, code: str, text: str, key: str) -> None:
    """The visitor adds one message."""
    at = to_text(ports.clock.now())
    await _change(ports, code, RequestKey.of(key, {"text": text}, MESSAGE), lambda enquiry: added_to(enquiry, text, at))


async def withdraw(ports: Ports, principal: Principal, code: str, key: str) -> None:
    """The visitor withdraws their consent; the office is asked to erase the contact."""
    at = to_text(ports.clock.now())

    def tell(enquiry: Enquiry) -> EventData:
        return told(ports, principal, "enquiry.withdrawn", f"enquiry:{enquiry.id}", office=enquiry.zone)

    await _change(ports, code, RequestKey.of(key, {}, WITHDRAWAL), lambda enquiry: withdrawn(enquiry, at), tell)


async def _fresh(ports: Ports, principal: Principal, body: EnquiryInput, id: str, digest: str) -> Enquiry:
    if body.phone is None and body.email is None:
        raise InvalidLead("请留下电话或邮箱，便于回复。", errors=[FieldError("phone", "电话和邮箱至少填一项")])
    partner = principal.role == "partner"
    try:
        facts = parse_facts(given(body.facts), "partner" if partner else "visitor", principal.org if partner else None)
    except FactsError as error:
        errors = [FieldError(f"facts.{path}", message) for path, message in error.errors]
        raise InvalidLead("有些项目情况填写有误，请更正后再提交。", errors=errors) from error
    now, salt = ports.clock.now(), random_id()
    person = {"name": body.name.strip(), "phone": body.phone, "email": body.email}
    return Enquiry(
        id=id,
        zone=body.zone,
        organisation=body.organisation.strip(),
        org=principal.org if partner else None,
        question=body.question.strip(),
        facts=facts,
        decision=body.decision,
        person=await ports.vault.seal(id, orjson.dumps(person)),
        salt=salt,
        code_digest=_code_digest(ports, _code(ports, salt)),
        body_digest=digest,
        at=to_text(now),
        respond_by=start_clocks(now, LeadState.active, LeadSettings.current())[0].due_at,
    )


async def _change(
    ports: Ports,
    code: str,
    request: RequestKey,
    decide: Callable[[Enquiry], Enquiry],
    tell: Callable[[Enquiry], EventData] | None = None,
) -> None:
    for _ in range(ATTEMPTS):
        record = await _with_code(ports, code)
        if replay(record, request) is not None:
            return
        before = enquiry_from(record)
        changed = decide(before)
        said = [tell(before)] if tell is not None and changed != before else []
        events = events_of(ports, record.id, record.revision + 1, *said)
        with suppress(Stale):
            await ports.store.save(ENQUIRIES.name, remember(enquiry_record(changed, record), request, {}), events)
            return
    raise Stale("这条咨询正在被处理，请稍后再试。")


async def _with_code(ports: Ports, code: str) -> Record:
    digest = _code_digest(ports, code.upper().translate(_READ_AS))
    page = await ports.store.find(ENQUIRIES.name, _DESK, [Eq("code_digest", digest)], limit=1)
    if not page.records:
        raise EnquiryNotFound(NO_SUCH_CODE)
    return page.records[0]


async def state_of(ports: Ports, enquiry: Enquiry) -> EnquiryState:
    """How far an enquiry is; what was done to its lead before it does not count, which would tell of that lead."""
    if enquiry.lead_id is None:
        return "received"
    _, lead = await load(ports, _DESK, enquiry.lead_id)
    since = [entry for entry in lead.history if entry.at > enquiry.at]
    closed = any(entry.move and entry.move.to_state is LeadState.closed for entry in since)
    if closed and lead.state is LeadState.closed:
        return "closed"
    if enquiry.replies:
        return "answered"
    return "assigned" if enquiry.on_duty or any(entry.kind == "owner" for entry in since) else "received"


def _code(ports: Ports, salt: str) -> str:
    """Eighty bits that only this installation can tell from the enquiry's random salt; never stored themselves."""
    raw = hmac.digest(ports.secret, f"tracking\x1f{salt}".encode(), "sha256")[:CODE_BYTES]
    return base64.b32encode(raw).decode().translate(_CROCKFORD)


def _code_digest(ports: Ports, code: str) -> str:
    return derive_id(ports.secret, "tracking code", code)
