"""The folds of accounts, imports and cut-offs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.event import CutoffPassed
from contracts.gateway import AccountChanged
from contracts.leads import ImportFinished
from kit.clock import SHANGHAI, from_text
from kit.events import Event

Body = dict[str, Any]


def empty_account() -> Body:
    """An account of which nothing was heard."""
    return {"schema": 1, "sequence": 0, "since": None, "role": None}


def fold_account(body: Mapping[str, Any], event: Event, said: AccountChanged) -> Body:
    """Take one ``account.changed`` into account; the newest says what the account is."""
    folded = dict(body) | {"since": min(filter(None, (body["since"], event.time)))}
    if event.sequence > body["sequence"]:
        folded |= said.model_dump(mode="json") | {"sequence": event.sequence}
    return folded


def empty_import() -> Body:
    """An import of which nothing was heard."""
    return {"schema": 1, "sequence": 0}


def fold_import(body: Mapping[str, Any], event: Event, said: ImportFinished) -> Body:
    """Take one ``import.finished`` into account."""
    if event.sequence <= body["sequence"]:
        return dict(body)
    return {
        "schema": 1,
        "sequence": event.sequence,
        "file_name": said.file_name,
        "importer": said.importer,
        "counts": said.counts.model_dump(),
        "finished_on": from_text(event.time).astimezone(SHANGHAI).date().isoformat(),
        "finished_at": event.time,
    }


def empty_cutoff() -> Body:
    """A week of one service of which no cut-off was heard."""
    return {"schema": 1, "service": None, "week": None, "partitions": 0, "heard": []}


def fold_cutoff(body: Mapping[str, Any], said: CutoffPassed) -> Body:
    """Take the cut-off of one partition into account."""
    heard = sorted({*body["heard"], said.partition})
    return {
        "schema": 1,
        "service": said.service,
        "week": said.week,
        "partitions": max(body["partitions"], said.partitions),
        "heard": heard,
    }
