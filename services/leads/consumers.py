"""What the leads service hears: matches for its lists, accounts that may own leads."""

from __future__ import annotations

from contracts.catalogue import topic_of
from contracts.gateway import AccountChanged
from contracts.incentives import IncentivesMatched
from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.ports import Ports
from kit.store.port import Record, Scope
from operating.service import Group
from services.leads.people import remember_account
from services.leads.repository import BEST_MATCHES

_MATCHES = Scope.system("matches heard of")


def groups(ports: Ports) -> tuple[Group, ...]:
    """The consumer groups of this service."""

    async def on_incentives_matched(event: Event) -> None:
        await keep_best_match(ports, IncentivesMatched.heard(event.data), event.sequence)

    async def on_account_changed(event: Event) -> None:
        await remember_account(ports, AccountChanged.heard(event.data), event.sequence)

    handlers = {
        IncentivesMatched.event_type: on_incentives_matched,
        AccountChanged.event_type: on_account_changed,
    }
    return (Group("leads", (topic_of("incentives"), topic_of("gateway")), handlers),)


async def keep_best_match(ports: Ports, matched: IncentivesMatched, sequence: int) -> None:
    """Remember the best zone of a lead; an older match never replaces a newer."""
    record = await ports.store.get(BEST_MATCHES.name, _MATCHES, matched.lead_id)
    if record is not None and record.body["sequence"] >= sequence:
        return
    best = next((total for total in matched.zones if total.zone == matched.best_zone), None)
    names = ("zone", "certain_fen", "possible_fen", "amount_unknown")
    body = {
        "sequence": sequence,
        "certain_fen": best.certain_fen if best else 0,
        "best_match": {name: getattr(best, name) for name in names} if best else None,
    }
    readers = frozenset(matched.readers)
    fresh = Record(matched.lead_id, body, readers) if record is None else record.with_body(body, readers)
    try:
        await ports.store.save(BEST_MATCHES.name, fresh)
    except (Stale, AlreadyExists):
        await keep_best_match(ports, matched, sequence)
