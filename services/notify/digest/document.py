"""A whole digest as it is composed: every figure read, compared with the week before, under its section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.zones import ZONES
from services.notify import settings
from services.notify.digest.figures import FIGURES, SECTIONS, Reading, read
from services.notify.digest.rows import Row, Sources, fingerprint
from services.notify.digest.window import Window
from services.notify.model.money import json_safe

Previous = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Composed:
    """The figures of one week in their order, by id."""

    window: Window
    readings: Mapping[str, Reading]
    previous: Previous

    def rows(self, figure: str) -> Sequence[Row]:
        """The records behind a figure."""
        return self.readings[figure].rows

    def sections(self) -> list[dict[str, Any]]:
        """The sections as they are stored and shown, without the rows."""
        return [self._section(id, title, tops) for id, (title, tops) in SECTIONS.items()]

    def _section(self, id: str, title: str, tops: Sequence[str]) -> dict[str, Any]:
        figures = [self._figure(each) for each in self.readings.values() if each.kind.section == id]
        items = [row.stored() for top in tops for row in self.rows(top)][: settings.ITEMS_SHOWN]
        return {"id": id, "title": title, "figures": figures, "items": items}

    def _figure(self, reading: Reading) -> dict[str, Any]:
        kind, previous = reading.kind, self.previous.get(reading.kind.id)
        return {
            "id": kind.id,
            "label": kind.label,
            "unit": kind.unit,
            "value": json_safe(reading.value),
            "value_high": None if reading.high is None else json_safe(reading.high),
            "previous": previous,
            "target": None,
            "definition": kind.definition(self.window),
            "note": reading.note,
            "shown": kind.always or reading.value != 0 or previous not in (None, 0),
            "rows": len(reading.rows),
            "fingerprint": fingerprint(reading.rows) if kind.revisable else None,
        }


def compose(sources: Sources, window: Window, previous: Previous | None) -> Composed:
    """Read every figure; the week before is read as well where no frozen digest says what it was."""
    readings = {kind.id: read(kind, sources, window) for kind in FIGURES}
    return Composed(window, readings, previous if previous is not None else values(sources, window.before))


def values(sources: Sources, window: Window) -> dict[str, int | str]:
    """What every figure comes to in a week."""
    return {kind.id: json_safe(read(kind, sources, window).value) for kind in FIGURES}


def stored_values(sections: Sequence[Mapping[str, Any]]) -> dict[str, int | str]:
    """What every figure of a stored digest says."""
    return {figure["id"]: figure["value"] for section in sections for figure in section["figures"]}


def scope_text(zones: Sequence[str]) -> str:
    """What a manager's digest covers, in words."""
    return "、".join(ZONES[zone].name for zone in zones if zone in ZONES) if zones else "全市"


def standing_of(composed: Composed) -> list[str]:
    """The standing of every policy that amounts in this digest rest on."""
    return sorted({each for row in composed.rows("calls") for each in row.values["standing"]})
