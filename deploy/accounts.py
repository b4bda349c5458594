"""What ``quce account`` does, through the API: as an administrator, or for an office that has none yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.client import Client, Refused, connect
from deploy.result import CommandFailed, Result
from kit.settings import Settings
from operating.ids import random_id

_MISSING = 404
_ROWS = 200
_ONCE = "只显示这一次"


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an account is for."""

    sign_in: str
    name: str
    role: str
    zones: tuple[str, ...] = ()
    organisation: str = ""
    kind: str = "investor"
    email: str = ""

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        said: dict[str, Any] = {"sign_in": self.sign_in, "name": self.name, "role": self.role, "zones": self.zones}
        if self.organisation:
            said["organisation"] = {"name": self.organisation, "kind": self.kind}
        return said | ({"email": self.email} if self.email else {})


async def create(settings: Settings, account: str, person: Person) -> Result:
    """An account with a one-time password; the first administrator of an office needs nobody's leave."""
    async with connect(settings, account) as client:
        answer = await _set_up(client, person) if person.role == "administrator" else None
        answer = answer or await client.post("/accounts", person.body())
    text = f"已开通 {person.sign_in}，一次性密码（{_ONCE}，首次登录时更改）：{answer['password']}"
    return Result(text, answer | {"sign_in": person.sign_in})


async def invite(settings: Settings, account: str, person: Person) -> Result:
    """An account whose owner chooses the password by a link."""
    async with connect(settings, account) as client:
        answer = await client.post("/invitations", person.body())
    mailed = "，邮件已交给通知服务" if answer["mailed"] else ""
    return Result(f"邀请链接（{_ONCE}，7 天内有效{mailed}）：{answer['link']}", answer | {"sign_in": person.sign_in})


async def reset(settings: Settings, account: str, sign_in: str) -> Result:
    """A one-time password for somebody."""
    async with connect(settings, account) as client:
        known = await _named(client, sign_in)
        answer = await client.change(f"/accounts/{known['id']}/password-reset", revision=known["revision"])
    return Result(
        f"{sign_in} 的一次性密码（{_ONCE}，登录后先更改）：{answer['password']}", answer | {"sign_in": sign_in}
    )


async def disable(settings: Settings, account: str, sign_in: str) -> Result:
    """Nobody signs in with it any more; it is out at its next request."""
    async with connect(settings, account) as client:
        known = await _named(client, sign_in)
        path = f"/accounts/{known['id']}"
        answer = await client.change(path, {"active": False}, revision=known["revision"], method="PATCH")
    return Result(f"已停用 {sign_in}。", answer | {"sign_in": sign_in})


async def listing(settings: Settings, account: str) -> Result:
    """All accounts."""
    async with connect(settings, account) as client:
        found = await _all(client)
    lines = [f"{each['sign_in']:<20} {each['state']:<9} {each['role']:<15} {each['name']}" for each in found]
    return Result("\n".join(lines), {"items": found})


async def _set_up(client: Client, person: Person) -> Any:
    said = {"sign_in": person.sign_in, "name": person.name} | ({"email": person.email} if person.email else {})
    try:
        return await client.post("/setup", said, key=random_id())
    except Refused as refused:
        if refused.document.get("status") != _MISSING:
            raise
        return None


async def _named(client: Client, sign_in: str) -> dict[str, Any]:
    for each in await _all(client, q=sign_in):
        if each["sign_in"] == sign_in.strip().casefold():
            return each
    raise CommandFailed(f"没有登录名为「{sign_in}」的账号；用 quce account list 查看全部。")


async def _all(client: Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await client.get("/accounts", limit=_ROWS, cursor=cursor, **query)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found
