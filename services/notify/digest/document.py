"""A whole digest as it is composed: every figure read, compared with the week before, under its section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.zones import ZONES
from services.notify import settings
from services.notify.digest.english import definition_in_english
from services.notify.digest.figures import FIGURES, SECTIONS, Reading, read
from services.notify.digest.rows import Sources, fingerprint
from services.notify.digest.window import Window
from services.notify.model.money import json_safe

Previous = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Composed:
    """The figures of one week in their order, by id, and the sections as they are stored and shown, without rows."""

    window: Window
    readings: Mapping[str, Reading]
    sections: list[dict[str, Any]]
    standing: list[str]


def compose(sources: Sources, window: Window, previous: Previous | None) -> Composed:
    """Read every figure; the week before is read as well where no frozen digest says what it was."""
    readings = {kind.id: read(kind, sources, window) for kind in FIGURES}
    before = previous if previous is not None else values(sources, window.before)
    sections = [_section(readings, window, before, id, title, tops) for id, (title, tops) in SECTIONS.items()]
    standing = {each for row in readings["calls"].rows for each in row.values["standing"]}
    return Composed(window, readings, sections, sorted(standing))


def _section(
    readings: Mapping[str, Reading], window: Window, previous: Previous, id: str, title: str, tops: Sequence[str]
) -> dict[str, Any]:
    own = [each for each in readings.values() if each.kind.section == id]
    figures = [_figure(each, window, previous.get(each.kind.id)) for each in own]
    items = [row.stored() for top in tops for row in readings[top].rows[: settings.ITEMS_SHOWN]]
    return {"id": id, "title": title, "figures": figures, "items": items[: settings.ITEMS_SHOWN]}


def _figure(reading: Reading, window: Window, previous: int | str | None) -> dict[str, Any]:
    kind = reading.kind
    return {
        "id": kind.id,
        "label": kind.label,
        "unit": kind.unit,
        "value": json_safe(reading.value),
        "value_high": None if reading.high is None else json_safe(reading.high),
        "previous": previous,
        "target": None,
        "definition": kind.definition(window),
        "definition_en": definition_in_english(kind.id, window.cutoff_in_english),
        "note": reading.note,
        "note_en": reading.note_en,
        "shown": kind.always or reading.value != 0 or previous not in (None, 0),
        "rows": len(reading.rows),
        "fingerprint": fingerprint(reading.rows) if kind.revisable else None,
    }


def values(sources: Sources, window: Window) -> dict[str, int | str]:
    """What every figure comes to in a week."""
    return {kind.id: json_safe(read(kind, sources, window).value) for kind in FIGURES}


def stored_values(sections: Sequence[Mapping[str, Any]]) -> dict[str, int | str]:
    """What every figure of a stored digest says."""
    return {figure["id"]: figure["value"] for section in sections for figure in section["figures"]}


def scope_text(zones: Sequence[str]) -> str:
    """What a manager's digest covers, in words."""
    return "、".join(ZONES[zone].name for zone in zones if zone in ZONES) if zones else "全市"
