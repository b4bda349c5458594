"""What officers do with contacts: add, correct, see in the clear, hand out what is kept of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from contracts.audit import AuditedChange
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, FieldError, IdempotencyMismatch
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id
from services.leads import schemas
from services.leads.auditing import told
from services.leads.commands import act_of, check_revision
from services.leads.contacts import PURPOSE, Person, load_contact, new_contact, open_person, retained_until, sealed
from services.leads.errors import InvalidLead
from services.leads.model import Lead
from services.leads.occurrences import occurrences
from services.leads.repository import CONTACTS, DISCLOSURES, events_of, load, stored
from services.leads.traces import Traces, impersonal

SECRET_FIELDS = ("name", "phone", "email")
_REPEATED = Scope.system("a request repeated: the id holds the account and its key")
Disclosing = Literal["unmask", "export"]
WHAT: Mapping[Disclosing, str] = {"unmask": "contact.unmasked", "export": "contact.exported"}


async def add(ports: Ports, principal: Principal, body: schemas.NewContact, key: str) -> dict[str, Any]:
    """Add a person to a lead.

    Raises:
        IdempotencyMismatch: the key was used for another person.
    """
    _, lead = await load(ports, principal.scope, body.lead_id)
    id = derive_id(ports.secret, principal.account, "POST /contacts", key)
    request = RequestKey.of(key, body, "add")
    person = Person(**body.model_dump(exclude={"lead_id"}))
    receipt = {"id": id, "revision": 1, "lead_id": lead.id}
    record = remember(await new_contact(ports, lead, person, id), request, receipt)
    event = told(ports, principal, "contact.added", f"contact:{id}", office=lead.office)
    try:
        await ports.store.save(CONTACTS.name, record, events_of(ports, id, 1, event, key=lead.id))
    except AlreadyExists:
        answered = replay(await load_contact(ports, _REPEATED, id), request)
        if answered is None:
            raise IdempotencyMismatch("这个 Idempotency-Key 已用过，请换一个新的再提交。") from None
        return answered
    return receipt


async def correct(
    ports: Ports, principal: Principal, id: str, body: schemas.ContactPatch, revision: int, key: str
) -> dict[str, Any]:
    """Correct a person's data; what stood there before is remembered under the same seal."""
    record = await load_contact(ports, principal.scope, id)
    request = RequestKey.of(key, body, "correct", id)
    answered = replay(record, request)
    if answered is not None:
        return answered
    check_revision(record, revision)
    changes = body.model_dump(exclude_unset=True)
    if "name" in changes and not changes["name"]:
        raise InvalidLead("联系人姓名不能清空。", errors=[FieldError("name", "请填写姓名")])
    _, lead = await load(ports, principal.scope, record.body["lead_id"])
    before = await open_person(ports, record)
    after = replace(before, **changes, former=_former(before, changes))
    receipt = {"id": id, "revision": record.revision + 1, "lead_id": lead.id}
    altered = [AuditedChange(field=name) for name in changes]
    event = told(ports, principal, "contact.corrected", f"contact:{id}", office=lead.office, changes=altered)
    fresh = remember(record.with_body(record.body | await sealed(ports, id, after)), request, receipt)
    await ports.store.save(CONTACTS.name, fresh, events_of(ports, id, record.revision + 1, event, key=lead.id))
    return receipt


async def unmask(
    ports: Ports, principal: Principal, id: str, body: schemas.ReasonInput, key: str
) -> schemas.ContactPlain:
    """Show a person in the clear, once the log knows who asked and why."""
    record, _, person = await _disclosed(ports, principal, id, "unmask", body, key)
    return _plain(record, person)


async def export(
    ports: Ports, principal: Principal, id: str, body: schemas.ReasonInput, key: str
) -> schemas.ContactExport:
    """Everything that is kept of a person, for that person."""
    record, lead, person = await _disclosed(ports, principal, id, "export", body, key)
    seen = [each.body async for each in ports.store.scan(DISCLOSURES.name, principal.scope, [Eq("contact", id)])]
    seen.sort(key=lambda body: str(body["at"]), reverse=True)
    return schemas.ContactExport(
        exported_at=to_text(ports.clock.now()),
        contact=_plain(record, person),
        former=list(person.former),
        position=person.position,
        source=record.body.get("source", lead.origin),
        legal_basis=person.legal_basis,
        notice_given=person.notice_given,
        purpose=person.purpose or PURPOSE,
        retain_until=retained_until(record, lead),
        created_at=record.body["created_at"],
        occurrences=await occurrences(ports, principal.scope, lead, Traces(person)),
        disclosures=[
            schemas.Disclosure(**{name: body[name] for name in schemas.Disclosure.model_fields}) for body in seen
        ],
    )


async def _disclosed(
    ports: Ports, principal: Principal, id: str, kind: Disclosing, body: schemas.ReasonInput, key: str
) -> tuple[Record, Lead, Person]:
    """Note who is shown a person and why, then open the seal; a repeated request is noted once.

    Raises:
        IdempotencyMismatch: the key was used for another person or reason.
    """
    record = await load_contact(ports, principal.scope, id)
    _, lead = await load(ports, principal.scope, record.body["lead_id"])
    person = await open_person(ports, record)
    act = act_of(principal, ports.clock.now())
    why = await impersonal(ports, lead.id, body.reason)
    note = derive_id(ports.secret, principal.account, f"POST /contacts/{id}/{kind}", key)
    content = {"contact": id, "kind": kind, "at": act.at, "by": act.by, "why": why}
    event = told(ports, principal, WHAT[kind], f"contact:{id}", office=lead.office, why=why)
    events = events_of(ports, note, 1, event, key=lead.id)
    try:
        await ports.store.save(DISCLOSURES.name, stored(note, content, record.readers), events)
    except AlreadyExists:
        known = await ports.store.get(DISCLOSURES.name, _REPEATED, note)
        if known is None or known.body["why"] != why:
            raise IdempotencyMismatch("这个 Idempotency-Key 已用于另一次查看，请换一个新的再提交。") from None
    return record, lead, person


def _former(before: Person, changes: dict[str, Any]) -> tuple[str, ...]:
    known = asdict(before)
    gone = [known[name] for name in SECRET_FIELDS if name in changes and known[name] and known[name] != changes[name]]
    return tuple(dict.fromkeys((*before.former, *gone)))


def _plain(record: Record, person: Person) -> schemas.ContactPlain:
    return schemas.ContactPlain(id=record.id, name=person.name, phone=person.phone, email=person.email)
