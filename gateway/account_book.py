"""How every act on an account is kept: the address first, then the account with its receipt and its line in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.audit import AuditedChange
from gateway.auditing import audited
from gateway.errors import AccountExists, LastAdministrator
from gateway.model import Account, own_reader
from gateway.recipients import Recipients
from gateway.repository import Repository
from gateway.settings import ADMINISTRATORS
from kit.auth import Principal
from kit.errors import AlreadyExists, NotFound, Stale
from kit.ports import Ports
from kit.store.port import Record
from operating.idempotency import RequestKey, remember, replay
from operating.leading import alone

Receipt = dict[str, Any]
_SAID = ("role", "zones", "active")
"""What the log is told before and after; of anything else it is told that it changed."""
_UNSAID = ("name", "organisation", "locale")


class AccountBook:
    """Accounts as they are kept."""

    def __init__(self, ports: Ports, repository: Repository, recipients: Recipients) -> None:
        self._ports, self._repository, self.recipients = ports, repository, recipients

    async def add(
        self, account: Account, email: str | None, request: RequestKey, by: Principal, what: str
    ) -> tuple[Receipt, bool]:
        """Keep a new account; gives the receipt, and whether it was this request that made it.

        Raises:
            AccountExists: the name is taken.
            ServiceUnavailable: notify gives no answer; nothing was made.
        """
        known = await self._repository.account_record(account.id)
        if known is not None:
            return _replay_or_refuse(known, request), False
        await self.recipients.write(account, email)
        receipt = {"id": account.id, "revision": 1}
        fresh = remember(Record(account.id, {}, account.readers), request, receipt)
        made = [AuditedChange(field="role", after=account.role)]
        if account.zones:
            made.append(AuditedChange(field="zones", after=_text(account.zones)))
        told = audited(self._ports, by, what, own_reader(account.id), office=account.office, changes=made)
        try:
            await self._repository.save_account(fresh, account, told)
        except AlreadyExists:
            return _replay_or_refuse(await self.record(account.id), request), False
        return receipt, True

    async def at(self, id: str, revision: int, request: RequestKey) -> tuple[Record, Receipt | None]:
        """The account to be changed, and the receipt where this very request changed it before.

        Raises:
            NotFound: there is no such account.
            Stale: somebody changed it since it was read.
        """
        record = await self.record(id)
        given = replay(record, request)
        if given is None and record.revision != revision:
            raise Stale("这个账号刚刚被他人更新过，请重新读取后再改。", revision=record.revision)
        return record, given

    async def save(
        self,
        record: Record,
        after: Account,
        request: RequestKey,
        by: Principal,
        what: str,
        changes: Sequence[AuditedChange] = (),
    ) -> Receipt:
        """Keep a changed account; gives the receipt.

        Raises:
            Stale: somebody else changed it meanwhile.
            LastAdministrator: nobody else administers: two who shut each other out at once, one of them stays.
        """
        receipt = {"id": after.id, "revision": record.revision + 1}
        told = audited(self._ports, by, what, own_reader(after.id), office=after.office, changes=changes)
        fresh = remember(record, request, receipt)
        if after.administers or not Account.read(record.id, record.body).administers:
            await self._repository.save_account(fresh, after, told)
            return receipt
        async with alone(self._ports, ADMINISTRATORS):
            if not await self._repository.others_administer(after.id):
                raise LastAdministrator("这是最后一位能登录的管理员，请先开通或恢复另一位，再停用这一位或更改其角色。")
            await self._repository.save_account(fresh, after, told)
        return receipt

    async def record(self, id: str) -> Record:
        """An account's record.

        Raises:
            NotFound: there is no such account.
        """
        record = await self._repository.account_record(id)
        if record is None:
            raise NotFound("没有这个账号，可能已被删除；请返回列表重新选择。")
        return record


def differences(before: Account, after: Account) -> list[AuditedChange]:
    """What the log is told of a change: no name, no address."""
    said = [
        AuditedChange(field=name, before=_text(old), after=_text(new))
        for name in _SAID
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]
    unsaid = [AuditedChange(field=name) for name in _UNSAID if getattr(before, name) != getattr(after, name)]
    return said + unsaid


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _replay_or_refuse(record: Record, request: RequestKey) -> Receipt:
    given = replay(record, request)
    if given is None:
        raise AccountExists("这个登录名已有人使用，请换一个登录名。")
    return given
