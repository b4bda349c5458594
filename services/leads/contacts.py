"""Contacts of investors: encrypted with a key of their own, shown masked, never in an event or a log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import orjson

from contracts.vocabulary.personal_data import REMOVED, LegalBasis, NoticeGiven
from kit.clock import to_text
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Sort, Write
from operating.ids import derive_id
from services.leads.errors import ContactErased, ContactNotFound
from services.leads.model import Lead
from services.leads.repository import CONTACTS, stored
from services.leads.schemas import ContactItem, Erasure
from services.leads.settings import LeadSettings

PURPOSE = "招商洽谈联络"
_SEALED = ("name", "phone", "email", "former")
_PLAIN = ("position", "legal_basis", "notice_given", "purpose")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact in the clear, only ever in memory. ``former`` is what was corrected, so that it can be erased too."""

    name: str
    phone: str | None = None
    email: str | None = None
    position: str | None = None
    legal_basis: LegalBasis | None = None
    notice_given: NoticeGiven | None = None
    purpose: str | None = None
    retain_until: date | None = None
    former: tuple[str, ...] = ()


async def sealed_contact(ports: Ports, lead: Lead, person: Person) -> Write:
    """The write of a lead's contact, sealed; the same lead and person give the same record."""
    id = derive_id(ports.secret, "contact", lead.id, person.name, person.phone or "")
    return Write(CONTACTS.name, await new_contact(ports, lead, person, id))


async def new_contact(ports: Ports, lead: Lead, person: Person, id: str) -> Record:
    """The record of a contact of that id, sealed."""
    body = {"lead_id": lead.id, "holds": id, "source": lead.origin, "created_at": to_text(ports.clock.now())}
    return stored(id, body | await sealed(ports, id, person), lead.offices)


async def sealed(ports: Ports, id: str, person: Person) -> dict[str, Any]:
    """What a record keeps of a person: the sealed fields, what shows of them, and why they are kept."""
    fields = asdict(person)
    return {
        "sealed": await ports.vault.seal(id, orjson.dumps({name: fields[name] for name in _SEALED})),
        "name_masked": mask_name(person.name),
        "phone_masked": mask_phone(person.phone),
        "email_masked": mask_email(person.email),
        "retain_until": person.retain_until.isoformat() if person.retain_until else None,
        **{name: fields[name] for name in _PLAIN},
    }


async def open_person(ports: Ports, record: Record) -> Person:
    """The person behind a record.

    Raises:
        ContactErased: there is nothing left of them.
    """
    body = record.body
    if body.get("erased"):
        raise ContactErased("这位联系人的信息已按要求删除，不能再查看、更正或导出。")
    plain = orjson.loads(await ports.vault.open(record.id, body["sealed"]))
    until = body.get("retain_until")
    kept: dict[str, Any] = {name: body.get(name) for name in _PLAIN}
    return Person(
        plain["name"],
        plain["phone"],
        plain["email"],
        **kept,
        retain_until=date.fromisoformat(until) if until else None,
        former=tuple(plain.get("former", ())),
    )


async def load_contact(ports: Ports, scope: Scope, id: str) -> Record:
    """One contact.

    Raises:
        ContactNotFound: there is none that ``scope`` sees.
    """
    record = await ports.store.get(CONTACTS.name, scope, id)
    if record is None:
        raise ContactNotFound("没有这位联系人，或您没有查看权限。")
    return record


async def contacts_of(ports: Ports, scope: Scope, lead: Lead) -> list[ContactItem]:
    """A lead's contacts, masked."""
    page = await ports.store.find(CONTACTS.name, scope, [Eq("lead_id", lead.id)], sort=Sort("created_at"), limit=100)
    return [contact_item(record, lead) for record in page.records]


def contact_item(record: Record, lead: Lead) -> ContactItem:
    """A contact as the API shows it."""
    body = record.body
    erased = body.get("erased")
    return ContactItem(
        id=record.id,
        revision=record.revision,
        retain_until=None if erased else retained_until(record, lead),
        erased=Erasure(**{name: erased[name] for name in Erasure.model_fields}) if erased else None,
        name_masked=body.get("name_masked") or REMOVED,
        **{name: body.get(name) for name in ("lead_id", "phone_masked", "email_masked", *_PLAIN)},
    )


def retained_until(record: Record, lead: Lead) -> str:
    """The last day a contact is kept: as somebody set it, else some years after the last follow-up."""
    stated: str | None = record.body.get("retain_until")
    if stated:
        return stated
    last = date.fromisoformat(max(record.body["created_at"][:10], lead.last_follow_up_on or ""))
    year = last.year + LeadSettings.current().contact_years
    day = 28 if (last.month, last.day) == (2, 29) else last.day
    return last.replace(year=year, day=day).isoformat()


def mask_phone(phone: str | None) -> str | None:
    """``138****1234``; the last four of anything shorter are all that shows."""
    if not phone:
        return None
    digits = "".join(character for character in phone if character.isdigit())
    if len(digits) >= 11:
        return f"{digits[-11:-8]}****{digits[-4:]}"
    return f"****{digits[-4:]}" if len(digits) > 4 else "****"


def mask_email(email: str | None) -> str | None:
    """``z***@example.com``."""
    if not email:
        return None
    name, at, domain = email.partition("@")
    return f"{name[:1]}***{at}{domain}"


def mask_name(name: str) -> str:
    """``张**``: the family name shows."""
    return name[:1] + "*" * max(1, len(name) - 1)
