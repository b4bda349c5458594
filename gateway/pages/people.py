"""Names of colleagues and of partners' organisations, for lists that hold ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from fastapi import Request

from gateway.directory import Directory
from gateway.model import Account
from gateway.pages.visit import Visit
from gateway.repository import Repository
from gateway.schemas import AccountFilter
from kit.store.port import Eq

MOST = 200


async def names_for(visit: Visit) -> Mapping[str, str]:
    """Account id to name, of those whom the visitor may know."""
    if visit.session is None:
        return {}
    principal = visit.session.principal
    page = await _directory(visit.request).list(principal, AccountFilter(limit=MOST))
    return {entry.id: entry.name for entry in page.items} | {principal.account: principal.name}


async def officers_for(visit: Visit, office: str) -> Mapping[str, str]:
    """Account id to name, of the officers whom a lead of this office may be given to."""
    if visit.session is None:
        return {}
    repository = _repository(visit)
    scope = visit.session.principal.scope
    pages = [await repository.accounts(scope, [Eq("role", role)], MOST, None) for role in ("officer", "bureau_officer")]
    accounts = [Account.read(record.id, record.body) for page in pages for record in page.records]
    return {
        each.id: each.name
        for each in accounts
        if each.active and (office in each.zones or each.role == "bureau_officer")
    }


async def organisations(visit: Visit) -> Mapping[str, str]:
    """Organisation id to name, for the ids that a page holds; what a person is offered is :func:`offered`."""
    return {each.id: each.name for each in [account.organisation async for account in _partners(visit)] if each}


async def offered(visit: Visit) -> Mapping[str, str]:
    """Organisation id to name, of those with whom the visitor's office may share a lead."""
    if visit.session is None:
        return {}
    principal = visit.session.principal
    partners = [account async for account in _partners(visit) if account.active and account.offered_to(principal)]
    return {each.organisation.id: each.organisation.name for each in partners if each.organisation}


async def own_organisation(visit: Visit) -> str | None:
    """The name of the organisation that a partner works for; None for everybody else."""
    if visit.session is None or visit.session.principal.org is None:
        return None
    account = await _repository(visit).account(visit.session.principal.account)
    return account.organisation.name if account and account.organisation else None


def _partners(visit: Visit) -> AsyncIterator[Account]:
    return _repository(visit).partners()


def _repository(visit: Visit) -> Repository:
    repository: Repository = visit.request.app.state.repository
    return repository


def _directory(request: Request) -> Directory:
    directory: Directory = request.app.state.directory
    return directory
