"""Names of colleagues, for lists that hold account ids."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from gateway.directory import Directory
from gateway.pages.visit import Visit

MOST = 200


async def names_for(visit: Visit) -> Mapping[str, str]:
    """Account id to name, of those whom the visitor may know."""
    if visit.session is None:
        return {}
    principal = visit.session.principal
    page = await _directory(visit.request).list(principal, None, MOST, None)
    return {entry.id: entry.name for entry in page.items} | {principal.account: principal.name}


def _directory(request: Request) -> Directory:
    directory: Directory = request.app.state.directory
    return directory
