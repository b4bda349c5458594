"""The projections, read for digests: everything a scope may see."""

from __future__ import annotations

from contracts.vocabulary.weeks import Week
from kit.store.port import Eq, Range, Scope, Store
from services.notify import settings
from services.notify.model.lead_line import ImportLine, LeadLine
from services.notify.repository.collections import CUTOFFS, IMPORTS, LEADS

_PUBLIC = Scope.of({"public"})


async def lead_lines(store: Store, scope: Scope) -> list[LeadLine]:
    """Every lead a scope sees, by id."""
    lines = [LeadLine.of(record.id, record.body) async for record in store.scan(LEADS.name, scope)]
    return [line for line in lines if line is not None]


async def import_lines(store: Store, scope: Scope) -> list[ImportLine]:
    """Every finished import a scope sees, by id."""
    return [
        ImportLine(
            record.id,
            record.body["file_name"],
            record.body["importer"],
            record.body["finished_on"],
            record.body["counts"],
        )
        async for record in store.scan(IMPORTS.name, scope)
    ]


async def silent_services(store: Store, week: Week) -> list[str]:
    """Services whose cut-off of this week, or of a later one, was not heard on every partition."""
    return [service for service in settings.CUTOFF_SERVICES if not await _passed(store, service, week)]


async def _passed(store: Store, service: str, week: Week) -> bool:
    heard: set[int] = set()
    partitions = 0
    async for record in store.scan(CUTOFFS.name, _PUBLIC, [Eq("service", service), Range("week", low=week.id)]):
        heard |= set(record.body["heard"])
        partitions = max(partitions, record.body["partitions"])
    return partitions > 0 and len(heard) >= partitions
