"""Inviting people: an account without a password, and a link with a one-time code by which its owner chooses one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from gateway.account_book import AccountBook
from gateway.accounts import new_account, organisation_of
from gateway.errors import InvitationInvalid, InvitationOver
from gateway.model import CITY, Account, Invitation, desks_of, plain_id
from gateway.passwords import Passwords
from gateway.repository import Repository
from gateway.schemas import NewInvitation
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import Forbidden, NotFound, Stale
from kit.ports import Ports
from operating.idempotency import RequestKey
from operating.ids import random_id

LINK = "/invitation?code="
INVITING = frozenset({"officer", "bureau_officer", "administrator"})


def hosts_of(by: Principal) -> tuple[str, ...]:
    """Who may be told of a partner whom this person brings in: a zone's is its own and the bureau's."""
    desks = desks_of(by)
    return () if not desks or CITY in desks else tuple(sorted({*desks, CITY}))


class Invitations:
    """What is done with invitations."""

    def __init__(self, ports: Ports, repository: Repository, book: AccountBook, passwords: Passwords) -> None:
        self._ports, self._repository, self._book, self._passwords = ports, repository, book, passwords

    async def invite(self, asked: NewInvitation, request: RequestKey, by: Principal) -> dict[str, Any]:
        """Make an account without a password; the link is in the answer to the first request only.

        Raises:
            Forbidden: officers invite partners only, a zone's into organisations of its own; others nobody.
            AccountExists: the name is taken.
            ServiceUnavailable: notify gives no answer; nothing was made.
        """
        if by.role not in INVITING or (by.role != "administrator" and asked.role != "partner"):
            raise Forbidden("招商专员只能邀请投资企业或引荐机构；开通其他账号请联系管理员。")
        hosts = hosts_of(by)
        if hosts and asked.organisation is not None and asked.organisation.id is not None:
            raise Forbidden("机构代码只能由市级招商专员或管理员填写，请留空；要并入已有的机构，请联系管理员。")
        account = replace(
            new_account(self._ports, asked),
            invited_by=by.account,
            hosts=hosts,
            organisation=organisation_of(self._ports, asked.organisation, hosts),
        )
        account, link = self._with_link(account)
        receipt, made = await self._book.add(account, asked.email, request, by, "account.invited")
        return receipt | await self._shown(account, link if made else None, mail=asked.email is not None)

    async def renew(self, id: str, revision: int, request: RequestKey, by: Principal) -> dict[str, Any]:
        """Another link for somebody who has not come yet; the one before opens nothing any more.

        Raises:
            NotFound: there is no such account that they administer or invited.
            InvitationOver: they have a password, or are disabled.
            Stale: somebody changed it since it was read.
        """
        known = Account.read(id, (await self._book.record(id)).body)
        if by.role != "administrator" and not known.guest_of(by.account):
            raise NotFound("没有这个账号，可能已被删除；请返回列表重新选择。")
        record, given = await self._book.at(id, revision, request)
        account = Account.read(id, record.body)
        if given is not None:
            return given | await self._shown(account, None, mail=False)
        if account.state != "invited":
            raise InvitationOver("对方已经设置过密码，或账号已停用，不能再发邀请；忘记密码请用重置密码。")
        account, link = self._with_link(account)
        receipt = await self._book.save(record, account, request, by, "account.invited")
        return receipt | await self._shown(account, link, mail=True)

    async def greet(self, code: str) -> Account:
        """Whom a code invites.

        Raises:
            InvitationInvalid: it is unknown, used, too old, or was replaced.
        """
        account = await self._repository.account(plain_id(code[:32]) or "")
        invitation = account.invitation if account else None
        if account is None or invitation is None or not invitation.opens(code, self._ports.clock.now()):
            raise _invalid()
        if account.state != "invited":
            raise _invalid()
        return account

    async def accept(self, code: str, password: str) -> Account:
        """Choose the first password; the code opens nothing any more.

        Raises:
            InvitationInvalid: it is unknown, used, too old, or was replaced.
        """
        account = await self.greet(code)
        now = to_text(self._ports.clock.now())
        chosen = await self._passwords.hash(password)
        record = await self._book.record(account.id)
        if Account.read(account.id, record.body) != account:
            raise _invalid()
        after = replace(account, password_hash=chosen, invitation=None, updated_at=now)
        request = RequestKey.of(random_id(), {}, "accept")
        try:
            await self._book.save(record, after, request, after.principal(), "invitation.accepted")
        except Stale as error:
            raise _invalid() from error
        return after

    def _with_link(self, account: Account) -> tuple[Account, str]:
        code = account.id.replace("-", "") + secrets.token_urlsafe(24)
        now = self._ports.clock.now()
        invited = replace(account, invitation=Invitation.begin(code, now), updated_at=to_text(now))
        return invited, LINK + code

    async def _shown(self, account: Account, link: str | None, *, mail: bool) -> dict[str, Any]:
        """What the inviter sees: the whole link, once."""
        mailed = mail and link is not None and await self._book.recipients.mail_invitation(account, link)
        whole = self._ports.settings.link_base + link if link else None
        expires = account.invitation.expires_at if account.invitation else None
        return {"link": whole, "mailed": mailed, "expires_at": expires}


def _invalid() -> InvitationInvalid:
    return InvitationInvalid("邀请链接无效、已用过或已过期；已设置密码的请直接登录，否则请向邀请您的人要一个新的链接。")
