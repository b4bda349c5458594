"""The way of an API request through the edge: identity, anti-forgery, the service, its answer. No framework below."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from gateway.forgery import check_call
from gateway.forms import header_token
from gateway.session import Session, Sessions
from gateway.settings import API
from gateway.upstream import Call, Upstream
from kit.errors import BadRequest, Problem
from kit.peer import Reply
from kit.ports import Ports

_PREFIX = len(API)
_REQUEST_HEADERS = frozenset(
    {
        b"accept",
        b"accept-language",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-none-match",
        b"if-range",
        b"range",
    }
)
"""What a service is told; everything else, cookies above all, ends here."""
_KEPT_HERE = frozenset(
    {
        b"connection",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"server",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-trace-id",
    }
)
"""What a service says to us and not to the caller: hop-by-hop headers, and those the edge sets itself."""


class ProxyRoute(BaseRoute):
    """Every path under ``/api/v1`` that is not the edge's own."""

    def __init__(self, ports: Ports, sessions: Sessions, upstream: Upstream) -> None:
        self._sessions, self._upstream = sessions, upstream
        self._public_url = ports.settings.public_url

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """By the first part of the path, whatever the method."""
        path: str = scope["path"]
        if scope["type"] == "http" and path.startswith(API) and self._upstream.table.takes(path[_PREFIX:]):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and its answer back.

        Raises:
            Problem: the request stops here.
        """
        path = scope["path"][_PREFIX:]
        service = self._upstream.table.service(path)
        session = await self._sessions.of(scope)
        check_call(scope, session, self._public_url)
        if scope["method"] != "GET":
            self._upstream.admit(scope, session, path, header_token(scope))
        headers = [each for each in scope["headers"] if each[0] in _REQUEST_HEADERS]
        reply = await self._pass(Call(service, scope["method"], path, _target(scope), headers), session, receive)
        await _answer(reply, send)

    async def _pass(self, call: Call, session: Session | None, receive: Receive) -> Reply:
        principal = session.principal if session else None
        if not any(name == b"content-type" and value.startswith(b"multipart/") for name, value in call.headers):
            body = b"" if call.method == "GET" else await _whole(receive)
            return await self._upstream.send(_with(call, body), principal)
        upload = _Upload(receive)
        try:
            reply = await self._upstream.send(_with(call, upload.chunks()), principal)
        except Problem:
            if upload.problem is not None:
                raise upload.problem from None
            raise
        if upload.problem is not None:
            raise upload.problem
        return reply


class _Upload:
    """A body passed on as it arrives; what stops it is kept, since the service would only see it break off."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.problem: Problem | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's pieces."""
        more = True
        while more:
            try:
                message = await _next(self._receive)
            except Problem as problem:
                self.problem = problem
                raise
            more = message.get("more_body", False)
            yield message.get("body", b"")


async def _whole(receive: Receive) -> bytes:
    message = await _next(receive)
    if not message.get("more_body", False):
        return bytes(message.get("body", b""))
    pieces = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await _next(receive)
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise BadRequest("连接在提交完成前断开，没有执行；请重试。")
    return message


def _with(call: Call, body: bytes | AsyncIterator[bytes]) -> Call:
    return Call(call.service, call.method, call.path, call.target, call.headers, body)


def _target(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    target = raw.partition(b"?")[0][_PREFIX:]
    query: bytes = scope["query_string"]
    return target + b"?" + query if query else target


async def _answer(reply: Reply, send: Send) -> None:
    headers = [
        (name, _placed(value) if name == b"location" else value)
        for name, value in reply.headers
        if name not in _KEPT_HERE
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _placed(location: bytes) -> bytes:
    if location.startswith(b"/") and not location.startswith((b"//", b"/api/")):
        return API.encode() + location
    return location
