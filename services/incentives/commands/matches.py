"""Matching a lead: heard facts against the present catalogue, stored with the event that tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from contracts.incentives import IncentivesMatched, ZoneTotal
from contracts.leads import LeadSnapshot
from contracts.vocabulary.facts import FactValue
from kit.clock import to_text
from kit.errors import AlreadyExists, Stale
from kit.failpoints import failpoint
from kit.ports import Ports
from kit.store.port import Range, Record, Scope
from services.incentives.matching import MatchResult, match
from services.incentives.repository import MATCHES, Library, events_of, today
from services.incentives.settings import SCHEMA

_SCOPE: Final = Scope.system("matching leads")
_KEPT: Final = ("lead_id", "lead_revision", "office", "zone", "owner", "title", "confidential", "origin", "import_id")
_SLICE: Final = 20
"""Matches made before the loop serves others: about 10 ms."""


async def match_lead(ports: Ports, library: Library, snapshot: LeadSnapshot, sequence: int) -> None:
    """Match what an event says of a lead; one that is older than what was matched changes nothing."""
    while True:
        record = await ports.store.get(MATCHES.name, _SCOPE, snapshot.lead_id)
        if record is not None and record.body["sequence"] >= sequence:
            return
        said = snapshot.model_dump(mode="json")
        lead = {name: said[name] for name in _KEPT} | {"facts": said["facts"], "sequence": sequence}
        base = record or Record(snapshot.lead_id, {}, frozenset())
        if await _save(ports, library, base, lead, snapshot.facts, frozenset(snapshot.readers)):
            return


async def rematch(ports: Ports, library: Library) -> int:
    """Match again every lead whose match was made from other policies than count today; how many."""
    await library.catch_up()
    basis = library.basis(today(ports))
    done = 0
    for stale in (Range("basis", high=basis), Range("basis", low=f"{basis}~")):
        async for record in ports.store.scan(MATCHES.name, _SCOPE, (stale,)):
            facts = {name: FactValue.model_validate(value) for name, value in record.body["facts"].items()}
            lead = {name: record.body[name] for name in (*_KEPT, "facts", "sequence")}
            done += await _save(ports, library, record, lead, facts, record.readers)
            if done % _SLICE == 0:
                await asyncio.sleep(0)
    return done


async def _save(
    ports: Ports,
    library: Library,
    record: Record,
    lead: Mapping[str, Any],
    facts: Mapping[str, FactValue],
    readers: frozenset[str],
) -> bool:
    """Match and store; False where somebody else stored this lead's match meanwhile."""
    as_of = today(ports)
    result = match(facts, library.current, as_of)
    document = result.document()
    body = {
        "schema_number": SCHEMA,
        **lead,
        "basis": library.basis(as_of),
        "result": document,
        "matched_at": to_text(ports.clock.now()),
    }
    before = record.body.get("result")
    changed = before is None or before["zones"] != document["zones"]
    event = _event(body, result, readers, changed=changed)
    events = events_of(ports, f"match-{record.id}", record.revision + 1, event, key=record.id)
    failpoint("match.before_save")
    try:
        await ports.store.save(MATCHES.name, record.with_body(body, readers), events)
    except (AlreadyExists, Stale):
        return False
    failpoint("match.after_save")
    return True


def _event(
    body: Mapping[str, Any], result: MatchResult, readers: frozenset[str], *, changed: bool
) -> IncentivesMatched:
    return IncentivesMatched(
        **{name: body[name] for name in _KEPT},
        catalogue_version=result.catalogue_version,
        standing=list(result.standing),
        readers=sorted(readers),
        best_zone=result.best_zone,
        zones=[
            ZoneTotal(
                zone=each.zone,
                certain_fen=each.certain,
                possible_fen=each.possible,
                amount_unknown=each.amount_unknown,
                met=each.met,
                unknown=each.unknown,
            )
            for each in result.zones.values()
        ],
        changed=changed,
        matched_at=body["matched_at"],
    )
