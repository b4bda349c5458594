"""What the audit log is told of acts at the edge: who, what and why."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.audit import AuditedChange
from contracts.gateway import GatewayAudited
from gateway.model import CITY
from gateway.settings import SERVICE
from kit.auth import Principal
from kit.clock import to_text
from kit.events import Event, Payload, envelop
from kit.ports import Ports
from kit.telemetry import trace_id, traceparent


def audited(
    ports: Ports,
    by: Principal,
    what: str,
    subject: str,
    *,
    office: str = CITY,
    label: str = "",
    changes: Sequence[AuditedChange] = (),
    why: str | None = None,
) -> GatewayAudited:
    """Somebody did ``what`` to ``subject`` (``account:018f…``); ``office`` is the desk in whose log it stands."""
    return GatewayAudited(
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


def to_save(ports: Ports, aggregate: str, revision: int, *told: Payload) -> list[Event]:
    """The events of one save, after which ``aggregate`` is at ``revision``."""
    return envelop(
        told,
        source=SERVICE,
        aggregate=aggregate,
        revision=revision,
        time=ports.clock.now(),
        traceparent=traceparent() or None,
    )
