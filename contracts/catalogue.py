"""Which service says what on which topic, and who listens. One search from an event's name leads here."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.event import EventData
from contracts.gateway import AccountChanged, GatewayAudited, GatewayEventDied
from contracts.incentives import (
    IncentivesAudited,
    IncentivesCutoffPassed,
    IncentivesEventDied,
    IncentivesMatched,
    PolicyPublished,
    PolicyWithdrawn,
)
from contracts.leads import (
    ImportFinished,
    LeadChanged,
    LeadRegistered,
    LeadsAudited,
    LeadsCutoffPassed,
    LeadsEventDied,
    PartnerAnswered,
)
from contracts.notify import DigestFrozen, NotifyAudited, NotifyEventDied

PARTITIONS = 8


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one event type."""

    event: type[EventData]
    producer: str
    consumers: tuple[str, ...]

    @property
    def topic(self) -> str:
        """One topic a producer."""
        return topic_of(self.producer)


def topic_of(service: str) -> str:
    """The topic on which ``service`` publishes."""
    return f"quce.{service}"


ROUTES: tuple[Route, ...] = (
    Route(LeadRegistered, "leads", ("incentives", "notify")),
    Route(LeadChanged, "leads", ("incentives", "notify")),
    Route(ImportFinished, "leads", ("notify",)),
    Route(PartnerAnswered, "leads", ("notify",)),
    Route(LeadsCutoffPassed, "leads", ("notify",)),
    Route(IncentivesMatched, "incentives", ("leads", "notify")),
    Route(PolicyPublished, "incentives", ()),
    Route(PolicyWithdrawn, "incentives", ()),
    Route(IncentivesCutoffPassed, "incentives", ("notify",)),
    Route(AccountChanged, "gateway", ("notify", "leads")),
    Route(DigestFrozen, "notify", ()),
    Route(LeadsAudited, "leads", ("gateway",)),
    Route(IncentivesAudited, "incentives", ("gateway",)),
    Route(NotifyAudited, "notify", ("gateway",)),
    Route(LeadsEventDied, "leads", ("notify",)),
    Route(IncentivesEventDied, "incentives", ("notify",)),
    Route(NotifyEventDied, "notify", ("notify",)),
    Route(GatewayAudited, "gateway", ("gateway",)),
    Route(GatewayEventDied, "gateway", ("notify",)),
)
