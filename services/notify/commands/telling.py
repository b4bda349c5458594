"""Tells people: turns an event into one delivery a person and channel, however often the event comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.incentives import IncentivesMatched
from contracts.leads import ImportFinished, LeadChanged, LeadRegistered, LeadSnapshot, PartnerAnswered
from contracts.letters import EventDied
from kit.clock import from_text, to_text
from kit.events import Event
from kit.ports import Ports
from kit.store.port import Scope
from kit.telemetry import traceparent
from operating.ids import content_digest
from services.notify import preferences, settings
from services.notify.commands.sending import Sender
from services.notify.model.delivery import ChannelName, Delivery, Kind, State
from services.notify.preferences import When
from services.notify.repository.deliveries import Deliveries, delivery_id
from services.notify.repository.people import People

_SCOPE = Scope.system("whom to tell")


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell: ``source`` is the event or digest it comes from."""

    source: str
    kind: Kind
    link: str
    context: Mapping[str, Any]
    lead_id: str | None = None


class Teller:
    """Creates deliveries. The in-app ones are sent at once, mails by the sender."""

    def __init__(self, ports: Ports, sender: Sender) -> None:
        self._ports, self._sender = ports, sender
        self._deliveries = Deliveries(ports.store)
        self._people = People(ports.store)

    async def tell(self, account: str, news: News) -> None:
        """Tell one person over every channel that their preferences name; telling twice tells once."""
        person = await self._people.get(account)
        for channel in self._sender.channels:
            if preferences.when(person, news.kind, channel) is When.NOW:
                await self._deliver(account, channel, news)

    async def tell_matched(self, event: Event, said: IncentivesMatched) -> None:
        """Tell a lead's owner of its first match, and of later ones that differ from what they were told.

        The leads of an import are never told one by one.
        """
        if said.import_id is not None:
            return
        told = await self._deliveries.last_told(said.lead_id)
        if event.sequence <= told.body["sequence"]:
            return
        summary, before = _summary(said), told.body["told"]
        if before is None or (said.changed and summary != before):
            before = summary
            await self._tell_fresh(event, said.owner, _matched_news(event, said, first=told.body["told"] is None))
        await self._deliveries.remember_told(told.with_body(told.body | {"sequence": event.sequence, "told": before}))

    async def tell_imported(self, event: Event, said: ImportFinished) -> None:
        """Tell the importer, once for the whole ledger."""
        counts = said.counts.model_dump()
        news = News(event.id, Kind.IMPORTED, f"/imports/{said.import_id}", {"file_name": said.file_name, **counts})
        await self._tell_fresh(event, said.importer, news)

    async def tell_changed(self, event: Event, said: LeadChanged) -> None:
        """Tell of a lead that changed hands, or about which somebody asked again."""
        if said.change == "enquiry":
            await self._tell_desk(event, said)
        await self.tell_assigned(event, said)

    async def tell_enquired(self, event: Event, said: LeadRegistered) -> None:
        """Tell of a lead that an enquiry made."""
        if said.origin == "enquiry":
            await self._tell_desk(event, said)

    async def tell_assigned(self, event: Event, said: LeadChanged) -> None:
        """Tell the new owner of a lead that changed hands."""
        if said.change == "owner":
            link = _lead_link(said.lead_id)
            await self._tell_fresh(
                event, said.owner, News(event.id, Kind.ASSIGNED, link, {"title": said.title}, said.lead_id)
            )

    async def tell_answered(self, event: Event, said: PartnerAnswered) -> None:
        """Tell everybody of a partner's organisation that the office wrote back."""
        link = f"/projects/{said.id}" if said.about == "project" else f"/projects/enquiries/{said.id}"
        news = News(event.id, Kind.ANSWERED, link, {"title": said.title})
        for account in await self._people.partners(said.org):
            await self._tell_fresh(event, account, news)

    async def _tell_desk(self, event: Event, said: LeadSnapshot) -> None:
        """Tell the lead's owner, who was on duty; where nobody was, every active officer of the zone."""
        news = News(event.id, Kind.ENQUIRED, _lead_link(said.lead_id), {"title": said.title}, said.lead_id)
        told = [said.owner] if said.owner else await self._people.officers(said.office)
        for account in told:
            await self._tell_fresh(event, account, news)

    async def tell_died(self, event: Event, said: EventDied) -> None:
        """Tell every administrator of an event that waits for a person, once a letter however often it dies."""
        link = f"/dead-letters/{said.service}/{said.letter}"
        news = News(f"died:{said.service}:{said.letter}", Kind.DIED, link, {"service": said.service})
        for person in await self._people.in_role("administrator"):
            await self._tell_fresh(event, person.account, news)

    async def tell_invited(self, account: str, link: str) -> None:
        """Mail somebody the link that lets them choose a password, once a link."""
        source = f"invited:{content_digest(link.encode())[:32]}"
        await self.tell(account, News(source, Kind.INVITED, link, {}))

    async def _tell_fresh(self, event: Event, account: str, news: News) -> None:
        if account and self._ports.clock.now() - from_text(event.time) <= settings.NEWS_MAX_AGE:
            await self.tell(account, news)

    async def _deliver(self, account: str, channel: ChannelName, news: News) -> None:
        delivery = Delivery(
            id=delivery_id(self._ports.secret, news.source, account, channel),
            event=news.source,
            kind=news.kind,
            recipient=account,
            channel=channel,
            link=news.link,
            context=dict(news.context),
            created_at=to_text(self._ports.clock.now()),
            lead_id=news.lead_id,
            traceparent=traceparent() or None,
        )
        stored = await self._deliveries.add(delivery)
        if channel is not ChannelName.IN_APP:
            self._sender.wake()
            return
        again = await self._sender.resume(stored) if stored.delivery.state is State.SENDING else stored
        if again is not None and again.delivery.state is State.QUEUED:
            await self._sender.send(again)


def _matched_news(event: Event, said: IncentivesMatched, *, first: bool) -> News:
    context = {"title": said.title, "first": first, "standing": sorted(said.standing)}
    return News(event.id, Kind.MATCHED, _lead_link(said.lead_id), context, said.lead_id)


def _lead_link(lead_id: str) -> str:
    return f"/leads/{lead_id}"


def _summary(said: IncentivesMatched) -> str:
    """What makes a difference to an officer: amounts and met policies by zone, not which facts are open."""
    zones = sorted(
        (zone.zone, zone.certain_fen, zone.possible_fen, zone.amount_unknown, zone.met) for zone in said.zones
    )
    return content_digest(orjson.dumps([said.best_zone, zones]))[:32]
