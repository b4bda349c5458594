"""The ASGI layer under every app: trace, body limit, metrics and an access log; plain functions, no copies."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import orjson
from opentelemetry.trace import Span, SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.courtesy import answering
from kit.errors import Problem, StoreFull, TooLarge, Unavailable, tells_of_full_disk
from kit.telemetry import REQUEST_SECONDS, REQUESTS, answered, origin, span, trace_id

log = logging.getLogger("quce.access")

PROBLEM_JSON = "application/problem+json"

UNEXPECTED = "系统出现意外错误，已记录；请稍后重试，仍不行请把编号告诉管理员。"

_OPERATIONS = frozenset({"/healthz", "/readyz", "/metrics"})

BodyLimit = Callable[[str], int]


class Edge:
    """Wraps an app: every request has a trace, a bounded body, a line in the log and a count.

    Of the requests that come while ``most`` are being answered, only those about the app's health get in.
    """

    def __init__(self, app: ASGIApp, service: str, body_limit: BodyLimit, most: int = 512) -> None:
        self._app, self._service, self._body_limit, self._free = app, service, body_limit, most
        self._seconds = REQUEST_SECONDS.labels(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked, shown = origin(_header(scope, b"traceparent")), scope["path"] not in _OPERATIONS
        with span(self._service, scope["method"], SpanKind.SERVER, under=asked, shown=shown) as own:
            await self._handle(scope, receive, send, own)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, own: Span) -> None:
        started = time.perf_counter()
        exchange = _Exchange(scope, receive, send, self._body_limit(scope["path"]))
        admitted = self._free > 0 or scope["path"] in _OPERATIONS
        self._free -= 1
        try:
            with answering():
                await exchange.run(self._app if admitted else _turn_away)
        finally:
            self._free += 1
            seconds = time.perf_counter() - started
            self._seconds.observe(seconds)
            REQUESTS.labels(self._service, scope["method"], str(exchange.status)).inc()
            fields = {"service": self._service, "seconds": round(seconds, 4)}
            log.info("%s %s %s", scope["method"], scope["path"], exchange.status, extra={"fields": fields})
            _describe(own, scope, exchange.status)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._scope, self._receive, self._send, self._limit = scope, receive, send, limit
        self._taken, self._begun, self.status = 0, False, 500

    async def run(self, app: ASGIApp) -> None:
        declared = _header(self._scope, b"content-length") or "0"
        try:
            if declared.isdigit() and int(declared) > self._limit:
                raise self._too_large()
            await app(self._scope, self._take, self._answer)
        except TooLarge as problem:
            if not self._begun:
                await send_problem(self._answer, problem)
        except Exception as error:
            # here, not in Starlette's outermost layer, so that this answer too has its trace and its headers
            log.exception("unhandled error")
            if self._begun:
                raise
            await send_problem(self._answer, StoreFull() if tells_of_full_disk(error) else Problem(UNEXPECTED))

    async def _take(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self._limit:
            raise self._too_large()
        return message

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-trace-id", trace_id().encode())]
        await self._send(message)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"提交的内容超过 {self._limit // 1024} KiB 的上限，请精简或分次提交。", limit=self._limit)


async def send_problem(send: Send, problem: Problem) -> None:
    """Answer with a problem, below any framework."""
    body = orjson.dumps(problem.document(trace_id()))
    given = {"content-type": PROBLEM_JSON, "content-length": str(len(body)), **problem.headers}
    headers = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _turn_away(_scope: Scope, _receive: Receive, send: Send) -> None:
    busy = "现在访问的人太多，这次没有处理；请稍等几秒再试。"
    await send_problem(send, Unavailable(busy, headers={"Retry-After": "2"}))


def _describe(own: Span, scope: Scope, status: int) -> None:
    """What a span says of a request: the path as its route declares it, never as it was asked for."""
    included = scope.get("fastapi", {}).get("effective_route_context")  # knows the prefix that a router was given
    if route := getattr(included or scope.get("route"), "path_format", None):
        own.update_name(f"{scope['method']} {route}")
        own.set_attribute("http.route", route)
    own.set_attribute("http.request.method", scope["method"])
    answered(own, status)


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)
