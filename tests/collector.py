"""A collector of spans on loopback that understands OTLP over HTTP, and on demand refuses or never answers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACES = "/v1/traces"
PATIENCE = 20.0
POLL = 0.05


@dataclass(frozen=True)
class Received:
    """A span as it arrived."""

    service: str
    replica: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    links: frozenset[tuple[str, str]]
    attributes: dict[str, Any]
    failed: bool
    begun: int
    ended: int


@dataclass
class Collector:
    """What it was sent; ``status`` is what it answers, and 0 that it does not."""

    status: int = 200
    url: str = ""
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    spans: list[Received] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    def take(self, path: str, body: bytes) -> int:
        """Receive one request; the status of the answer."""
        self.bodies.append((path, body))
        if self.status == 0:
            self.leaving.wait()
        if self.status == 200 and path == TRACES:
            self.spans += _spans(body)
        return self.status or 503

    async def until(self, what: Callable[[list[Received]], bool]) -> None:
        """Wait until something is true of the spans."""
        deadline = time.monotonic() + PATIENCE
        while not what(self.spans):
            assert time.monotonic() < deadline, sorted({(each.service, each.name) for each in self.spans})
            await asyncio.sleep(POLL)

    @property
    def said(self) -> str:
        """Everything that arrived, as text in which a word can be looked for."""
        requests = [ExportTraceServiceRequest.FromString(body) for _, body in self.bodies]
        return "\n".join(MessageToJson(each, ensure_ascii=False) for each in requests)


@contextmanager
def collector(status: int = 200) -> Iterator[Collector]:
    """One that listens while inside."""
    made = Collector(status)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, args=(POLL,))
    serving.start()
    try:
        yield made
    finally:
        made.leaving.set()
        server.shutdown()
        serving.join()
        server.server_close()


def _handler(made: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(made.take(self.path, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    return Handler


def _spans(body: bytes) -> Iterator[Received]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        own = _attributes(resource.resource)
        for scope in resource.scope_spans:
            for each in scope.spans:
                yield Received(
                    own["service.name"],
                    own["service.instance.id"],
                    each.name,
                    each.kind,
                    each.trace_id.hex(),
                    each.span_id.hex(),
                    each.parent_span_id.hex(),
                    frozenset((link.trace_id.hex(), link.span_id.hex()) for link in each.links),
                    _attributes(each),
                    each.status.code == each.status.STATUS_CODE_ERROR,
                    each.start_time_unix_nano,
                    each.end_time_unix_nano,
                )


def _attributes(of: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}
