"""The accounts of the demo catalogue, one of every role, with random passwords. An office starts with none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.vocabulary.zones import ZONES
from gateway.account_book import AccountBook
from gateway.accounts import Accounts
from gateway.model import ORGANISATION_KINDS, ROLE_NAMES, Account, account_id
from gateway.passwords import Passwords, random_password
from gateway.peer import Peer
from gateway.recipients import Recipients
from gateway.replicas import Replicas
from gateway.repository import Repository
from gateway.routing import Table
from gateway.schemas import NewAccount
from gateway.upstream import Upstream
from kit.auth import Principal
from kit.ports import Ports
from operating.idempotency import RequestKey
from operating.ids import random_id

_MARK = "first-accounts"
_SEEDER = Principal("gateway", "administrator", name="首次启动")
_INVESTOR = {"id": "xinhe-electronics", "name": "芯禾电子（示例）有限公司", "kind": "investor"}
_INTRODUCER = {"id": "changjiang-advisory", "name": "长江招商顾问（示例）有限公司", "kind": "introducer"}

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
    {"sign_in": "admin", "name": "马晓东", "role": "administrator"},
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


async def seed_accounts(ports: Ports, notify: Peer | Replicas) -> list[SignIn]:
    """Make the demo's accounts, once an installation; empty at every later start, and for an office.

    Needs the lifespans of the gateway and of notify. Where an earlier start broke off half way, the accounts it
    made get new passwords, since nobody has seen the old ones.
    """
    repository = Repository(ports)
    if ports.settings.catalogue != "demo" or await repository.marked(_MARK):
        return []
    passwords = Passwords()
    book = AccountBook(ports, repository, Recipients(Upstream(ports, {"notify": notify}, Table())))
    seeding = _Seeding(ports, repository, book, passwords)
    sign_ins = [await seeding.open(person) for person in _DEMO]
    passwords.close()
    await repository.mark(_MARK)
    return sign_ins


@dataclass(frozen=True, slots=True)
class _Seeding:
    """What the accounts are made with."""

    ports: Ports
    repository: Repository
    book: AccountBook
    passwords: Passwords

    async def open(self, person: Mapping[str, Any]) -> SignIn:
        """Make one, or give one that is there a new password."""
        password, request = random_password(), RequestKey(random_id(), "seed")
        asked = NewAccount.model_validate(
            {**person, "password": password, "email": f"{person['sign_in']}@quce.example"}
        )
        known = await self.repository.account_record(account_id(self.ports.secret, asked.sign_in))
        if known is None:
            await Accounts(self.ports, self.book, self.passwords).open(asked, request, _SEEDER)
        else:
            again = replace(Account.read(known.id, known.body), password_hash=await self.passwords.hash(password))
            await self.book.save(known, again, request, _SEEDER, "password.reset")
        return SignIn(asked.sign_in, password, asked.name, asked.role, _office(asked))


def _office(asked: NewAccount) -> str:
    if asked.organisation is not None:
        return f"{asked.organisation.name}，{ORGANISATION_KINDS[asked.organisation.kind]}"
    return "、".join(ZONES[zone].name for zone in asked.zones)
