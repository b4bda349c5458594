"""Where people are reached, which only notify knows: the edge writes it there, in its own name, and may repeat it."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.calls import Call
from gateway.errors import ServiceUnavailable
from gateway.model import Account
from gateway.peer import Reply
from gateway.upstream import Upstream
from kit.auth import Principal
from kit.errors import NotFound, Problem

_EDGE = Principal("gateway", "administrator", name="区策")
"""Officers invite and people choose their language: neither may write addresses of others themselves."""
_JSON = (b"content-type", b"application/json")


class Recipients:
    """The recipients of notify."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def write(self, account: Account, email: str | None, *, keep: bool = False) -> None:
        """Set somebody's address, or ``keep`` the one that is there.

        Raises:
            ServiceUnavailable: notify gives no answer; nothing was changed.
        """
        if keep:
            known = await self._send("GET", account.id)
            email = known.json()["email"] if known.ok else None
            _must_have_worked(known.ok or known.status == NotFound.status)
        said = {"name": account.name, "email": email, "locale": account.locale, "role": account.role}
        _must_have_worked((await self._send("PUT", account.id, said | {"zones": account.zones})).ok)

    async def mail_invitation(self, account: Account, link: str) -> bool:
        """Have the link sent to the address that is there; gives whether there is one and notify took it on."""
        try:
            return (await self._send("POST", f"{account.id}/invitation", {"link": link})).ok
        except Problem:
            return False

    async def _send(self, method: str, path: str, body: Any = None) -> Reply:
        path = f"/recipients/{path}"
        content = b"" if body is None else orjson.dumps(body)
        return await self._upstream.send(Call("notify", method, path, path.encode(), (_JSON,), content), _EDGE)


def _must_have_worked(ok: bool) -> None:
    if not ok:
        retry = {"Retry-After": "10"}
        raise ServiceUnavailable("通知服务没有保存收件地址，账号没有改动；请稍后重试。", headers=retry)
