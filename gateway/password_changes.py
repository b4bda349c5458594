"""Other passwords: a one-time one from an administrator, the person's own from the person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.account_book import AccountBook
from gateway.auditing import audited
from gateway.errors import WrongPassword
from gateway.limits import LockOut
from gateway.model import Account, own_reader
from gateway.passwords import Passwords, random_password
from gateway.session import Session, Sessions
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import FieldError, Forbidden, Invalid
from kit.ports import Ports
from operating.idempotency import RequestKey, replay


class PasswordChanges:
    """What is done with passwords of accounts that are there."""

    def __init__(
        self, ports: Ports, book: AccountBook, passwords: Passwords, sessions: Sessions, locks: LockOut
    ) -> None:
        self._ports, self._book, self._passwords = ports, book, passwords
        self._sessions, self._locks = sessions, locks

    async def reset(self, id: str, revision: int, request: RequestKey, by: Principal) -> dict[str, Any]:
        """Give somebody a one-time password, in the answer to the first request only; their sessions end.

        Raises:
            NotFound: there is no such account.
            Stale: somebody changed it since it was read.
        """
        record, given = await self._book.at(id, revision, request)
        if given is not None:
            return given | {"password": None}
        password = random_password()
        after = replace(await self._with(Account.read(id, record.body), password), must_change=True)
        return await self._book.save(record, after, request, by, "password.reset") | {"password": password}

    async def change(self, session: Session, current: str, new: str, request: RequestKey) -> dict[str, Any]:
        """Choose another password of one's own; all other sessions end.

        Raises:
            Forbidden: a program asks.
            WrongPassword: the current password is another.
            TooManyAttempts: it was wrong too often.
            Invalid: the new password is the current one.
        """
        if session.via != "cookie":
            raise Forbidden("更改密码要用密码登录后进行，令牌不能更改密码。")
        record = await self._book.record(session.principal.account)
        given = replay(record, request)
        if given is not None:
            return given
        account = Account.read(record.id, record.body)
        await self._check(session, account, current)
        if current == new:
            raise Invalid("新密码不能和当前密码相同。", errors=[FieldError("new", "请换一个密码")])
        after = replace(await self._with(account, new), must_change=False)
        receipt = await self._book.save(record, after, request, session.principal, "password.changed")
        await self._sessions.keep(session, after)
        return receipt

    async def _check(self, session: Session, account: Account, current: str) -> None:
        doors = self._locks.doors(account.id, "", session.id)
        refused = audited(
            self._ports, session.principal, "session.refused", own_reader(account.id), office=account.office
        )
        await self._locks.claim(doors, refused)
        if not await self._passwords.verify(account.password_hash, current):
            raise WrongPassword("当前密码不正确，请检查后重试；忘记密码请联系管理员重置。")
        await self._locks.clear(doors)

    async def _with(self, account: Account, password: str) -> Account:
        return replace(
            account,
            password_hash=await self._passwords.hash(password),
            invitation=None,
            epoch=account.epoch + 1,
            updated_at=to_text(self._ports.clock.now()),
        )
