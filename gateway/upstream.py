"""Asking a service on somebody's behalf: the right one, as them, and not more often than they may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request
from starlette.types import Scope

from gateway.calls import Call, Headers, Line
from gateway.forms import nonce_holds, token_sent
from gateway.issuing import TokenIssuer
from gateway.limits import AddressLimit, subscriber_of
from gateway.peer import Peer, Reply
from gateway.replicas import Replicas
from gateway.routing import Table
from gateway.session import Session, current_session
from gateway.settings import (
    ANSWERS_A_MINUTE,
    ENQUIRIES_A_FORM,
    ENQUIRIES_A_MINUTE,
    INTERNAL_TOKEN_LIFE,
    VISITOR_POSTS_A_MINUTE,
    GatewaySettings,
)
from kit.auth import Principal
from kit.ports import Ports

Params = Mapping[str, str | int | bool | Sequence[str] | None]

_TOKENS = 4096


class Upstream:
    """The services, as the edge reaches them."""

    def __init__(self, ports: Ports, peers: Mapping[str, Peer | Replicas], table: Table) -> None:
        self.table = table
        places = GatewaySettings.current().calls_at_once
        self._lines = {name: Line(name, Replicas.of(peer), ports.clock, places) for name, peer in peers.items()}
        self._clock, self._secret = ports.clock, ports.secret
        self._issuer = TokenIssuer(ports.keys, ports.clock)
        self._visitors = AddressLimit(ports.clock, VISITOR_POSTS_A_MINUTE * ports.settings.rate_limit_factor)
        self._answers = AddressLimit(ports.clock, ANSWERS_A_MINUTE * ports.settings.rate_limit_factor)
        self._asking = AddressLimit(ports.clock, ENQUIRIES_A_MINUTE * ports.settings.rate_limit_factor)
        self._forms = AddressLimit(ports.clock, ENQUIRIES_A_FORM * ports.settings.rate_limit_factor)
        self._tokens: dict[tuple[Principal, str], tuple[float, bytes]] = {}

    async def send(self, call: Call, principal: Principal | None) -> Reply:
        """The service's whole answer, whatever it is.

        Raises:
            ServiceUnavailable: there is none.
            ServiceOverloaded: too many ask it at once.
        """
        return await self._lines[call.service].send(call, self._headers(call, principal))

    def asking(self, call: Call, principal: Principal | None) -> AbstractAsyncContextManager[Reply]:
        """The same, to be passed on inside: a large answer is not read whole before.

        Raises:
            ServiceUnavailable: there is none.
            ServiceOverloaded: too many ask it at once.
        """
        return self._lines[call.service].asking(call, self._headers(call, principal))

    def admit(self, scope: Scope, session: Session | None, path: str, nonce: str | None) -> None:
        """Count a change that somebody without an account, or a partner, asks for; ``nonce`` is that of their form.

        Raises:
            TooMany: their address, their form or their organisation asks too often.
        """
        if session is None:
            self._admit_visitor(scope, path, nonce)
        elif session.principal.org is not None and path == "/enquiries":
            self._asking.spend(f"org:{session.principal.org}")

    def _admit_visitor(self, scope: Scope, path: str, nonce: str | None) -> None:
        client = scope.get("client")
        address = subscriber_of(client[0]) if client else ""
        self._visitors.spend(address)
        kind = path.split("/", 2)[1]
        if kind in ("eligibility", "decisions"):
            self._answers.spend(address)
        if kind == "enquiries":
            self._asking.spend(address)
            if nonce and nonce_holds(self._secret, self._clock, nonce):
                self._forms.spend(nonce)

    async def close(self) -> None:
        """Let connections go."""
        for line in self._lines.values():
            await line.close()

    def _headers(self, call: Call, principal: Principal | None) -> Headers:
        if principal is None:
            return call.headers
        return [*call.headers, (b"authorization", self._bearer(principal, call.service))]

    def _bearer(self, principal: Principal, audience: str) -> bytes:
        now = self._clock.now().timestamp()
        known = self._tokens.get((principal, audience))
        if known is not None and now - known[0] < INTERNAL_TOKEN_LIFE:
            return known[1]
        if len(self._tokens) >= _TOKENS:
            self._tokens.clear()
        value = f"Bearer {self._issuer.issue(principal, audience)}".encode()
        self._tokens[principal, audience] = (now, value)
        return value


async def ask(
    request: Request,
    method: str,
    path: str,
    *,
    params: Params | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Ask, for a page, what the caller's session may see: ``path`` is one of the API's, without ``/api/v1``.

    Answers with problems are answers: look at ``reply.status``.

    Raises:
        ServiceUnavailable: the service gives no answer.
        ServiceOverloaded: too many ask it at once.
        NotFound: no service answers such a path.
        TooMany: a visitor asks too often.
    """
    session: Session | None = await current_session(request)
    sent = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    body = b""
    if json is not None:
        body = orjson.dumps(json)
        sent.append((b"content-type", b"application/json"))
    upstream = upstream_of(request)
    if method != "GET":
        nonce = await token_sent(request) if session is None else None
        upstream.admit(request.scope, session, path, nonce)
    target = (quote(path, safe="/:@!$&'()*+,;=~-._") + _query(params)).encode()
    call = Call(upstream.table.service(path), method, path, target, sent, body)
    return await upstream.send(call, session.principal if session else None)


def upstream_of(request: Request) -> Upstream:
    """The services of the app that handles this request."""
    upstream: Upstream = request.app.state.upstream
    return upstream


def _query(params: Params | None) -> str:
    given = {name: _text(value) for name, value in (params or {}).items() if value is not None}
    return f"?{urlencode(given, doseq=True)}" if given else ""


def _text(value: str | int | bool | Sequence[str] | None) -> str | Sequence[str] | int | None:
    return ("true" if value else "false") if isinstance(value, bool) else value
