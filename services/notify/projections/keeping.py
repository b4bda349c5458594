"""Keeps the projections: each event folded into the record of what it is about."""

from __future__ import annotations

from contracts.event import CutoffPassed
from contracts.gateway import AccountChanged
from contracts.incentives import IncentivesMatched
from contracts.leads import ImportFinished, LeadSnapshot
from kit.events import Event
from kit.store.port import Record, Scope, Store
from services.notify.model.person import ADMINISTRATORS, own_reader
from services.notify.projections.lead import empty_lead, fold_lead, fold_match
from services.notify.projections.others import (
    empty_account,
    empty_cutoff,
    empty_import,
    fold_account,
    fold_cutoff,
    fold_import,
)
from services.notify.repository.amend import amend
from services.notify.repository.collections import ACCOUNTS, CUTOFFS, IMPORTS, LEADS

_SCOPE = Scope.system("projections")
_EVERYBODY = frozenset({"public"})


class Projections:
    """What is kept of other services' events."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def on_lead(self, event: Event, said: LeadSnapshot) -> None:
        """A lead was registered or changed; the newest event also says who may see it."""

        def fold(record: Record) -> Record | None:
            newest = event.sequence > record.body["sequence"]
            readers = frozenset(said.readers) if newest else record.readers
            return _if_changed(record, record.with_body(fold_lead(record.body, event, said), readers))

        await amend(self._store, LEADS.name, said.lead_id, empty_lead(), fold)

    async def on_matched(self, event: Event, said: IncentivesMatched) -> None:
        """A lead was matched; who may see it is the lead's affair once the lead is known."""

        def fold(record: Record) -> Record | None:
            known = record.body["sequence"] > 0 or event.sequence <= record.body["match_sequence"]
            readers = record.readers if known else frozenset(said.readers)
            return _if_changed(record, record.with_body(fold_match(record.body, event, said), readers))

        await amend(self._store, LEADS.name, said.lead_id, empty_lead(), fold)

    async def on_imported(self, event: Event, said: ImportFinished) -> None:
        """An import finished."""

        def fold(record: Record) -> Record | None:
            return _if_changed(record, record.with_body(fold_import(record.body, event, said), frozenset(said.readers)))

        await amend(self._store, IMPORTS.name, said.import_id, empty_import(), fold)

    async def on_account(self, event: Event, said: AccountChanged) -> None:
        """An account was made or altered."""
        readers = frozenset({own_reader(said.account), ADMINISTRATORS})

        def fold(record: Record) -> Record | None:
            return _if_changed(record, record.with_body(fold_account(record.body, event, said), readers))

        await amend(self._store, ACCOUNTS.name, said.account, empty_account(), fold)

    async def on_cutoff(self, _event: Event, said: CutoffPassed) -> None:
        """A service has nothing older than a week's end left on one partition."""

        def fold(record: Record) -> Record | None:
            return _if_changed(record, record.with_body(fold_cutoff(record.body, said), _EVERYBODY))

        await amend(self._store, CUTOFFS.name, f"{said.service}:{said.week}", empty_cutoff(), fold)


def _if_changed(before: Record, after: Record) -> Record | None:
    same = before.revision > 0 and before.body == after.body and before.readers == after.readers
    return None if same else after
