"""What the audit log is told of acts on deliveries, recipients and digests: who, what and why, never an address."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.audit import AuditedChange
from contracts.notify import NotifyAudited
from kit.auth import Principal
from kit.clock import to_text
from kit.events import Event, envelop
from kit.ports import Ports
from kit.store.port import Record
from kit.telemetry import trace_id, traceparent
from services.notify import settings

OFFICE = "city"
"""Deliveries and digests are of the whole installation."""


def told(
    ports: Ports,
    by: Principal,
    what: str,
    subject: str,
    *,
    label: str = "",
    changes: Sequence[AuditedChange] = (),
    why: str | None = None,
) -> NotifyAudited:
    """Somebody did ``what`` to ``subject`` (``delivery:018f…``)."""
    return NotifyAudited(
        office=OFFICE,
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


def to_save(ports: Ports, record: Record, *said: NotifyAudited) -> list[Event]:
    """The events of the save of a record, at the revision it was read at."""
    return envelop(
        said,
        source=settings.SERVICE,
        aggregate=record.id,
        revision=record.revision + 1,
        time=ports.clock.now(),
        traceparent=traceparent() or None,
    )
