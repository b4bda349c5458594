"""The first accounts of an installation: a demo of every role, or one administrator; passwords are random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.zones import ZONES
from gateway.accounts import Accounts
from gateway.model import ORGANISATION_KINDS, ROLE_NAMES, account_id
from gateway.passwords import Passwords, random_password
from gateway.repository import Repository
from gateway.routing import Table
from gateway.schemas import AccountChange, NewAccount
from gateway.upstream import Upstream
from kit.auth import Principal
from kit.idempotency import RequestKey
from kit.ids import random_id
from kit.peer import Peer
from kit.ports import Ports

_MARK = "first-accounts"
_SEEDER = Principal("gateway", "administrator", name="首次启动")
_INVESTOR = {"id": "xinhe-electronics", "name": "芯禾电子（示例）有限公司", "kind": "investor"}
_INTRODUCER = {"id": "changjiang-advisory", "name": "长江招商顾问（示例）有限公司", "kind": "introducer"}

_ADMINISTRATOR: Mapping[str, Any] = {"sign_in": "admin", "name": "系统管理员", "role": "administrator"}
_DEMO: tuple[Mapping[str, Any], ...] = (
    {"sign_in": "donghu", "name": "陈思远", "role": "officer", "zones": ["donghu"]},
    {"sign_in": "jingkai", "name": "刘芳", "role": "officer", "zones": ["jingkai"]},
    {"sign_in": "linkonggang", "name": "王海涛", "role": "officer", "zones": ["linkonggang"]},
    {"sign_in": "hanyang", "name": "赵敏", "role": "officer", "zones": ["hanyang"]},
    {"sign_in": "bureau", "name": "周建国", "role": "bureau_officer"},
    {"sign_in": "manager", "name": "孙立群", "role": "manager"},
    {"sign_in": "manager-donghu", "name": "吴晓燕", "role": "manager", "zones": ["donghu"]},
    {"sign_in": "editor", "name": "郑文静", "role": "policy_editor"},
    {"sign_in": "reviewer", "name": "何志强", "role": "reviewer"},
    {"sign_in": "partner-a", "name": "林嘉怡", "role": "partner", "organisation": _INVESTOR},
    {"sign_in": "partner-b", "name": "黄俊杰", "role": "partner", "organisation": _INTRODUCER},
    {**_ADMINISTRATOR, "name": "马晓东"},
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A way in, to be shown once to whoever starts the installation."""

    account: str
    password: str
    name: str
    role: str
    office: str

    def describe(self) -> str:
        """Whose it is, in words."""
        return " ".join(part for part in (self.name, ROLE_NAMES[self.role], self.office) if part)


async def seed_accounts(ports: Ports, notify: Peer) -> list[SignIn]:
    """Make the first accounts, once an installation; empty at every later start.

    Needs the lifespans of the gateway and of notify. Where an earlier start broke off half way, the accounts it
    made get new passwords, since nobody has seen the old ones.
    """
    repository = Repository(ports)
    if await repository.marked(_MARK):
        return []
    passwords = Passwords()
    accounts = Accounts(ports, repository, passwords, Upstream(ports, {"notify": notify}, Table()))
    wanted = _DEMO if ports.settings.catalogue == "demo" else (_ADMINISTRATOR,)
    sign_ins = [await _seed(ports, repository, accounts, person) for person in wanted]
    passwords.close()
    await repository.mark(_MARK)
    return sign_ins


async def _seed(ports: Ports, repository: Repository, accounts: Accounts, person: Mapping[str, Any]) -> SignIn:
    password = random_password()
    address = f"{person['sign_in']}@quce.example" if ports.settings.catalogue == "demo" else None
    asked = NewAccount.model_validate({**person, "password": password, "email": address})
    request = RequestKey(random_id(), "seed")
    id = account_id(ports.secret, asked.sign_in)
    known = await repository.account_record(id)
    if known is None:
        await accounts.open(asked, request, _SEEDER)
    else:
        await accounts.change(id, AccountChange(password=password), known.revision, request, _SEEDER)
    return SignIn(asked.sign_in, password, asked.name, asked.role, _office(asked))


def _office(asked: NewAccount) -> str:
    if asked.organisation is not None:
        return f"{asked.organisation.name}，{ORGANISATION_KINDS[asked.organisation.kind]}"
    return "、".join(ZONES[zone].name for zone in asked.zones)
