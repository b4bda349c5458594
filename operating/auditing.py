"""How every app tells the audit log of an act; each with an event of its own, in the save that does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from contracts.audit import Audited, AuditedChange
from kit.auth import Principal
from kit.clock import to_text
from kit.ports import Ports
from kit.telemetry import trace_id

A = TypeVar("A", bound=Audited)


def told(
    kind: type[A],
    ports: Ports,
    by: Principal,
    what: str,
    subject: str,
    *,
    office: str,
    label: str = "",
    changes: Sequence[AuditedChange] = (),
    why: str | None = None,
) -> A:
    """Somebody did ``what`` to ``subject`` (``lead:018f…``); ``office`` is the desk in whose log it stands."""
    return kind(
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
