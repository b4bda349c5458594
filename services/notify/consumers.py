"""What notify does when it hears something: two groups, so that counting can be replayed and telling never is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from contracts.catalogue import topic_of
from contracts.event import EventData
from contracts.gateway import AccountChanged, GatewayEventDied
from contracts.incentives import IncentivesCutoffPassed, IncentivesEventDied, IncentivesMatched
from contracts.leads import (
    ImportFinished,
    LeadChanged,
    LeadRegistered,
    LeadsCutoffPassed,
    LeadsEventDied,
    PartnerAnswered,
)
from contracts.notify import NotifyEventDied
from kit.events import Event
from operating.consumer import Handler
from operating.service import Group
from services.notify import settings
from services.notify.commands.telling import Teller
from services.notify.projections.keeping import Projections

T = TypeVar("T", bound=EventData)

LEADS, INCENTIVES, GATEWAY, NOTIFY = (topic_of(each) for each in ("leads", "incentives", "gateway", "notify"))


def projections_group(projections: Projections) -> Group:
    """Counts: may be replayed from the beginning at any time."""
    return Group(
        settings.PROJECTIONS_GROUP,
        (LEADS, INCENTIVES, GATEWAY),
        dict(
            [
                _on(LeadRegistered, projections.on_lead),
                _on(LeadChanged, projections.on_lead),
                _on(IncentivesMatched, projections.on_matched),
                _on(ImportFinished, projections.on_imported),
                _on(AccountChanged, projections.on_account),
                _on(LeadsCutoffPassed, projections.on_cutoff),
                _on(IncentivesCutoffPassed, projections.on_cutoff),
            ]
        ),
    )


def deliveries_group(teller: Teller) -> Group:
    """Tells: never rewound."""
    return Group(
        settings.DELIVERIES_GROUP,
        (LEADS, INCENTIVES, GATEWAY, NOTIFY),
        dict(
            [
                _on(IncentivesMatched, teller.tell_matched),
                _on(ImportFinished, teller.tell_imported),
                _on(LeadRegistered, teller.tell_enquired),
                _on(LeadChanged, teller.tell_changed),
                _on(PartnerAnswered, teller.tell_answered),
                _on(LeadsEventDied, teller.tell_died),
                _on(IncentivesEventDied, teller.tell_died),
                _on(NotifyEventDied, teller.tell_died),
                _on(GatewayEventDied, teller.tell_died),
            ]
        ),
    )


def _on(event: type[T], handle: Callable[[Event, Any], Awaitable[None]]) -> tuple[str, Handler]:
    async def read_and_handle(heard: Event) -> None:
        await handle(heard, event.heard(heard.data))

    return event.event_type, read_and_handle
