"""What operators see: JSON logs that carry a trace id, and prometheus metrics."""

from __future__ import annotations

import logging
import secrets
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

_trace: ContextVar[str] = ContextVar("trace", default="")

REQUESTS = Counter("quce_requests_total", "Requests answered.", ["service", "method", "status"])
REQUEST_SECONDS = Histogram("quce_request_seconds", "Time to answer.", ["service"])
COMMIT_SECONDS = Histogram("quce_commit_seconds", "Time until a save is safe.", ["store"])
EVENTS_PUBLISHED = Counter("quce_events_published_total", "Events relayed to the bus.", ["service"])
EVENTS_HANDLED = Counter("quce_events_handled_total", "Events consumed.", ["service", "group", "outcome"])
OUTBOX_AGE = Gauge("quce_outbox_oldest_seconds", "Age of the oldest unpublished event.", ["service"])
PARKED_KEYS = Gauge("quce_parked_keys", "Keys whose events wait behind a failure.", ["service", "group"])
LAST_POLL = Gauge("quce_consumer_last_poll_seconds", "Unix time of a consumer's last poll.", ["service", "group"])
PUBLISH_ERRORS = Counter("quce_publish_errors_total", "What brokers answered instead of acknowledging.", ["error"])
BUS_REBUILDS = Counter("quce_bus_rebuilds_total", "Clients of the bus that were thrown away.", ["client"])
BREAKER_OPEN = Gauge("quce_breaker_open", "Whether a service that fell silent is left alone.", ["service"])
JOBS = Counter("quce_jobs_total", "Due work run.", ["service", "kind", "outcome"])
LEASE_HELD = Gauge("quce_lease_held", "Whether this replica does what one replica does at a time.", ["lease"])


def new_trace() -> str:
    """A fresh W3C traceparent."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def set_trace(traceparent: str | None) -> str:
    """Make this the trace of what runs from here in this context; gives the traceparent."""
    value = traceparent if traceparent and len(traceparent) == 55 and traceparent.count("-") == 3 else new_trace()
    _trace.set(value)
    return value


def traceparent() -> str:
    """The present traceparent, empty outside any trace."""
    return _trace.get()


def trace_id() -> str:
    """The trace id inside the present traceparent, empty outside any trace."""
    return _trace.get()[3:35]


def exposition() -> bytes:
    """All metrics in prometheus' text format."""
    return generate_latest(REGISTRY)


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Fields come from ``extra={"fields": {...}}``; never personal data."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "trace_id": trace_id() or None,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps({key: value for key, value in line.items() if value is not None}).decode()


def configure_logging(level: str = "INFO") -> None:
    """Log JSON lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
