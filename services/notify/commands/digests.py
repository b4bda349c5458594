"""Freezes and sends digests: once each, whoever asks and however often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.notify import DigestFrozen
from contracts.vocabulary.amount import format_fen
from contracts.vocabulary.weeks import Week
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import Stale
from kit.events import envelop
from kit.ports import Ports
from kit.store.port import Record, Scope
from services.notify import settings
from services.notify.auditing import to_save, told
from services.notify.commands.telling import News, Teller
from services.notify.digest.corrections import Correction
from services.notify.digest.document import Composed, scope_text
from services.notify.digest.reading import compose_digest, previous_values, read_sources
from services.notify.digest.revisions import find_corrections
from services.notify.digest.window import Window, week_title
from services.notify.model.delivery import ChannelName, Kind
from services.notify.model.person import Person
from services.notify.repository.deliveries import Deliveries
from services.notify.repository.digests import Digests

MISSED = "系统停机错过了发送时间，且已超过7天，只存档、未自动发送；需要时可手动补发。"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A frozen digest, whether it had been sent before, and over which ways nobody knows whether it arrived."""

    record: Record
    repeated: bool
    in_doubt: Sequence[ChannelName] = ()


class DigestDesk:
    """Where digests are made."""

    def __init__(self, ports: Ports, teller: Teller) -> None:
        self._ports, self._teller = ports, teller
        self._digests = Digests(ports.store, ports.secret)

    async def frozen(self, manager: str, week: Week) -> Record | None:
        """The digest as it was frozen, if it was."""
        return await self._digests.get(manager, week)

    async def freeze(self, person: Person, week: Week, silent: Sequence[str]) -> Record:
        """Fix what a week came to; the digest that is there already where there is one."""
        frozen = await self._digests.get(person.account, week)
        if frozen is not None:
            return frozen
        window = Window(week, week.end)
        sources = await read_sources(self._ports.store, Scope.of(person.readers))
        previous = await previous_values(self._digests, person.account, person.readers, window)
        composed = await compose_digest(sources, window, previous)
        earlier = await self._earlier(person, week)
        corrections = await find_corrections(self._digests, earlier, sources)
        body = self._body(person, composed, silent) | {"corrections": [each.stored() for each in corrections]}
        rows = await asyncio.to_thread(_stored_rows, composed, corrections)
        event = self._event(person.account, week, body)
        return await self._digests.freeze(person.account, week, body, rows, event)

    async def send(self, person: Person, record: Record, by: Principal | None = None) -> Outcome:
        """Send a frozen digest in app and by mail, once; ``by`` whom, where it is not due by itself.

        Whoever else does the same finds the same deliveries. One in doubt is sent again in the list of deliveries
        alone, by who has asked the manager, never by asking for the digest once more.
        """
        if record.body["sent_at"] is not None:
            deliveries = Deliveries(self._ports.store)
            in_doubt = await deliveries.ways_in_doubt(self._ports.secret, record.id, person.account)
            return Outcome(record, repeated=True, in_doubt=in_doubt)
        await self._teller.tell(person.account, _news(record))
        marks = {"sent_at": to_text(self._ports.clock.now()), "unsent_reason": None}
        return Outcome(await self._mark(record, marks, by), repeated=False)

    async def give_up(self, record: Record) -> Record:
        """Record that a digest was missed for too long to be sent by itself."""
        return await self._mark(record, {"unsent_reason": MISSED})

    async def _mark(self, record: Record, marks: dict[str, Any], by: Principal | None = None) -> Record:
        """Set marks unless it was sent; who gave it up meanwhile, by a clock that is ahead, did not see the sending."""
        week = Week.parse(record.body["week"])
        said = [] if by is None else [told(self._ports, by, "digest.sent", f"digest:{record.id}", label=week.id)]
        while record.body["sent_at"] is None:
            events = to_save(self._ports, record, *said)
            try:
                return await self._digests.save(record.with_body(record.body | marks), events)
            except Stale:
                marked = await self._digests.get(record.body["manager"], week)
                assert marked is not None  # noqa: S101 - digests are never erased
                record = marked
        return record

    async def _earlier(self, person: Person, week: Week) -> list[Record]:
        """The digests to correct: not those from when the manager had other zones, which a comparison would undo."""
        first = week
        for _ in range(settings.DIGESTS_KEPT_IN_VIEW):
            first = first.previous
        frozen = await self._digests.since(person.account, first)
        return [
            each for each in frozen if each.body["week"] < week.id and each.body["readers"] == sorted(person.readers)
        ]

    def _body(self, person: Person, composed: Composed, silent: Sequence[str]) -> dict[str, Any]:
        return {
            "schema": 1,
            "scope": scope_text(person.zones),
            "readers": sorted(person.readers),
            "as_of": composed.window.instant,
            "frozen_at": to_text(self._ports.clock.now()),
            "sent_at": None,
            "unsent_reason": None,
            "silent": list(silent),
            "standing": composed.standing,
            "sections": composed.sections,
        }

    def _event(self, manager: str, week: Week, body: Mapping[str, Any]) -> Any:
        id = self._digests.id_of(manager, week)
        said = DigestFrozen(
            digest_id=id, manager=manager, week=week.id, frozen_at=body["frozen_at"], silent=list(body["silent"])
        )
        return envelop(
            [said],
            source=settings.SERVICE,
            aggregate=id,
            revision=1,
            time=self._ports.clock.now(),
        )[0]


def _stored_rows(composed: Composed, corrections: Sequence[Correction]) -> dict[str, list[dict[str, Any]]]:
    figures = {id: [row.stored() for row in reading.rows] for id, reading in composed.readings.items()}
    return figures | {each.id: [row.stored() for row in each.rows] for each in corrections}


def missed_too_long(week: Week, now: datetime) -> bool:
    """Whether a digest's hour passed so long ago that it is not sent by itself any more."""
    return now > week.end + settings.DIGEST_HOUR + settings.DIGEST_MAX_LATE


HEADLINES = (
    ("new_leads", "New leads"),
    ("stage_moves", "Stage moves"),
    ("signed_count", "Signed projects"),
    ("signed_amount", "Signed amount"),
    ("respond_overdue", "Responses overdue"),
    ("respond_due", "Responses due in 7 days"),
    ("protect_due", "First-contact protection ending in 7 days"),
    ("calls", "Matches worth a call"),
)
_SILENT = {"leads": "线索", "incentives": "政策匹配"}


def _news(record: Record) -> News:
    body = record.body
    week = Week.parse(body["week"])
    figures = {each["id"]: each for section in body["sections"] for each in section["figures"]}
    context = {
        "week": week.id,
        "title": week_title(week),
        "scope": body["scope"],
        "lines": [_line(figures[id], label) for id, label in HEADLINES],
        "corrections": len(body["corrections"]),
        "silent": "、".join(_SILENT[service] for service in body["silent"]),
        "standing": body["standing"],
    }
    return News(record.id, Kind.DIGEST, f"/digests/{week.id}", context)


def _line(figure: Mapping[str, Any], label_en: str) -> dict[str, Any]:
    previous = figure["previous"]
    return {
        "label": figure["label"],
        "label_en": label_en,
        "value": _shown(figure["value"], figure["unit"]),
        "previous": None if previous is None else _shown(previous, figure["unit"]),
    }


def _shown(value: int | str, unit: str) -> str:
    return format_fen(int(value)) if unit == "fen" else f"{value}{unit}"
