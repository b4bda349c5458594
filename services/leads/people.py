"""Who may own a lead: the accounts that the gateway told of, without names or addresses."""

from __future__ import annotations

from contracts.gateway import AccountChanged
from kit.errors import AlreadyExists, Stale
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope
from services.leads.model import CITY
from services.leads.repository import DUTIES, PEOPLE

_ACCOUNTS = Scope.system("accounts heard of")


async def remember_account(ports: Ports, account: AccountChanged, sequence: int) -> None:
    """Keep the latest of what was said of an account."""
    record = await ports.store.get(PEOPLE.name, _ACCOUNTS, account.account)
    if record is not None and record.body["sequence"] >= sequence:
        return
    body = account.model_dump(mode="json") | {"sequence": sequence}
    fresh = Record(account.account, body, frozenset()) if record is None else record.with_body(body)
    try:
        await ports.store.save(PEOPLE.name, fresh)
    except (Stale, AlreadyExists):
        await remember_account(ports, account, sequence)


async def may_own(ports: Ports, account: str, office: str) -> bool:
    """Whether this account is an active officer of the office, or of the city bureau."""
    record = await ports.store.get(PEOPLE.name, _ACCOUNTS, account)
    if record is None or not record.body["active"]:
        return False
    if record.body["role"] == "bureau_officer":
        return True
    return record.body["role"] == "officer" and office != CITY and office in record.body["zones"]


async def is_partner(ports: Ports, org: str) -> bool:
    """Whether an active partner account works for this organisation."""
    async for record in ports.store.scan(PEOPLE.name, _ACCOUNTS, [Eq("role", "partner")]):
        if record.body["org"] == org and record.body["active"]:
            return True
    return False


async def duty_officer(ports: Ports, zone: str) -> str | None:
    """Who answers a zone's enquiries first, as long as they may; None: every officer of the zone."""
    record = await ports.store.get(DUTIES.name, _ACCOUNTS, zone)
    account: str | None = record.body["officer"] if record else None
    return account if account and await may_own(ports, account, zone) else None
