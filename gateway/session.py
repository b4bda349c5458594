"""Who is asking: sessions behind a cookie, bearer tokens, and proof that a form is ours.

Sessions and accounts are read on every request, so that signing out and disabling an account work at once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request, Response
from starlette.types import Scope as AsgiScope

from gateway.errors import SignInFailed
from gateway.forms import (
    SAFE_METHODS,
    expired_page,
    header_token,
    nonce_holds,
    refuse_foreign,
    same_token,
    token_sent,
)
from gateway.limits import AddressLimit, LockOut
from gateway.model import Account, SignedIn, account_id, bearer_id, digest
from gateway.passwords import Passwords
from gateway.repository import Repository
from gateway.settings import COOKIE, SECURE_COOKIE, SESSION_TOUCH, SIGN_INS_A_MINUTE
from kit.auth import Principal
from kit.clock import from_text
from kit.errors import Unauthenticated
from kit.ports import Ports
from kit.web import ports_of

_KEY = "quce.session"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. ``id`` tells sessions and tokens apart; ``csrf`` is empty for a bearer token."""

    id: str
    principal: Principal
    sign_in: str
    csrf: str
    via: Literal["cookie", "bearer"]


class Sessions:
    """Opens, reads and ends sign-ins."""

    def __init__(self, ports: Ports, repository: Repository, passwords: Passwords) -> None:
        self._ports, self._repository, self._passwords = ports, repository, passwords
        factor = ports.settings.rate_limit_factor
        self._addresses = AddressLimit(ports.clock, SIGN_INS_A_MINUTE * factor)
        self._locks = LockOut(repository, ports.clock, ports.secret, factor)
        self._public_https = ports.settings.public_url.startswith("https:")

    def secure(self, scope: AsgiScope) -> bool:
        """Whether the browser talks to us over TLS."""
        return self._public_https or scope.get("scheme") == "https"

    def cookie_name(self, scope: AsgiScope) -> str:
        """The cookie that counts; over TLS only the one that subdomains cannot set."""
        return SECURE_COOKIE if self.secure(scope) else COOKIE

    async def of(self, scope: AsgiScope) -> Session | None:
        """Who sends this request; None for a visitor. Read once a request.

        Raises:
            Unauthenticated: there is a bearer token, and it does not hold.
        """
        if _KEY not in scope:
            scope[_KEY] = await self._read(scope)
        found: Session | None = scope[_KEY]
        return found

    async def open(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """Sign in; gives the cookie's token and the session.

        Raises:
            SignInFailed: no active account has this name and password.
            TooManyAttempts: the name failed too often.
            TooMany: the address asks too often.
        """
        self._addresses.spend(address)
        claimed = await self._locks.claim(name)
        account = await self._repository.account(account_id(self._ports.secret, name))
        right = await self._passwords.verify(account.password_hash if account else None, password)
        if account is None or not right or not account.active:
            raise SignInFailed("账号或密码不正确，请检查后重试；忘记密码请联系管理员重置。")
        await self._locks.clear(claimed)
        token = secrets.token_urlsafe(32)
        kept = SignedIn.begin(token, secrets.token_urlsafe(24), account, self._ports.clock.now())
        await self._repository.begin_session(kept)
        return token, _session(kept, account)

    async def close(self, session: Session) -> None:
        """Sign out."""
        await self._repository.end_session(session.id)

    async def _read(self, scope: AsgiScope) -> Session | None:
        authorization, cookie = _credentials(scope, self.cookie_name(scope).encode())
        if authorization is not None:
            return await self._bearer(authorization)
        return await self._cookie(cookie) if cookie else None

    async def _cookie(self, token: str) -> Session | None:
        found = await self._repository.session(digest(token))
        if found is None:
            return None
        kept, record = found
        account = await self._repository.account(kept.account)
        now = self._ports.clock.now()
        if account is None or not kept.holds(account, now):
            await self._repository.end_session(kept.id)
            return None
        if now - from_text(kept.seen_at) > SESSION_TOUCH:
            await self._repository.touch_session(kept.seen(now), record)
        return _session(kept, account)

    async def _bearer(self, authorization: str) -> Session:
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise _refused("Authorization 应为 Bearer 加令牌。")
        token_id, account = await self._token(text.strip())
        if account is None or not account.active:
            raise _refused("令牌无效、已撤销或已过期，请重新创建令牌。")
        return Session(token_id, account.principal(), account.sign_in, "", "bearer")

    async def _token(self, text: str) -> tuple[str, Account | None]:
        if text.count(".") == 2:
            return digest(text), await self._named(self._signed(text))
        found = await self._repository.token(bearer_id(text) or "")
        if found is None:
            return "", None
        token = found[0]
        holds = hmac.compare_digest(token.digest, digest(text)) and token.holds(self._ports.clock.now())
        return token.id, await self._repository.account(token.account) if holds else None

    def _signed(self, text: str) -> str:
        try:
            return self._ports.verifier.verify(text).account
        except Unauthenticated as error:
            raise _refused(error.detail) from error

    async def _named(self, account: str) -> Account | None:
        """By id, or by the sign-in name that an operator at the machine goes by."""
        by_name = account_id(self._ports.secret, account)
        return await self._repository.account(account) or await self._repository.account(by_name)


async def current_session(request: Request) -> Session | None:
    """Who sends this request; None for a visitor."""
    return await sessions_of(request).of(request.scope)


async def require_session(session: Annotated[Session | None, Depends(current_session)]) -> Session:
    """Somebody signed in.

    Raises:
        Unauthenticated: nobody is.
    """
    if session is None:
        raise Unauthenticated("请先登录，再进行这项操作。", headers={"WWW-Authenticate": "Bearer"})
    return session


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


async def sign_in(request: Request, response: Response, account: str, password: str) -> Session:
    """Sign in and set the cookie on ``response``; a session the browser had before ends.

    Raises:
        SignInFailed: no active account has this name and password.
        TooManyAttempts: the name failed too often.
        TooMany: the address asks too often.
    """
    sessions = sessions_of(request)
    address = request.client.host if request.client else ""
    token, session = await sessions.open(account, password, address)
    before = await _before(request)
    if before is not None:
        await sessions.close(before)
    name, secure = sessions.cookie_name(request.scope), sessions.secure(request.scope)
    response.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="lax")
    return session


async def sign_out(request: Request, response: Response) -> None:
    """End the session and take the cookie back."""
    sessions = sessions_of(request)
    session = await sessions.of(request.scope)
    if session is not None and session.via == "cookie":
        await sessions.close(session)
    name, secure = sessions.cookie_name(request.scope), sessions.secure(request.scope)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def sessions_of(request: Request) -> Sessions:
    """The sessions of the app that handles this request."""
    sessions: Sessions = request.app.state.sessions
    return sessions


async def _before(request: Request) -> Session | None:
    session = await sessions_of(request).of(request.scope)
    return session if session is not None and session.via == "cookie" else None


def _session(kept: SignedIn, account: Account) -> Session:
    return Session(kept.id, account.principal(), account.sign_in, kept.csrf, "cookie")


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, headers={"WWW-Authenticate": "Bearer"})


def _credentials(scope: AsgiScope, cookie_name: bytes) -> tuple[str | None, str | None]:
    authorization: str | None = None
    cookie: str | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"cookie":
            for part in value.split(b";"):
                key, _, content = part.strip().partition(b"=")
                if key == cookie_name:
                    cookie = content.decode("latin-1")
    return authorization, cookie
