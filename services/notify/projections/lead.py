"""The fold of a lead's events into what digests and reports count.

Order never matters: the newest sequence gives the snapshot, moves and follow-ups are sets keyed by their
sequence, and the contribution to totals is computed from the whole. Replaying adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.incentives import IncentivesMatched, ZoneTotal
from contracts.leads import LeadChanged, LeadSnapshot
from kit.events import Event
from services.notify.model.lead_line import iso_week
from services.notify.model.money import amount_state, countable_fen

SCHEMA = 1
KEPT_MARKS = 400
"""Moves and follow-ups kept per lead, the newest; more would be an import gone wrong, not work."""

Body = dict[str, Any]


def empty_lead() -> Body:
    """A lead of which nothing was heard."""
    return {
        "schema": SCHEMA,
        "sequence": 0,
        "first_seen_at": None,
        "changed_at": None,
        "moves": [],
        "follow_ups": [],
        "match": None,
        "match_sequence": 0,
        "stage": None,
        "state": None,
        "zone": None,
    }


def fold_lead(body: Mapping[str, Any], event: Event, said: LeadSnapshot) -> Body:
    """Take one ``lead.registered`` or ``lead.changed`` into account."""
    folded = dict(body)
    folded["first_seen_at"] = min(filter(None, (body["first_seen_at"], event.time)))
    if event.sequence > body["sequence"]:
        folded |= _snapshot(event, said)
    if isinstance(said, LeadChanged):
        _add_marks(folded, event, said)
    return folded | _contribution(folded)


def fold_match(body: Mapping[str, Any], event: Event, said: IncentivesMatched) -> Body:
    """Take one ``incentives.matched`` into account."""
    if event.sequence <= body["match_sequence"]:
        return dict(body)
    best = next((zone for zone in said.zones if zone.zone == said.best_zone), None)
    return dict(body) | {"match_sequence": event.sequence, "match": _match(said, best)}


def _snapshot(event: Event, said: LeadSnapshot) -> Body:
    facts = {name: said.facts[name].model_dump(mode="json") for name in _AMOUNTS if name in said.facts}
    return {
        "sequence": event.sequence,
        "changed_at": event.time,
        "title": said.title,
        "investor": {"id": said.investor.id, "name": said.investor.name},
        "office": said.office,
        "zone": said.zone,
        "stage": str(said.stage),
        "state": str(said.state),
        "owner": said.owner,
        "confidential": said.confidential,
        "source_mode": str(said.source_mode),
        "clocks": [clock.model_dump(mode="json") for clock in said.clocks],
        "registered_on": said.registered_on,
        "updated_on": said.updated_on,
        "signed_on": said.signed_on,
        "signed_amount": said.signed_amount.model_dump(mode="json") if said.signed_amount else None,
        "total_investment": _amount(facts.get("total_investment")),
        "origin": said.origin,
        "import_id": said.import_id,
    }


_AMOUNTS = ("total_investment",)


def _amount(fact: Mapping[str, Any] | None) -> Body | None:
    if fact is None or fact["state"] != "value" or not isinstance(fact["value"], dict):
        return None
    return dict(fact["value"])


def _add_marks(folded: Body, event: Event, said: LeadChanged) -> None:
    if said.move is not None:
        move = said.move.model_dump(mode="json") | {"sequence": event.sequence, "at": event.time}
        folded["moves"] = _with_mark(folded["moves"], move)
    if said.change == "follow_up":
        folded["follow_ups"] = _with_mark(folded["follow_ups"], {"sequence": event.sequence, "on": said.updated_on})


def _with_mark(marks: list[Body], mark: Body) -> list[Body]:
    by_sequence = {each["sequence"]: each for each in marks} | {mark["sequence"]: mark}
    return [by_sequence[sequence] for sequence in sorted(by_sequence)][-KEPT_MARKS:]


def _match(said: IncentivesMatched, best: ZoneTotal | None) -> Body:
    return {
        "zone": said.best_zone,
        "certain_fen": best.certain_fen if best else 0,
        "possible_fen": best.possible_fen if best else 0,
        "amount_unknown": best.amount_unknown if best else 0,
        "standing": sorted(said.standing),
        "matched_at": said.matched_at,
    }


def _contribution(folded: Body) -> Body:
    """What this lead adds to totals; totals are tallies of these fields, never counters."""
    return {
        "investment_fen": countable_fen(folded["total_investment"]),
        "investment_state": amount_state(folded["total_investment"]),
        "registered_week": iso_week(folded["registered_on"]),
        "signed_week": iso_week(folded["signed_on"]),
        "signed_fen": countable_fen(folded["signed_amount"]) if folded["signed_on"] else None,
    }
