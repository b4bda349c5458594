"""What the audit log is told of acts on leads and contacts: who, what and why, never of whom.

Administrators read the log and no leads: of most fields it is told that they changed, and not from what to what.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from contracts.audit import AuditedChange
from contracts.leads import LeadsAudited
from kit.auth import Principal
from kit.ports import Ports
from operating import auditing
from services.leads.model import Lead

SYSTEM = Principal("system", "system")
"""Who does what is due."""
_SAID = ("stage", "state", "zone", "owner", "confidential")
_UNSAID = ("title", "investor", "source_mode", "referrer", "summary", "first_contact", "signed_amount")


told = partial(auditing.told, LeadsAudited)
"""Somebody did something to a record of the office that is named."""


def told_of_lead(
    ports: Ports, by: Principal, what: str, lead: Lead, changes: Sequence[AuditedChange] = ()
) -> LeadsAudited:
    """Somebody did ``what`` to a lead."""
    return told(ports, by, what, f"lead:{lead.id}", office=lead.office, changes=changes)


def differences(before: Lead, after: Lead) -> list[AuditedChange]:
    """What a change altered, as far as the log is told."""
    said = [
        AuditedChange(field=name, before=_text(old), after=_text(new))
        for name in _SAID
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]
    unsaid = [name for name in _UNSAID if getattr(before, name) != getattr(after, name)]
    facts = [f"facts.{name}" for name in sorted({*before.facts, *after.facts})
             if before.facts.get(name) != after.facts.get(name)]  # fmt: skip
    return [*said, *(AuditedChange(field=name) for name in (*unsaid, *facts))]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
