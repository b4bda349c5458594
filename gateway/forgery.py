"""What a changing request must prove: that a page of ours sent it, where a cookie speaks for the caller."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.types import Scope as AsgiScope

from gateway.forms import (
    SAFE_METHODS,
    expired_page,
    header_token,
    nonce_holds,
    refuse_foreign,
    same_token,
    token_sent,
)
from gateway.session import Session, current_session
from kit.web import ports_of


async def check_form(request: Request) -> AsyncIterator[None]:
    """What every changing request to a page of ours must prove, as a dependency of their router.

    Files of the form are let go once the page has answered.

    Raises:
        ForgedRequest: its token is missing or another's, or another site sent it.
    """
    try:
        if request.method not in SAFE_METHODS:
            await _check_form(request, await current_session(request))
        yield
    finally:
        await request.close()


async def _check_form(request: Request, session: Session | None) -> None:
    if session is not None and session.via == "bearer":
        return
    ports = ports_of(request)
    refuse_foreign(request.scope, ports.settings.public_url)
    sent = await token_sent(request)
    holds = nonce_holds(ports.secret, ports.clock, sent) if session is None else same_token(session.csrf, sent)
    if not holds:
        raise expired_page()


def check_call(scope: AsgiScope, session: Session | None, public_url: str) -> None:
    """What a changing call of the API must prove where a cookie speaks for the caller.

    Raises:
        ForgedRequest: its token is missing or another's, or another site sent it.
    """
    if scope["method"] in SAFE_METHODS or session is None or session.via == "bearer":
        return
    refuse_foreign(scope, public_url)
    if not same_token(session.csrf, header_token(scope) or ""):
        raise expired_page()


async def call_checked(request: Request) -> None:
    """:func:`check_call` as a dependency of the edge's own API routes.

    Raises:
        ForgedRequest: the token is missing or another's, or another site sent it.
    """
    check_call(request.scope, await current_session(request), ports_of(request).settings.public_url)


async def own_origin(request: Request) -> None:
    """For signing in, where no token can be asked for yet: no other site may do it for a visitor.

    Raises:
        ForgedRequest: another site sent it.
    """
    refuse_foreign(request.scope, ports_of(request).settings.public_url)
