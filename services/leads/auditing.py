"""What the audit log is told of acts on contacts: who, what and why, never of whom."""

from __future__ import annotations

from contracts.leads import LeadsAudited
from kit.telemetry import traceparent
from services.leads.model import Act, Lead

SYSTEM = "system"


def audited(lead: Lead, contact: str, what: str, act: Act, role: str, why: str | None = None) -> LeadsAudited:
    """Somebody did ``what`` to a contact of a lead."""
    return LeadsAudited(
        office=lead.office,
        who=act.by,
        role=role,
        what=what,
        subject=f"contact:{contact}",
        label=lead.public_title,
        why=why,
        at=act.at,
        trace=traceparent() or None,
    )
