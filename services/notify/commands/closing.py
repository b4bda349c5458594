"""Closes weeks: decides whose digest is due, waits for silent services, and answers who asks by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from opentelemetry.context import Context

from contracts.vocabulary.weeks import Week
from kit.auth import Principal
from kit.clock import SHANGHAI, from_text
from kit.ports import Ports
from kit.telemetry import span
from services.notify import settings
from services.notify.commands.digests import DigestDesk, Outcome, missed_too_long
from services.notify.digest.window import send_time
from services.notify.errors import CutoffsPending, WeekInvalid, WeekNotOver
from services.notify.model.person import Person
from services.notify.repository.people import People
from services.notify.repository.projections import silent_services

PATIENCE = 3.0
PAUSE = 0.1


class WeekClosing:
    """Brings every manager's digests up to date."""

    def __init__(self, ports: Ports, desk: DigestDesk) -> None:
        self._ports, self._desk = ports, desk
        self._people = People(ports.store)

    async def run_due(self, _slot: datetime) -> None:
        """Freeze and send whatever is due by now; running it again changes nothing."""
        now = self._ports.clock.now()
        for person in await self._people.managers():
            for week in _weeks_since(person, now):
                await self._close(person, week, now)

    async def send_by_hand(self, principal: Principal, week: Week) -> list[tuple[str, Outcome]]:
        """Freeze and send a week's digests: all of them for an administrator, a manager's own.

        Raises:
            WeekNotOver: the week still runs.
            CutoffsPending: a service has not finished it and may still do so in time.
            WeekInvalid: it is too long ago.
        """
        now = self._ports.clock.now()
        _check_over(week, now)
        silent = await self._settled(week)
        outcomes = []
        for person in await self._addressees(principal):
            record = await self._desk.freeze(person, week, silent)
            outcomes.append((person.account, await self._desk.send(person, record, principal)))
        return outcomes

    async def _addressees(self, principal: Principal) -> Sequence[Person]:
        if principal.role == "administrator":
            return await self._people.managers()
        person = await self._people.get(principal.account)
        if person is not None and person.is_manager:
            return [person]
        since = "0001-01-01T00:00:00Z"
        return [
            Person(
                principal.account, principal.name, None, principal.locale, principal.role, principal.zones, True, since
            )
        ]

    async def _close(self, person: Person, week: Week, now: datetime) -> None:
        record = await self._desk.frozen(person.account, week)
        if record is None:
            silent = await silent_services(self._ports.store, week)
            if silent and now < send_time(week) + settings.GRACE:
                return
            with span(self._ports.service, "freeze digest", under=Context()):
                record = await self._desk.freeze(person, week, silent)
        if record.body["sent_at"] is not None or record.body["unsent_reason"] is not None:
            return
        if missed_too_long(week, now):
            await self._desk.give_up(record)
        elif now >= send_time(week):
            with span(self._ports.service, "send digest", under=Context()):
                await self._desk.send(person, record)

    async def _settled(self, week: Week) -> list[str]:
        """The services that stay silent, after a little patience."""
        give_up = asyncio.get_running_loop().time() + PATIENCE
        while silent := await silent_services(self._ports.store, week):
            latest = send_time(week) + settings.GRACE
            if self._ports.clock.now() >= latest:
                return silent
            if asyncio.get_running_loop().time() > give_up:
                raise CutoffsPending(
                    f"{week.id} 的数据还没有报齐，请过一会儿再发；"
                    f"最迟{_moment(latest)}后可以发送，届时会注明缺哪部分。",
                    headers={"Retry-After": "30"},
                    silent=silent,
                )
            await asyncio.sleep(PAUSE)
        return []


def _check_over(week: Week, now: datetime) -> None:
    if now < week.end:
        raise WeekNotOver(
            f"{week.id} 到{_moment(week.end)}才结束，之后即可发送；{_moment(send_time(week))}会自动发出，不必手动操作。"
        )
    first = Week.of(now)
    for _ in range(settings.DIGESTS_KEPT_IN_VIEW):
        first = first.previous
    if week < first:
        raise WeekInvalid(f"只能补发最近{settings.DIGESTS_KEPT_IN_VIEW}周的周报，最早到 {first.id}，请换一个周次。")


def _moment(instant: datetime) -> str:
    local = instant.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def _weeks_since(person: Person, now: datetime) -> list[Week]:
    """The weeks that ended while notify knew the manager, the oldest first."""
    weeks: list[Week] = []
    week = Week.of(now).previous
    since = from_text(person.since)
    while week.end > since and len(weeks) < settings.DIGESTS_KEPT_IN_VIEW:
        weeks.append(week)
        week = week.previous
    return weeks[::-1]
