"""What operators see: prometheus metrics, the ids of traces, and spans where somebody collects them.

A span says what was done, never for whom or about what: no path, query, body, id or name; an error by its class alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import REGISTRY, Counter, Histogram, generate_latest

NOWHERE = trace.NoOpTracerProvider()
_W3C = TraceContextTextMapPropagator()
_tracers: trace.TracerProvider = NOWHERE

REQUESTS = Counter("quce_requests_total", "Requests answered.", ["service", "method", "status"])
REQUEST_SECONDS = Histogram("quce_request_seconds", "Time to answer.", ["service"])
COMMIT_SECONDS = Histogram("quce_commit_seconds", "Time until a save is safe.", ["store"])
PUBLISH_ERRORS = Counter("quce_publish_errors_total", "What brokers answered instead of acknowledging.", ["error"])
BUS_REBUILDS = Counter("quce_bus_rebuilds_total", "Clients of the bus that were thrown away.", ["client"])


def trace_to(tracers: trace.TracerProvider) -> None:
    """Where the spans of this process go from now on: at first nowhere, and only ids are passed on."""
    global _tracers
    _tracers = tracers


def collected() -> bool:
    """Whether anybody collects spans."""
    return _tracers is not NOWHERE


def origin(traceparent: str | None) -> Context:
    """What a W3C traceparent stands for; the beginning of a trace where it is none."""
    return _W3C.extract({"traceparent": (traceparent or "")[:56]}, Context())  # of a longer one it would write a line


@contextmanager
def span(
    service: str, name: str, kind: trace.SpanKind = trace.SpanKind.INTERNAL, *, under: Context | None = None,
    causes: Sequence[Context] = (), begun: int | None = None, attributes: Mapping[str, str | int] | None = None,
    shown: bool = True,
) -> Iterator[trace.Span]:  # fmt: skip
    """Do a piece of work of ``service`` in a span: under the one it is done in, or what ``under`` stands for.

    It is linked to its ``causes``. Where nobody collects spans, or it is not to be ``shown``, the work belongs to a
    trace all the same, whose id is in logs, answers and events.
    """
    links = [trace.Link(each) for cause in causes if (each := _context(cause)).is_valid]
    made = (_tracers if shown else NOWHERE).get_tracer(service).start_span(name, under, kind, attributes, links, begun)
    if not made.get_span_context().is_valid:
        made = trace.NonRecordingSpan(trace.SpanContext(secrets.randbits(128), secrets.randbits(64), is_remote=False))
    with trace.use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield made
        except BaseException as error:
            failed(made, type(error).__name__)
            raise


def failed(span: trace.Span, why: str) -> None:
    """The work of a span went wrong; ``why`` is the class of an error or a status, never its text."""
    span.set_attribute("error.type", why)
    span.set_status(trace.StatusCode.ERROR)


def answered(span: trace.Span, status: int) -> None:
    """A request came to this status."""
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        failed(span, str(status))


def traceparent() -> str:
    """The present traceparent, empty outside any trace."""
    now = _context()
    return f"00-{now.trace_id:032x}-{now.span_id:016x}-{now.trace_flags:02x}" if now.is_valid else ""


def trace_id() -> str:
    """The trace id inside the present traceparent, empty outside any trace."""
    return traceparent()[3:35]


def _context(of: Context | None = None) -> trace.SpanContext:
    return trace.get_current_span(of).get_span_context()


def exposition() -> bytes:
    """All metrics in prometheus' text format."""
    return generate_latest(REGISTRY)
