"""The spans of events on their way: each a part of the trace that caused the event, and linked to the span that did."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final, Literal

from opentelemetry.trace import Span, SpanKind

from kit.bus.port import Bus
from kit.events import Event
from kit.telemetry import origin, span

Operation = Literal["send", "process"]
_KINDS: Final[dict[Operation, SpanKind]] = {"send": SpanKind.PRODUCER, "process": SpanKind.CONSUMER}


def event_span(
    service: str, operation: Operation, bus: Bus, topic: str, event: Event, *, begun: int | None = None, group: str = ""
) -> AbstractContextManager[Span]:
    """Where ``service`` does this to an event, named as the messaging conventions of OpenTelemetry name it."""
    said = {
        "messaging.system": bus.system,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
    }
    if group:
        said["messaging.consumer.group.name"] = group
    name, cause = f"{operation} {event.type}", origin(event.traceparent)
    return span(service, name, _KINDS[operation], under=cause, causes=[cause], begun=begun, attributes=said)
