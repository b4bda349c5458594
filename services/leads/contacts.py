"""Contacts of investors: encrypted with a key of their own, shown masked, never in an event or a log."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from kit.clock import to_text
from kit.ids import derive_id
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Sort, Write
from services.leads.model import Lead
from services.leads.repository import CONTACTS, stored
from services.leads.schemas import ContactItem


@dataclass(frozen=True, slots=True)
class Person:
    """A contact in the clear, only ever in memory."""

    name: str
    phone: str | None = None
    email: str | None = None
    position: str | None = None


async def sealed_contact(ports: Ports, lead: Lead, person: Person) -> Write:
    """The write of a lead's contact, sealed; the same lead and person give the same record."""
    id = derive_id(ports.secret, "contact", lead.id, person.name, person.phone or "")
    plain = orjson.dumps({"name": person.name, "phone": person.phone, "email": person.email})
    body = {
        "lead_id": lead.id,
        "holds": id,
        "sealed": await ports.vault.seal(id, plain),
        "name_masked": mask_name(person.name),
        "phone_masked": mask_phone(person.phone),
        "email_masked": mask_email(person.email),
        "position": person.position,
        "created_at": to_text(ports.clock.now()),
    }
    return Write(CONTACTS.name, stored(id, body, lead.readers))


async def contacts_of(ports: Ports, scope: Scope, lead_id: str) -> list[ContactItem]:
    """A lead's contacts, masked."""
    page = await ports.store.find(CONTACTS.name, scope, [Eq("lead_id", lead_id)], sort=Sort("created_at"), limit=100)
    return [contact_item(record) for record in page.records]


def contact_item(record: Record) -> ContactItem:
    """A contact as the API shows it."""
    names = ("lead_id", "name_masked", "phone_masked", "email_masked", "position")
    return ContactItem(id=record.id, **{name: record.body[name] for name in names})


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
