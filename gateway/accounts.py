"""Opening and changing accounts: the address goes to notify first, then the account is saved; both may be repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from gateway.errors import AccountExists, OwnAccount, ServiceUnavailable
from gateway.model import Account, Organisation, account_id, normal_name
from gateway.passwords import Passwords
from gateway.repository import Repository
from gateway.schemas import AccountChange, NewAccount, OrganisationInput, check_office
from gateway.upstream import Call, Upstream
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, FieldError, Invalid, NotFound, Stale
from kit.idempotency import RequestKey, remember, replay
from kit.ports import Ports
from kit.store.port import Record

_JSON = (b"content-type", b"application/json")
_CREDENTIALS = ("role", "zones", "organisation", "active", "password_hash")
"""Whoever had these changed has to sign in again."""


class Accounts:
    """What administrators do with accounts."""

    def __init__(self, ports: Ports, repository: Repository, passwords: Passwords, upstream: Upstream) -> None:
        self._ports, self._repository, self._passwords = ports, repository, passwords
        self._upstream = upstream

    async def open(self, asked: NewAccount, request: RequestKey, by: Principal) -> dict[str, Any]:
        """Make an account; its id comes from its sign-in name, so that names are unique.

        Raises:
            AccountExists: the name is taken.
            ServiceUnavailable: notify gives no answer; nothing was made.
        """
        id = account_id(self._ports.secret, asked.sign_in)
        known = await self._repository.account_record(id)
        if known is not None:
            return _replay_or_refuse(known, request)
        account = await self._new(id, asked)
        await self._write_address(account, asked.email, by)
        receipt = {"id": id, "revision": 1}
        fresh = remember(Record(id, {}, account.readers), request, receipt)
        try:
            await self._repository.save_account(fresh, account)
        except AlreadyExists:
            return _replay_or_refuse(await self._record(id), request)
        return receipt

    async def change(
        self, id: str, change: AccountChange, revision: int, request: RequestKey, by: Principal
    ) -> dict[str, Any]:
        """Alter an account; what decides over access ends its sessions.

        Raises:
            NotFound: there is no such account.
            Stale: somebody changed it since it was read.
            OwnAccount: administrators may not shut themselves out.
            Invalid: role, zones and organisation do not go together.
            ServiceUnavailable: notify gives no answer; nothing was changed.
        """
        record = await self._record(id)
        given = replay(record, request)
        if given is not None:
            return given
        if record.revision != revision:
            raise Stale("这个账号刚刚被他人更新过，请重新读取后再改。", revision=record.revision)
        before = Account.read(id, record.body)
        after = await self._altered(before, change)
        if id == by.account and (not after.active or after.role != before.role):
            raise OwnAccount("不能停用自己的账号或更改自己的角色，请由另一位管理员操作。")
        await self._write_address(after, change.email, by, keep="email" not in change.model_fields_set)
        receipt = {"id": id, "revision": revision + 1}
        await self._repository.save_account(remember(record, request, receipt), after)
        return receipt

    async def _new(self, id: str, asked: NewAccount) -> Account:
        now = to_text(self._ports.clock.now())
        return Account(
            id=id,
            sign_in=normal_name(asked.sign_in),
            name=asked.name,
            role=asked.role,
            zones=tuple(zone.value for zone in asked.zones),
            organisation=_organisation(asked.organisation),
            active=True,
            locale=asked.locale,
            password_hash=await self._passwords.hash(asked.password),
            epoch=1,
            created_at=now,
            updated_at=now,
        )

    async def _altered(self, before: Account, change: AccountChange) -> Account:
        given = change.model_fields_set
        altered: dict[str, Any] = {
            name: getattr(change, name)
            for name in ("name", "role", "locale", "active")
            if name in given and getattr(change, name) is not None
        }
        if change.zones is not None:
            altered["zones"] = tuple(zone.value for zone in change.zones)
        if "organisation" in given:
            altered["organisation"] = _organisation(change.organisation)
        if change.password is not None:
            altered["password_hash"] = await self._passwords.hash(change.password)
        after = replace(before, **altered, updated_at=to_text(self._ports.clock.now()))
        try:
            check_office(after.role, list(after.zones), after.organisation is not None)
        except ValueError as error:
            raise Invalid(str(error), errors=[FieldError("role", str(error))]) from error
        ends = any(getattr(after, name) != getattr(before, name) for name in _CREDENTIALS)
        return replace(after, epoch=before.epoch + 1) if ends else after

    async def _record(self, id: str) -> Record:
        record = await self._repository.account_record(id)
        if record is None:
            raise NotFound("没有这个账号，可能已被删除；请返回列表重新选择。")
        return record

    async def _write_address(self, account: Account, email: str | None, by: Principal, *, keep: bool = False) -> None:
        path = f"/recipients/{account.id}"
        if keep:
            known = await self._upstream.send(Call("notify", "GET", path, path.encode()), by)
            email = known.json()["email"] if known.ok else None
            _must_have_worked(known.ok or known.status == NotFound.status)
        said = {"name": account.name, "email": email, "locale": account.locale, "role": account.role}
        body = orjson.dumps(said | {"zones": account.zones})
        reply = await self._upstream.send(Call("notify", "PUT", path, path.encode(), (_JSON,), body), by)
        _must_have_worked(reply.ok)


def _must_have_worked(ok: bool) -> None:
    if not ok:
        retry = {"Retry-After": "10"}
        raise ServiceUnavailable("通知服务没有保存收件地址，账号没有改动；请稍后重试。", headers=retry)


def _replay_or_refuse(record: Record, request: RequestKey) -> dict[str, Any]:
    given = replay(record, request)
    if given is None:
        raise AccountExists("这个登录名已有人使用，请换一个登录名。")
    return given


def _organisation(asked: OrganisationInput | None) -> Organisation | None:
    return None if asked is None else Organisation(asked.id, asked.name, asked.kind)
