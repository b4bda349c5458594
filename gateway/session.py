"""Who is asking: sessions behind a cookie, and bearer tokens.

Sessions and accounts are read on every request, so that signing out and disabling an account work at once.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Request
from starlette.types import Scope as AsgiScope

from gateway.auditing import audited
from gateway.errors import PasswordChangeRequired, ReadOnlyToken
from gateway.model import CITY, Account, BearerToken, SignedIn, account_id, bearer_id, digest, own_reader
from gateway.repository import Repository
from gateway.routing import changes
from gateway.settings import (
    COOKIE,
    OPEN_BEFORE_CHANGE,
    SECURE_COOKIE,
    SESSION_TOUCH,
    TOKEN_TOUCH,
    UNATTENDED,
)
from kit.auth import Principal
from kit.clock import from_text
from kit.errors import NotFound, Unauthenticated
from kit.ports import Ports

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = "quce.session"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. ``id`` tells sessions and tokens apart; ``csrf`` is empty for a bearer token.

    ``until`` is when the token ends by which a program acts; what it makes to act by ends no later.
    """

    id: str
    principal: Principal
    sign_in: str
    csrf: str
    via: Literal["cookie", "bearer"]
    office: str = CITY
    must_change: bool = False
    reads_only: bool = False
    until: str | None = None

    def admit(self, method: str, path: str) -> None:
        """Stop what this session may not do, whatever it is: asked wherever a session is read.

        Raises:
            PasswordChangeRequired: a one-time password comes first to be changed.
            ReadOnlyToken: the token may read only.
        """
        if self.must_change and path not in OPEN_BEFORE_CHANGE:
            raise PasswordChangeRequired("您的密码是一次性的，请先在「更改密码」页面换成自己的密码，再使用其他功能。")
        if self.reads_only and changes(method, path):
            raise ReadOnlyToken("这个令牌只能读取；要更改内容，请在「我的账号」里另建可读写的令牌。")


class Sessions:
    """Reads and ends sign-ins."""

    def __init__(self, ports: Ports, repository: Repository) -> None:
        self._ports, self._repository = ports, repository
        self._touched: dict[str, datetime] = {}
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
            PasswordChangeRequired: a one-time password comes first to be changed.
            ReadOnlyToken: the token may read only.
        """
        if _KEY not in scope:
            scope[_KEY] = await self._read(scope)
        found: Session | None = scope[_KEY]
        if found is not None:
            found.admit(scope["method"], scope["path"])
        return found

    async def own(self, by: Session) -> list[SignedIn]:
        """Where the person is signed in, the latest first; what no longer holds is left out."""
        now = self._ports.clock.now()
        account = await self._repository.account(by.principal.account)
        found = await self._repository.sessions(by.principal.account)
        return [each for each in found if account is not None and each.holds(account, now)]

    async def begin(self, account: Account, browser: str, network: str) -> tuple[str, Session]:
        """Let somebody in who proved who they are; gives the cookie's token and the session."""
        token = secrets.token_urlsafe(32)
        now = self._ports.clock.now()
        kept = SignedIn.begin(token, secrets.token_urlsafe(24), account, now, browser, network)
        told = audited(
            self._ports, account.principal(), "session.opened", own_reader(account.id), office=account.office
        )
        await self._repository.begin_session(kept, told)
        return token, _session(kept, account)

    async def close(self, session: Session) -> None:
        """Sign out."""
        await self._end(session.id, session)

    async def end(self, id: str, by: Session) -> None:
        """End one of the person's own sessions.

        Raises:
            NotFound: they have no such session.
        """
        if not any(each.id == id for each in await self.own(by)):
            raise NotFound("没有这个登录，可能已经结束；请刷新列表。")
        await self._end(id, by)

    async def end_others(self, by: Session) -> int:
        """End all of the person's sessions but this one; gives how many."""
        others = [each for each in await self.own(by) if each.id != by.id]
        for each in others:
            await self._end(each.id, by)
        return len(others)

    async def keep(self, by: Session, account: Account) -> None:
        """Let this session outlive a change that ends all others of the account."""
        found = await self._repository.session(by.id)
        if found is not None:
            kept, record = found
            await self._repository.touch_session(replace(kept, epoch=account.epoch), record)

    async def _end(self, id: str, by: Session) -> None:
        told = audited(self._ports, by.principal, "session.ended", own_reader(by.principal.account), office=by.office)
        await self._repository.end_session(id, told)

    async def _read(self, scope: AsgiScope) -> Session | None:
        authorization, cookie = _credentials(scope, self.cookie_name(scope).encode())
        if authorization is not None:
            return await self._bearer(authorization)
        return await self._cookie(cookie, attended=scope["path"] != UNATTENDED) if cookie else None

    async def _cookie(self, token: str, *, attended: bool) -> Session | None:
        found = await self._repository.session(digest(token))
        if found is None:
            return None
        kept, record = found
        account = await self._repository.account(kept.account)
        now = self._ports.clock.now()
        if account is None or not kept.holds(account, now):
            await self._repository.end_session(kept.id)
            return None
        if attended and now - from_text(kept.seen_at) > SESSION_TOUCH:
            await self._repository.touch_session(kept.seen(now), record)
        return _session(kept, account)

    async def _bearer(self, authorization: str) -> Session:
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise _refused("Authorization 应为 Bearer 加令牌。")
        if text.count(".") == 2:
            account, token = await self._named(self._signed(text)), None
        else:
            account, token = await self._token(text.strip())
        if account is None or not account.active:
            raise _refused("令牌无效、已撤销或已过期，请重新创建令牌。")
        return _program(digest(text) if token is None else token.id, account, token)

    async def _token(self, text: str) -> tuple[Account | None, BearerToken | None]:
        found = await self._repository.token(bearer_id(text) or "")
        if found is None:
            return None, None
        token, now = found[0], self._ports.clock.now()
        if not (hmac.compare_digest(token.digest, digest(text)) and token.holds(now)):
            return None, None
        if now - self._touched.get(token.id, _NEVER) > TOKEN_TOUCH:
            self._touched[token.id] = now
            await self._repository.use(token.id)
        return await self._repository.account(token.account), token

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


def sessions_of(request: Request) -> Sessions:
    """The sessions of the app that handles this request."""
    sessions: Sessions = request.app.state.sessions
    return sessions


def _session(kept: SignedIn, account: Account) -> Session:
    who = account.principal()
    return Session(kept.id, who, account.sign_in, kept.csrf, "cookie", account.office, account.must_change)


def _program(id: str, account: Account, token: BearerToken | None) -> Session:
    """A program's session; None in the place of a token is an operator at the machine, who needs no password."""
    who, office = account.principal(), account.office
    if token is None:
        return Session(id, who, account.sign_in, "", "bearer", office)
    reads_only = token.scope == "read"
    return Session(id, who, account.sign_in, "", "bearer", office, account.must_change, reads_only, token.expires_at)


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
