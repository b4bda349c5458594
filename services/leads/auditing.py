"""What the audit log is told of acts on leads and contacts: who, what and why, never of whom."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.audit import AuditedChange
from contracts.leads import LeadsAudited
from kit.auth import Principal
from kit.clock import to_text
from kit.ports import Ports
from kit.telemetry import trace_id, traceparent
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


def told(
    ports: Ports,
    by: Principal,
    what: str,
    subject: str,
    *,
    office: str,
    label: str = "",
    changes: Sequence[AuditedChange] = (),
    why: str | None = None,
) -> LeadsAudited:
    """Somebody did ``what`` to ``subject`` (``lead:018f…``); ``office`` is the desk in whose log it stands."""
    return LeadsAudited(
        office=office,
        who=by.account,
        role=by.role,
        what=what,
        subject=subject,
        label=label,
        changes=list(changes),
        why=why,
        at=to_text(ports.clock.now()),
        trace=trace_id() or None,
    )
