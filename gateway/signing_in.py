"""Coming in and going out: the password is checked here, at the pace that guesses are allowed.

Unknown, disabled and invited names go the same way as known ones and get the same answer.
"""

from __future__ import annotations

from fastapi import Request, Response

from gateway.auditing import audited
from gateway.devices import browser_kind, issue_device, known_device
from gateway.errors import SignInFailed
from gateway.limits import AddressLimit, LockOut, network_of, subscriber_of
from gateway.model import CITY, Account, account_id, own_reader
from gateway.passwords import Passwords
from gateway.repository import Repository
from gateway.session import Session, sessions_of
from gateway.settings import DEVICE_COOKIE, DEVICE_LIFE, SECURE_DEVICE_COOKIE, SIGN_INS_A_MINUTE
from kit.auth import ANONYMOUS
from kit.ports import Ports
from kit.web import ports_of


class SigningIn:
    """The way in."""

    def __init__(self, ports: Ports, repository: Repository, passwords: Passwords, locks: LockOut) -> None:
        self._ports, self._repository, self._passwords, self._locks = ports, repository, passwords, locks
        self._addresses = AddressLimit(ports.clock, SIGN_INS_A_MINUTE * ports.settings.rate_limit_factor)

    def knock(self, address: str) -> None:
        """Count a try of an address, for whatever secret.

        Raises:
            TooMany: it tries too often.
        """
        self._addresses.spend(subscriber_of(address))

    async def prove(self, name: str, password: str, network: str, device: str) -> Account:
        """The account that this password opens; ``device`` is the cookie of a browser known here, or empty.

        Raises:
            SignInFailed: no active account has this name and password.
            TooManyAttempts: too many failed.
        """
        id = account_id(self._ports.secret, name)
        account = await self._repository.account(id)
        office = account.office if account else CITY
        doors = self._locks.doors(id, network, known_device(self._ports.secret, id, device))
        await self._locks.claim(
            doors, audited(self._ports, ANONYMOUS, "session.refused", own_reader(id), office=office)
        )
        right = await self._passwords.verify(account.password_hash if account else None, password)
        if account is None or not right or not account.active:
            raise SignInFailed("账号或密码不正确，请检查后重试；忘记密码请联系管理员重置。")
        await self._locks.clear(doors)
        return account


async def sign_in(request: Request, response: Response, name: str, password: str) -> Session:
    """Sign in and set the cookies on ``response``; a session the browser had before ends.

    Raises:
        SignInFailed: no active account has this name and password.
        TooManyAttempts: the name failed too often.
        TooMany: the address asks too often.
    """
    sessions, reception = sessions_of(request), signing_in_of(request)
    address = address_of(request)
    reception.knock(address)
    secure = sessions.secure(request.scope)
    device = request.cookies.get(_device_cookie(secure), "")
    account = await reception.prove(name, password, network_of(address), device)
    before = await _before(request)
    if before is not None:
        await sessions.close(before)
    token, session = await sessions.begin(
        account, browser_kind(request.headers.get("user-agent", "")), network_of(address)
    )
    cookie = sessions.cookie_name(request.scope)
    response.set_cookie(cookie, token, path="/", secure=secure, httponly=True, samesite="lax")
    _remember_device(request, response, account, device, secure=secure)
    return session


async def sign_out(request: Request, response: Response) -> None:
    """End the session and take the cookie back; the browser stays known."""
    sessions = sessions_of(request)
    session = await sessions.of(request.scope)
    if session is not None and session.via == "cookie":
        await sessions.close(session)
    name, secure = sessions.cookie_name(request.scope), sessions.secure(request.scope)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def signing_in_of(request: Request) -> SigningIn:
    """The way in of the app that handles this request."""
    way_in: SigningIn = request.app.state.signing_in
    return way_in


def _remember_device(request: Request, response: Response, account: Account, cookie: str, *, secure: bool) -> None:
    secret = ports_of(request).secret
    if known_device(secret, account.id, cookie) is None:
        cookie = issue_device(secret, account.id)
    life = int(DEVICE_LIFE.total_seconds())
    response.set_cookie(
        _device_cookie(secure), cookie, max_age=life, path="/", secure=secure, httponly=True, samesite="lax"
    )


def _device_cookie(secure: bool) -> str:
    return SECURE_DEVICE_COOKIE if secure else DEVICE_COOKIE


async def _before(request: Request) -> Session | None:
    session = await sessions_of(request).of(request.scope)
    return session if session is not None and session.via == "cookie" else None
