"""The first administrator of an office: whoever reads the console of the machine may say who it is, once."""

from __future__ import annotations

import hmac
from typing import Any

from gateway.accounts import Accounts
from gateway.errors import NotSetUp, WrongSetUpCode
from gateway.model import account_id
from gateway.repository import Repository
from gateway.schemas import NewAccount, SetUpInput
from gateway.settings import ADMINISTRATORS
from kit.auth import Principal
from kit.errors import NotFound
from kit.ports import Ports
from operating.idempotency import RequestKey, replay
from operating.ids import derive_id
from operating.leading import alone


class SetUp:
    """Whether the installation waits for its first administrator; ``code`` comes of its secret, and is kept nowhere."""

    def __init__(self, ports: Ports, repository: Repository, accounts: Accounts) -> None:
        self._ports, self._repository, self._accounts = ports, repository, accounts
        self._done = ports.settings.catalogue != "office"
        self.code = derive_id(ports.secret, "gateway", "first administrator")

    async def needed(self) -> bool:
        """Whether nobody administers it yet."""
        if not self._done:
            self._done = await self._repository.has_administrator()
        return not self._done

    async def check(self) -> None:
        """Stop what cannot be until somebody administers it.

        Raises:
            NotSetUp: nobody does.
        """
        if await self.needed():
            raise NotSetUp("还没有管理员，请先完成初始化：打开 /setup，填写启动时在控制台打印的初始化代码。")

    async def run(self, asked: SetUpInput, request: RequestKey, *, trusted: bool) -> dict[str, Any]:
        """Make the first administrator; ``trusted`` is who proved in another way that the machine is theirs.

        Raises:
            NotFound: there is one already.
            WrongSetUpCode: the code is another.
            ServiceUnavailable: notify gives no answer; nothing was made.
        """
        id = account_id(self._ports.secret, asked.sign_in)
        async with alone(self._ports, ADMINISTRATORS):
            known = await self._repository.account_record(id)
            given = replay(known, request) if known else None
            if given is not None:
                return given | {"password": None}
            if not await self.needed():
                raise NotFound("初始化已经完成，请直接登录。")
            if not trusted and not hmac.compare_digest(self.code.encode(), asked.code.strip().encode()):
                raise WrongSetUpCode("初始化代码不正确，请照抄最近一次启动时控制台打印的代码。")
            who = Principal(id, "administrator", name=asked.name)
            said = asked.model_dump(exclude={"code"})
            asked_account = NewAccount.model_validate(said | {"role": "administrator"})
            return await self._accounts.open(asked_account, request, who, "office.set_up")
