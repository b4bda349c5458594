"""Bearer tokens for programs: each acts as the account that made it, until it ends or is withdrawn."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from contracts.gateway import GatewayAudited
from gateway.auditing import audited
from gateway.model import BearerToken, bearer_text, digest, own_reader
from gateway.repository import Repository, fresh_token
from gateway.schemas import NewToken
from gateway.session import Session
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, NotFound, Stale
from kit.ports import Ports
from kit.store.port import Page, Record, Scope
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id


class Tokens:
    """What people do with their own tokens."""

    def __init__(self, ports: Ports, repository: Repository) -> None:
        self._ports, self._repository = ports, repository

    async def make(self, asked: NewToken, request: RequestKey, session: Session) -> dict[str, Any]:
        """Make a token; its text is in the answer to the first request only.

        By a token one makes none that outlives it: a stolen one would never end.
        """
        by = session.principal
        id = derive_id(self._ports.secret, by.account, "tokens", request.key)
        known = await self._repository.token(id)
        if known is not None:
            return _again(known[1], request)
        text = bearer_text(id, secrets.token_urlsafe(32))
        now = self._ports.clock.now()
        until = to_text(now + timedelta(days=asked.expires_days))
        until = until if session.until is None else min(until, session.until)
        token = BearerToken(id, by.account, asked.name, digest(text), to_text(now), until, scope=asked.scope)
        receipt = {"id": id, "revision": 1, "token": None, "expires_at": until}
        try:
            told = self._told("token.made", id, session)
            await self._repository.save_token(token, remember(fresh_token(token), request, receipt), told)
        except AlreadyExists:
            return await self.make(asked, request, session)
        return receipt | {"token": text}

    async def list(self, by: Principal, limit: int, cursor: str | None) -> Page:
        """The tokens of a person that were not withdrawn, newest first."""
        return await self._repository.tokens(_own(by), limit, cursor)

    async def used(self, records: Iterable[Record]) -> dict[str, str | None]:
        """When each of them was last used, to the hour."""
        return {record.id: await self._repository.used(record.id) for record in records}

    async def withdraw(self, id: str, revision: int, request: RequestKey, session: Session) -> dict[str, Any]:
        """End a token at once.

        Raises:
            NotFound: the person has no such token.
            Stale: it was withdrawn already, under another key.
        """
        found = await self._repository.token(id, _own(session.principal))
        if found is None:
            raise NotFound("没有这个令牌，可能已被撤销；请刷新列表。")
        token, record = found
        given = replay(record, request)
        if given is not None:
            return given
        if record.revision != revision or token.revoked_at is not None:
            raise Stale("这个令牌刚刚有变动，请刷新列表后再试。", revision=record.revision)
        receipt = {"id": id, "revision": revision + 1}
        ended = replace(token, revoked_at=to_text(self._ports.clock.now()))
        told = self._told("token.withdrawn", id, session)
        await self._repository.save_token(ended, remember(record, request, receipt), told)
        return receipt

    def _told(self, what: str, id: str, session: Session) -> GatewayAudited:
        return audited(self._ports, session.principal, what, f"token:{id}", office=session.office)


def _own(by: Principal) -> Scope:
    return Scope.of({own_reader(by.account)})


def _again(record: Record, request: RequestKey) -> dict[str, Any]:
    given = replay(record, request)
    if given is None:
        raise NotFound("没有这个令牌，可能已被撤销；请刷新列表。")
    return given
