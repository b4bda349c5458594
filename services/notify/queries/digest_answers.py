"""Digests in the shape that callers see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.vocabulary.weeks import Week
from kit.clock import to_text
from services.notify.digest.document import Composed, scope_text
from services.notify.digest.rows import IMPORT
from services.notify.digest.window import send_time, week_title
from services.notify.model.delivery import ChannelName
from services.notify.schemas import (
    CorrectionAnswer,
    Digest,
    DigestListed,
    Figure,
    FigureRecord,
    RecordValues,
    Section,
)

Body = Mapping[str, Any]


def running(week: Week) -> DigestListed:
    """The week that still runs."""
    return DigestListed(week=week.id, title=week_title(week), frozen_at=None, sent_at=None, unsent_reason=None)


def listed(record: Any) -> DigestListed:
    """A frozen digest in the list."""
    body = record.body
    fields = {name: body[name] for name in ("frozen_at", "sent_at", "unsent_reason")}
    return DigestListed(week=body["week"], title=week_title(Week.parse(body["week"])), **fields)


def preview(week: Week, zones: Sequence[str], composed: Composed) -> Digest:
    """A digest that still changes."""
    body = {
        "scope": scope_text(zones),
        "as_of": composed.window.instant,
        "frozen_at": None,
        "sent_at": None,
        "unsent_reason": None,
        "silent": [],
        "standing": composed.standing,
        "sections": composed.sections,
        "corrections": [],
    }
    visible = {item["record"] for section in composed.sections for item in section["items"]}
    return frozen(week, body, visible)


def frozen(week: Week, body: Body, visible: set[str], in_doubt: Sequence[ChannelName] = ()) -> Digest:
    """A digest as it is stored, with those items that the reader may see today."""
    fields = {
        name: body[name] for name in ("scope", "as_of", "frozen_at", "sent_at", "unsent_reason", "silent", "standing")
    }
    return Digest(
        week=week.id,
        title=week_title(week),
        start=week.monday.isoformat(),
        to=week.sunday.isoformat(),
        in_doubt=list(in_doubt),
        sends_at=to_text(send_time(week)),
        sections=[_section(week, each, visible) for each in body["sections"]],
        corrections=[_correction(week, each) for each in body["corrections"]],
        **fields,
    )


def total(body: Body, figure: str) -> int:
    """How many records a stored figure or correction has."""
    for section in body["sections"]:
        for each in section["figures"]:
            if each["id"] == figure:
                return int(each["rows"])
    return sum(
        each["added"] + each["removed"] + each["amended"] for each in body["corrections"] if each["id"] == figure
    )


def record(row: Body) -> FigureRecord:
    """One record behind a figure."""
    folder = "imports" if row["kind"] == IMPORT else "leads"
    return FigureRecord(
        record=row["record"],
        kind=row["kind"],
        link=f"/{folder}/{row['record']}",
        values=RecordValues(**row["values"]),
    )


_FIGURE = (
    "id", "label", "value", "value_high", "unit", "previous", "target",
    "definition", "definition_en", "note", "note_en",
)  # fmt: skip


def _section(week: Week, body: Body, visible: set[str]) -> Section:
    figures = [
        Figure(records=_records(week, each["id"]), **{name: each[name] for name in _FIGURE})
        for each in body["figures"]
        if each["shown"]
    ]
    items = [record(row) for row in body["items"] if row["record"] in visible]
    return Section(id=body["id"], title=body["title"], figures=figures, items=items)


_CORRECTION = ("id", "week", "figure", "label", "unit", "before", "after", "added", "removed", "amended")


def _correction(week: Week, body: Body) -> CorrectionAnswer:
    return CorrectionAnswer(records=_records(week, body["id"]), **{name: body[name] for name in _CORRECTION})


def _records(week: Week, figure: str) -> str:
    return f"/api/v1/digests/{week.id}/figures/{figure}/records"
