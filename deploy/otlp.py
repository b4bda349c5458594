"""OpenTelemetry's SDK, as it is used here: a provider for each service, one queue and one thread for the process.

Spans wait in a queue of bounded length and are dropped where the collector does not keep up; nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Tracer
from opentelemetry.trace import TracerProvider as Tracers

from gateway.settings import SERVICE as GATEWAY
from kit.settings import Settings

log = logging.getLogger(__name__)

QUEUE, BATCH, EVERY = 2048, 512, 2000
"""Spans that wait at most, that are sent at once, and milliseconds between two looks for them."""
PATIENCE = 5.0
"""Seconds in which the collector must have taken a batch, again and again where it is away; then it is dropped."""
ENDING = 2.0
"""Seconds that a process which stops leaves for what still waits."""


class Sending:
    """The spans of this process on their way to the collector."""

    def __init__(self, settings: Settings) -> None:
        self._processor = BatchSpanProcessor(Collector(settings.otlp_endpoint), QUEUE, EVERY, BATCH)
        self.tracers = Providers(settings, self._processor)

    def end(self) -> None:
        """Send what waits, and give up after a while."""
        ending = threading.Thread(target=self._processor.shutdown, daemon=True)
        ending.start()
        ending.join(ENDING)


class Providers(Tracers):
    """A provider for each service: in one process as in four, each is its own in what the collector draws."""

    def __init__(self, settings: Settings, processor: BatchSpanProcessor) -> None:
        self._settings, self._processor = settings, processor
        self._tracer = cache(self._made)

    def get_tracer(self, instrumenting_module_name: str, *_: Any, **__: Any) -> Tracer:
        """The tracer of a service."""
        return self._tracer(instrumenting_module_name)

    def _made(self, service: str) -> Tracer:
        said = {
            "service.namespace": "quce",
            "service.name": f"quce-{service}",
            "service.version": version("quce"),
            "service.instance.id": self._settings.replica,
        }
        sampler = sampler_of(service, self._settings.trace_ratio)
        provider = TracerProvider(sampler, Resource.create(said), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        return provider.get_tracer("quce", version("quce"))


def sampler_of(service: str, ratio: float) -> Sampler:
    """A share of traces by their id, decided where they begin; a stranger who asks the gateway cannot get more."""
    share = TraceIdRatioBased(ratio)
    return ParentBased(share, remote_parent_sampled=share) if service == GATEWAY else ParentBased(share)


class Collector(SpanExporter):
    """Sends to a collector; that it is away is said once, and that it is back."""

    def __init__(self, endpoint: str) -> None:
        session = requests.Session()
        session.trust_env = False
        url = f"{endpoint.rstrip('/')}/v1/traces"
        self._exporter = trace_exporter.OTLPSpanExporter(url, timeout=PATIENCE, session=session)
        self._away = False
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        logging.getLogger(trace_exporter.__name__).addFilter(self._first)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS and self._away:
            log.warning("the collector (QUCE_OTLP_ENDPOINT) takes spans again")
        self._away = result is not SpanExportResult.SUCCESS
        return result

    def shutdown(self) -> None:
        """Give up what is being tried."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # theirs
        logging.getLogger(trace_exporter.__name__).removeFilter(self._first)

    def _first(self, _record: logging.LogRecord) -> bool:
        return not self._away
