"""Matching a lead: heard facts against the present catalogue, stored with the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from contracts.incentives import IncentivesMatched, Outcome, PolicyChange, ZoneTotal
from contracts.leads import LeadSnapshot
from contracts.vocabulary.facts import FactValue
from kit.clock import to_text
from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.failpoints import failpoint
from kit.ports import Ports
from kit.store.port import Record, Scope, Write
from kit.telemetry import span
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.matching import MatchResult, match
from services.incentives.matching.changes import Change, changes
from services.incentives.matching.flat import flat_of
from services.incentives.matching.result import PolicyOutcome
from services.incentives.repository import MATCHES, Library, events_of, mark_of, today
from services.incentives.settings import SCHEMA
from services.incentives.versions import versions

_SCOPE: Final = Scope.system("matching leads")
KEPT: Final = ("lead_id", "lead_revision", "office", "zone", "owner", "title", "confidential", "origin", "import_id")
"""What a match repeats of its lead."""
MOST_CHANGES: Final = 100


async def match_lead(ports: Ports, library: Library, snapshot: LeadSnapshot, sequence: int) -> None:
    """Match what an event says of a lead; one that is older than what was matched changes nothing."""
    while True:
        record = await ports.store.get(MATCHES.name, _SCOPE, snapshot.lead_id)
        if record is not None and record.body["sequence"] >= sequence:
            return
        said = snapshot.model_dump(mode="json")
        lead = {name: said[name] for name in KEPT} | {"facts": said["facts"], "sequence": sequence}
        base = record or Record(snapshot.lead_id, {}, frozenset())
        with span(ports.service, "match"):
            write = matched(ports, library, base, lead, snapshot.facts, frozenset(snapshot.readers))
            failpoint("match.before_save")
            with suppress(AlreadyExists, Stale):  # somebody else stored this lead's match meanwhile
                await ports.store.save(write.collection, write.record, write.events)
                failpoint("match.after_save")
                return


def matched(
    ports: Ports,
    library: Library,
    record: Record,
    lead: Mapping[str, Any],
    facts: Mapping[str, FactValue],
    readers: frozenset[str],
) -> Write:
    """A lead's match as of now, to be stored in place of ``record``.

    An event tells of it unless it is the same lead with the same result, as most are when one policy has changed.
    """
    as_of = today(ports)
    result = match(facts, library.current, as_of)
    document = result.document()
    body = {
        "schema_number": SCHEMA,
        **lead,
        "flat": flat_of(facts),
        "basis": mark_of(record.id, library.basis(as_of), ports.settings.partitions),
        "result": document,
        "versions": versions(result.catalogue_version),
        "matched_at": to_text(ports.clock.now()),
    }
    before = record.body.get("result")
    found = changes(before, result)
    changed = before is None or bool(found) or before["zones"] != document["zones"]
    events: tuple[Event, ...] = ()
    if changed or record.readers != readers or any(record.body[name] != body[name] for name in KEPT):
        event = _event(body, result, readers, found, changed=changed)
        events = events_of(ports, f"match-{record.id}", record.revision + 1, event, key=record.id)
    return Write(MATCHES.name, record.with_body(body, readers), events)


def _event(
    body: Mapping[str, Any], result: MatchResult, readers: frozenset[str], found: Sequence[Change], *, changed: bool
) -> IncentivesMatched:
    return IncentivesMatched(
        **{name: body[name] for name in KEPT},
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
        changes=[
            PolicyChange(policy=each.policy, before=_outcome(each.before), after=_outcome(each.after))
            for each in found[:MOST_CHANGES]
        ],
        more_changes=max(0, len(found) - MOST_CHANGES),
    )


def _outcome(outcome: PolicyOutcome | None) -> Outcome | None:
    if outcome is None:
        return None
    verdict = VERDICTS[outcome.verdict]
    return Outcome(verdict=verdict, certain_fen=outcome.certain, possible_fen=outcome.possible)
