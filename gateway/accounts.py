"""Opening and changing accounts: by administrators, and as far as it is theirs by who invited and by the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from contracts.audit import AuditedChange
from gateway.account_book import AccountBook, differences
from gateway.errors import OwnAccount
from gateway.model import Account, Organisation, account_id, normal_name
from gateway.passwords import Passwords, random_password
from gateway.schemas import AccountChange, NewAccount, OrganisationInput, PersonInput, check_office
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import FieldError, Forbidden, Invalid, NotFound
from kit.ports import Ports
from operating.idempotency import RequestKey
from operating.ids import derive_id

_CREDENTIALS = ("role", "zones", "organisation", "active", "password_hash")
"""Whoever had these changed has to sign in again."""
_REACHED = ("name", "role", "zones", "locale")
"""What notify keeps beside an address. Nothing else waits for it: somebody is shut out while it is silent, too."""
_OWN = frozenset({"locale"})
"""What people change of their own account."""


class Accounts:
    """What is done with accounts as a whole."""

    def __init__(self, ports: Ports, book: AccountBook, passwords: Passwords) -> None:
        self._ports, self._book, self._passwords = ports, book, passwords

    async def open(
        self, asked: NewAccount, request: RequestKey, by: Principal, what: str = "account.opened"
    ) -> dict[str, Any]:
        """Make an account; where no password is given, the answer to the first request has a one-time one.

        Raises:
            AccountExists: the name is taken.
            ServiceUnavailable: notify gives no answer; nothing was made.
        """
        password = asked.password or random_password()
        account = replace(
            new_account(self._ports, asked),
            password_hash=await self._passwords.hash(password),
            must_change=asked.password is None,
        )
        receipt, made = await self._book.add(account, asked.email, request, by, what)
        return receipt | {"password": password if made and asked.password is None else None}

    async def change(
        self, id: str, change: AccountChange, revision: int, request: RequestKey, by: Principal
    ) -> dict[str, Any]:
        """Alter an account; what decides over access ends its sessions.

        Raises:
            NotFound: there is no such account that they know of.
            Forbidden: it is not theirs to change so.
            Stale: somebody changed it since it was read.
            OwnAccount: administrators may not shut themselves out.
            LastAdministrator: nobody else administers.
            Invalid: role, zones and organisation do not go together.
            ServiceUnavailable: notify gives no answer where it has to know; nothing was changed.
        """
        check_may_change(Account.read(id, (await self._book.record(id)).body), change, by)
        record, given = await self._book.at(id, revision, request)
        if given is not None:
            return given
        before = Account.read(id, record.body)
        after = self._altered(before, change)
        if id == by.account and (not after.active or after.role != before.role):
            raise OwnAccount("不能停用自己的账号或更改自己的角色，请由另一位管理员操作。")
        changes = differences(before, after)
        readdressed = "email" in change.model_fields_set
        if readdressed or any(each.field in _REACHED for each in changes):
            await self._book.recipients.write(after, change.email, keep=not readdressed)
        if readdressed:
            changes.append(AuditedChange(field="email"))
        what = "account.disabled" if before.active and not after.active else "account.changed"
        return await self._book.save(record, after, request, by, what, changes)

    async def end_sessions(self, id: str, revision: int, request: RequestKey, by: Principal) -> dict[str, Any]:
        """Have somebody sign in again everywhere.

        Raises:
            NotFound: there is no such account.
            Stale: somebody changed it since it was read.
        """
        record, given = await self._book.at(id, revision, request)
        if given is not None:
            return given
        before = Account.read(id, record.body)
        after = replace(before, epoch=before.epoch + 1, updated_at=to_text(self._ports.clock.now()))
        return await self._book.save(record, after, request, by, "session.ended")

    def _altered(self, before: Account, change: AccountChange) -> Account:
        given = change.model_fields_set
        altered: dict[str, Any] = {
            name: getattr(change, name)
            for name in ("name", "role", "locale", "active")
            if name in given and getattr(change, name) is not None
        }
        if change.zones is not None:
            altered["zones"] = tuple(zone.value for zone in change.zones)
        if "organisation" in given:
            altered["organisation"] = organisation_of(self._ports, change.organisation)
        after = replace(before, **altered, updated_at=to_text(self._ports.clock.now()))
        try:
            check_office(after.role, list(after.zones), after.organisation is not None)
        except ValueError as error:
            raise Invalid(str(error), errors=[FieldError("role", str(error))]) from error
        ends = any(getattr(after, name) != getattr(before, name) for name in _CREDENTIALS)
        return replace(after, epoch=before.epoch + 1) if ends else after


def check_may_change(account: Account, change: AccountChange, by: Principal) -> None:
    """Administrators change everything, people their own language; whoever invited somebody may disable them.

    Raises:
        NotFound: they may not even know of the account.
        Forbidden: it is not theirs to change so.
    """
    if by.role == "administrator":
        return
    own = account.id == by.account and change.model_fields_set <= _OWN
    guest = account.guest_of(by.account)
    if own or (guest and change.model_fields_set == {"active"} and change.active is False):
        return
    if account.id == by.account or guest or by.readers & account.readers:
        raise Forbidden("这项内容只有管理员可以更改；如有需要，请联系管理员。")
    raise NotFound("没有这个账号，可能已被删除；请返回列表重新选择。")


def new_account(ports: Ports, asked: PersonInput) -> Account:
    """An account as it begins, without a password; its id comes from its sign-in name, so that names are unique."""
    now = to_text(ports.clock.now())
    return Account(
        id=account_id(ports.secret, asked.sign_in),
        sign_in=normal_name(asked.sign_in),
        name=asked.name,
        role=asked.role,
        zones=tuple(zone.value for zone in asked.zones),
        organisation=organisation_of(ports, asked.organisation),
        active=True,
        locale=asked.locale,
        password_hash="",
        epoch=1,
        created_at=now,
        updated_at=now,
    )


def organisation_of(ports: Ports, asked: OrganisationInput | None, hosts: Sequence[str] = ()) -> Organisation | None:
    """The organisation that was named; without an id of its own, the same name at the same desks is the same one."""
    if asked is None:
        return None
    id = asked.id or derive_id(ports.secret, "organisation", *hosts, normal_name(asked.name))
    return Organisation(id, asked.name, asked.kind)
