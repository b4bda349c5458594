"""Names of colleagues, for lists that hold account ids."""

from __future__ import annotations

from collections.abc import Mapping

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
    repository: Repository = visit.request.app.state.repository
    scope = visit.session.principal.scope
    pages = [await repository.accounts(scope, [Eq("role", role)], MOST, None) for role in ("officer", "bureau_officer")]
    accounts = [Account.read(record.id, record.body) for page in pages for record in page.records]
    return {
        each.id: each.name
        for each in accounts
        if each.active and (office in each.zones or each.role == "bureau_officer")
    }


def _directory(request: Request) -> Directory:
    directory: Directory = request.app.state.directory
    return directory
