"""Finds the corrections that a new digest must carry: earlier frozen weeks read again and compared."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.vocabulary.weeks import Week
from kit.store.port import Record
from services.notify.digest.corrections import Correction, apply, correct, correction_id
from services.notify.digest.figures import FIGURES, FigureKind
from services.notify.digest.rows import Row, Sources, fingerprint
from services.notify.digest.window import Window
from services.notify.model.lead_line import ImportLine, LeadLine, iso_week
from services.notify.repository.digests import Digests

REVISABLE = tuple(kind for kind in FIGURES if kind.revisable)


async def find_corrections(digests: Digests, earlier: Sequence[Record], sources: Sources) -> list[Correction]:
    """What changed in each earlier week since it was last told, the oldest week first."""
    by_week = await asyncio.to_thread(_by_week, sources)
    found = []
    for place, digest in enumerate(earlier):
        week = Week.parse(digest.body["week"])
        touched = by_week.get(week.id, Sources(()))
        for kind in REVISABLE:
            now = touched.select(kind.rows, Window(week, week.end))
            if fingerprint(now) == _last_fingerprint(kind, week, digest, earlier[place + 1 :]):
                continue
            known = await _known(digests, kind, week, digest, earlier[place + 1 :])
            if (correction := correct(week.id, kind, known, now)) is not None:
                found.append(correction)
    return found


def _last_fingerprint(kind: FigureKind, week: Week, digest: Record, later: Sequence[Record]) -> str:
    last = str(_figure(digest, kind.id)["fingerprint"])
    for each in later:
        for correction in each.body["corrections"]:
            if correction["id"] == correction_id(kind.id, week.id):
                last = str(correction["fingerprint"])
    return last


async def _known(digests: Digests, kind: FigureKind, week: Week, digest: Record, later: Sequence[Record]) -> list[Row]:
    known = [Row.of(row) for row in await digests.rows(digest, kind.id)]
    id = correction_id(kind.id, week.id)
    for each in later:
        if id in each.body["chunks"]:
            known = apply(known, [Row.of(row) for row in await digests.rows(each, id)])
    return known


def _figure(digest: Record, figure: str) -> Mapping[str, Any]:
    for section in digest.body["sections"]:
        for each in section["figures"]:
            if each["id"] == figure:
                found: Mapping[str, Any] = each
                return found
    return {"fingerprint": fingerprint(())}


def _by_week(sources: Sources) -> dict[str, Sources]:
    """The records that any figure of a week may count, so that each week is read once."""
    leads: dict[str, list[LeadLine]] = defaultdict(list)
    imports: dict[str, list[ImportLine]] = defaultdict(list)
    for lead in sources.leads:
        days = {lead.registered_on, lead.signed_on, *(move.on for move in lead.moves)}
        for week in sorted({iso_week(day) or "" for day in days if day}):
            leads[week].append(lead)
    for imported in sources.imports:
        imports[iso_week(imported.finished_on) or ""].append(imported)
    return {week: Sources(leads[week], imports[week]) for week in {*leads, *imports}}
