"""The way of an API request through the edge: identity, anti-forgery, the service, its answer. No framework below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace

from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from gateway.calls import Call
from gateway.errors import RequestTimeout
from gateway.forgery import check_call
from gateway.forms import header_token
from gateway.peer import Reply
from gateway.routing import takes_files
from gateway.session import Session, Sessions
from gateway.settings import API, PIECE_SECONDS, UPLOAD_SECONDS
from gateway.upstream import Upstream
from kit.errors import BadRequest, Problem, Unauthenticated
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
        scope["route"] = _Named(f"{API}/{path.split('/', 2)[1]}/{{path}}")
        session = await self._sessions.of(scope)
        check_call(scope, session, self._public_url)
        if scope["method"] != "GET":
            self._upstream.admit(scope, session, path, header_token(scope))
        headers = [(name, value.strip()) for name, value in scope["headers"] if name in _REQUEST_HEADERS]
        upload = _upload(scope, session, receive)
        call = Call(service, scope["method"], path, _target(scope), headers, upload.pieces() if upload else b"")
        if upload is None and scope["method"] != "GET":
            call = replace(call, body=await _whole(receive))
        try:
            async with self._upstream.asking(call, session.principal if session else None) as reply:
                if upload is not None and upload.problem is not None:
                    raise upload.problem
                await _answer(reply, receive, send)
        except Problem:
            if upload is not None and upload.problem is not None:
                raise upload.problem from None
            raise


@dataclass(frozen=True, slots=True)
class _Named:
    """What a span may say of a path: its first part, by which the service was found; the service says the rest."""

    path_format: str


class _Upload:
    """A body passed on as it arrives; what stops it is kept, since the service would only see it break off."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.problem: Problem | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body's pieces."""
        now = asyncio.get_running_loop().time
        until, more = now() + UPLOAD_SECONDS, True
        while more:
            try:
                message = await _next(self._receive, min(PIECE_SECONDS, until - now()))
            except Problem as problem:
                self.problem = problem
                raise
            more = message.get("more_body", False)
            yield message.get("body", b"")


def _upload(scope: Scope, session: Session | None, receive: Receive) -> _Upload | None:
    """The files that come with a request; visitors have none, and could hold up others by sending them slowly."""
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    if scope["method"] == "GET" or not any(each.startswith(b"multipart/") for each in kinds):
        return None
    if session is not None:
        return _Upload(receive)
    if takes_files(scope["path"]):
        raise Unauthenticated("请先登录，再上传文件。", headers={"WWW-Authenticate": "Bearer"})
    return None


async def _whole(receive: Receive) -> bytes:
    message = await _next(receive)
    if not message.get("more_body", False):
        return bytes(message.get("body", b""))
    pieces = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await _next(receive)
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


async def _next(receive: Receive, patience: float = PIECE_SECONDS) -> Message:
    try:
        async with asyncio.timeout(patience):
            message = await receive()
    except TimeoutError:
        raise RequestTimeout("等了太久还没有收到提交的内容，没有执行；请检查网络后重试。") from None
    if message["type"] == "http.disconnect":
        raise BadRequest("连接在提交完成前断开，没有执行；请重试。")
    return message


def _target(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    target = raw.partition(b"?")[0][_PREFIX:]
    query: bytes = scope["query_string"]
    return target + b"?" + query if query else target


async def _answer(reply: Reply, receive: Receive, send: Send) -> None:
    headers = [
        (name, _placed(value) if name == b"location" else value)
        for name, value in reply.headers
        if name not in _KEPT_HERE
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": reply.rest is not None})
    if reply.rest is not None:
        await _pass_on(reply.rest, receive, send)


async def _pass_on(rest: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Give the pieces of an answer to who asked for it, as long as they are there."""
    leaving = asyncio.create_task(_left(receive))
    try:
        async for piece in rest:
            if leaving.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        leaving.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    with suppress(Problem):
        while (await receive())["type"] != "http.disconnect":
            pass


def _placed(location: bytes) -> bytes:
    if location.startswith(b"/") and not location.startswith((b"//", b"/api/")):
        return API.encode() + location
    return location
