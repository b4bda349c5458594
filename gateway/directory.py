"""Looking accounts up: all for administrators, colleagues of the own office for everybody else."""

from __future__ import annotations

from gateway.model import CITY, Account, own_reader
from gateway.repository import Repository
from gateway.schemas import AccountAnswer, DirectoryEntry
from gateway.settings import ADMINISTRATORS
from kit.auth import Principal
from kit.errors import NotFound
from kit.store.port import Record, Scope
from kit.web import PageOf


class Directory:
    """Who is there, as far as the one who asks may know."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def list(
        self, asking: Principal, role: str | None, limit: int, cursor: str | None
    ) -> PageOf[AccountAnswer] | PageOf[DirectoryEntry]:
        """A page of accounts, by name."""
        page = await self._repository.accounts(_scope(asking), role, limit, cursor)
        if asking.role == "administrator":
            return PageOf[AccountAnswer](items=[_full(record) for record in page.records], next=page.next)
        entries = [DirectoryEntry.of(Account.read(record.id, record.body)) for record in page.records]
        return PageOf[DirectoryEntry](items=entries, next=page.next)

    async def read(self, asking: Principal, id: str) -> AccountAnswer | DirectoryEntry:
        """One account.

        Raises:
            NotFound: there is none that they may know of.
        """
        record = await self._repository.account_record(id, _scope(asking))
        if record is None:
            raise NotFound("没有这个账号，可能已被停用或不在您的办公室；请返回列表重新选择。")
        if asking.role == "administrator" or asking.account == id:
            return _full(record)
        return DirectoryEntry.of(Account.read(id, record.body))


def _full(record: Record) -> AccountAnswer:
    return AccountAnswer.of(Account.read(record.id, record.body), record.revision)


def _scope(asking: Principal) -> Scope:
    if asking.role == "administrator":
        return Scope.of({ADMINISTRATORS})
    offices = {reader for reader in asking.readers if reader == CITY or reader.startswith("zone:")}
    return Scope.of({own_reader(asking.account), *offices})
