"""Looking accounts up: all for administrators, colleagues of the own office for everybody else."""

from __future__ import annotations

from contracts.vocabulary.zones import ZoneId
from gateway.model import Account, desks_of, own_reader
from gateway.repository import Repository
from gateway.schemas import AccountAnswer, AccountFilter, DirectoryEntry
from gateway.settings import ADMINISTRATORS
from kit.auth import Principal
from kit.errors import NotFound
from kit.store.port import Clause, Eq, Matches, Record, Scope
from kit.web import PageOf


class Directory:
    """Who is there, as far as the one who asks may know."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def list(self, asking: Principal, wanted: AccountFilter) -> PageOf[AccountAnswer] | PageOf[DirectoryEntry]:
        """A page of accounts, by name: in full for administrators, and for others of those whom they invited."""
        guests = wanted.invited and asking.role != "administrator"
        scope, clauses = _scope(asking, wanted.zone), _clauses(wanted, asking)
        page = await self._repository.accounts(scope, clauses, wanted.limit, wanted.cursor)
        if asking.role == "administrator" or guests:
            return PageOf[AccountAnswer](items=[_full(record) for record in page.records], next=page.next)
        entries = [DirectoryEntry.of(Account.read(record.id, record.body)) for record in page.records]
        return PageOf[DirectoryEntry](items=entries, next=page.next)

    async def read(self, asking: Principal, id: str) -> AccountAnswer | DirectoryEntry:
        """One account.

        Raises:
            NotFound: there is none that they may know of.
        """
        record = await self._repository.account_record(id, _scope(asking, None))
        if record is None:
            raise NotFound("没有这个账号，可能已被停用或不在您的办公室；请返回列表重新选择。")
        account = Account.read(id, record.body)
        if asking.role == "administrator" or asking.account == id or account.guest_of(asking.account):
            return _full(record)
        return DirectoryEntry.of(account)


def _full(record: Record) -> AccountAnswer:
    return AccountAnswer.of(Account.read(record.id, record.body), record.revision)


def _clauses(wanted: AccountFilter, asking: Principal) -> list[Clause]:
    clauses: list[Clause] = []
    if wanted.role is not None:
        clauses.append(Eq("role", wanted.role))
    if wanted.active is not None:
        clauses.append(Eq("active", wanted.active))
    if wanted.invited:
        clauses.append(Eq("invited_by", asking.account))
        if asking.role != "administrator":
            clauses.append(Eq("role", "partner"))
    if wanted.q.strip():
        clauses.append(Matches(wanted.q))
    return clauses


def _scope(asking: Principal, zone: ZoneId | None) -> Scope:
    """An office's desk is a reader of its accounts, so that a zone narrows the scope itself."""
    if asking.role == "administrator":
        return Scope.of({ADMINISTRATORS if zone is None else f"zone:{zone.value}"})
    own = Scope.of({own_reader(asking.account), *desks_of(asking)})
    return own if zone is None else Scope.of(own.readers & {f"zone:{zone.value}"})
