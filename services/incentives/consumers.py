"""What the incentives service hears: leads as they are registered and changed, each to be matched."""

from __future__ import annotations

from contracts.catalogue import topic_of
from contracts.leads import LeadChanged, LeadRegistered
from kit.events import Event
from kit.ports import Ports
from operating.service import Group
from services.incentives.commands.matches import match_lead
from services.incentives.repository import Library
from services.incentives.settings import SERVICE


def groups(ports: Ports, library: Library) -> tuple[Group, ...]:
    """The consumer groups of this service."""

    async def on_lead_registered(event: Event) -> None:
        await match_lead(ports, library, LeadRegistered.heard(event.data), event.sequence)

    async def on_lead_changed(event: Event) -> None:
        await match_lead(ports, library, LeadChanged.heard(event.data), event.sequence)

    handlers = {LeadRegistered.event_type: on_lead_registered, LeadChanged.event_type: on_lead_changed}
    return (Group(SERVICE, (topic_of("leads"),), handlers),)
