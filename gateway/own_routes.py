"""What everybody does with what is their own: signing in and out, sessions, the password, tokens for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from gateway.routes import CHECKED, OWN_ORIGIN, Cursor, Id, Limit, PasswordsHere, SignedIn
from gateway.schemas import (
    Ended,
    NewToken,
    OwnPassword,
    Receipt,
    SessionAnswer,
    SessionListed,
    Sessions,
    SignIn,
    TokenAnswer,
    TokenReceipt,
)
from gateway.session import Session, sessions_of
from gateway.settings import API
from gateway.signing_in import sign_in, sign_out
from gateway.tokens import Tokens
from kit.web import IfMatch, PageOf, set_etag
from operating.idempotency import IdempotencyKey, RequestKey

router = APIRouter(prefix=API)


async def tokens_of(request: Request) -> Tokens:
    """The tokens of this app."""
    tokens: Tokens = request.app.state.tokens
    return tokens


TokensHere = Annotated[Tokens, Depends(tokens_of)]


@router.post("/sessions", status_code=201, summary="登录", tags=["sessions"], dependencies=OWN_ORIGIN)
async def open_session(request: Request, response: Response, body: SignIn) -> SessionAnswer:
    """Sign in; the session is in the cookie."""
    return _session_answer(await sign_in(request, response, body.account, body.password))


@router.get("/sessions", summary="我的登录", tags=["sessions"])
async def list_sessions(request: Request, session: SignedIn) -> Sessions:
    """Where one is signed in, the latest first."""
    found = await sessions_of(request).own(session)
    return Sessions(items=[SessionListed.of(each, session.id) for each in found])


@router.get("/sessions/current", summary="当前登录", tags=["sessions"])
async def read_session(session: SignedIn) -> SessionAnswer:
    """Who is signed in."""
    return _session_answer(session)


@router.delete("/sessions/current", status_code=204, summary="退出登录", tags=["sessions"], dependencies=CHECKED)
async def close_session(request: Request, response: Response, _session: SignedIn) -> None:
    """Sign out; a bearer token stays until it is deleted."""
    await sign_out(request, response)


@router.post("/sessions/current/password", summary="更改自己的密码", tags=["sessions"], dependencies=CHECKED)
async def change_password(body: OwnPassword, session: SignedIn, changes: PasswordsHere, key: IdempotencyKey) -> Receipt:
    """Choose another password, proving the current one; all other sessions end."""
    request = RequestKey.of(key, {}, "own-password", session.principal.account)
    return Receipt(**await changes.change(session, body.current, body.new, request))


@router.post("/sessions/end-others", summary="结束其他登录", tags=["sessions"], dependencies=CHECKED)
async def end_other_sessions(request: Request, session: SignedIn) -> Ended:
    """End all of one's sessions but this one; repeatable."""
    return Ended(ended=await sessions_of(request).end_others(session))


@router.delete("/sessions/{id}", status_code=204, summary="结束一个登录", tags=["sessions"], dependencies=CHECKED)
async def end_session(request: Request, id: Id, session: SignedIn) -> None:
    """End one of one's own sessions."""
    await sessions_of(request).end(id, session)


@router.post("/tokens", status_code=201, summary="创建令牌", tags=["tokens"], dependencies=CHECKED)
async def make_token(
    response: Response, body: NewToken, session: SignedIn, tokens: TokensHere, key: IdempotencyKey
) -> TokenReceipt:
    """Make a bearer token that acts as oneself; it is shown once."""
    receipt = TokenReceipt(**await tokens.make(body, RequestKey.of(key, body, "make"), session))
    set_etag(response, receipt.revision)
    return receipt


@router.get("/tokens", summary="我的令牌", tags=["tokens"])
async def list_tokens(
    session: SignedIn, tokens: TokensHere, limit: Limit = 50, cursor: Cursor = None
) -> PageOf[TokenAnswer]:
    """One's own tokens, without their secrets."""
    page = await tokens.list(session.principal, limit, cursor)
    used = await tokens.used(page.records)
    return PageOf(items=[TokenAnswer.of(record, used[record.id]) for record in page.records], next=page.next)


@router.delete("/tokens/{id}", summary="撤销令牌", tags=["tokens"], dependencies=CHECKED)
async def withdraw_token(
    id: Id, session: SignedIn, tokens: TokensHere, revision: IfMatch, key: IdempotencyKey
) -> Receipt:
    """End a token at once."""
    request = RequestKey.of(key, {}, "withdraw")
    return Receipt(**await tokens.withdraw(id, revision, request, session))


def _session_answer(session: Session) -> SessionAnswer:
    principal = session.principal
    return SessionAnswer.model_validate(
        {
            "account": principal.account,
            "name": principal.name,
            "role": principal.role,
            "zones": list(principal.zones),
            "org": principal.org,
            "csrf": session.csrf,
            "must_change": session.must_change,
        }
    )
