"""What the audit log is told of acts on policies and code tables: who, what and why."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.audit import AuditedChange
from contracts.incentives import IncentivesAudited
from kit.auth import Principal
from kit.clock import to_text
from kit.ports import Ports
from kit.telemetry import trace_id

OFFICE = "city"
"""Editors and reviewers work for the whole city."""


def told(
    ports: Ports, by: Principal, what: str, subject: str, changes: Sequence[AuditedChange] = ()
) -> IncentivesAudited:
    """Somebody did ``what`` to ``subject`` (``policy:donghu-rent``)."""
    return IncentivesAudited(
        office=OFFICE,
        who=by.account,
        role=by.role,
        what=what,
        subject=subject,
        changes=list(changes),
        at=to_text(ports.clock.now()),
        trace=trace_id() or None,
    )
