"""The rows behind a figure: which record, and the values it is shown with, both frozen with the digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from operating.ids import content_digest
from services.notify.digest.window import Window
from services.notify.model.lead_line import ClockLine, ImportLine, LeadLine, MoveLine

LEAD, IMPORT = "lead", "import"


@dataclass(frozen=True, slots=True)
class Row:
    """One record in one figure.

    ``key`` tells two rows of one record apart (its moves); ``adds`` is what the row adds: an ``Amount`` as
    JSON, a number, or None where rows are only counted.
    """

    key: str
    record: str
    kind: str
    adds: Mapping[str, Any] | int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "key": self.key,
            "record": self.record,
            "kind": self.kind,
            "adds": self.adds,
            "values": dict(self.values),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Row:
        """The row in :meth:`stored`'s JSON."""
        return cls(stored["key"], stored["record"], stored["kind"], stored["adds"], stored["values"])


@dataclass(frozen=True, slots=True)
class Sources:
    """What a digest is made of; several figures count the same records, which are selected once."""

    leads: Sequence[LeadLine]
    imports: Sequence[ImportLine] = ()
    _selected: dict[tuple[Selection, str], list[Row]] = field(default_factory=dict, compare=False)

    def select(self, selection: Selection, window: Window) -> list[Row]:
        """The rows of a selection in a week."""
        place = selection, f"{window.week.id} {window.instant}"
        if place not in self._selected:
            self._selected[place] = selection(self, window)
        return self._selected[place]


Selection = Callable[[Sources, Window], list[Row]]


def fingerprint(rows: Sequence[Row]) -> str:
    """Equal exactly where the same records add the same."""
    pairs = sorted((row.key, orjson.dumps(row.adds, option=orjson.OPT_SORT_KEYS).decode()) for row in rows)
    return content_digest(orjson.dumps(pairs))[:32]


def lead_row(lead: LeadLine, *, adds: Mapping[str, Any] | int | None = None, **values: Any) -> Row:
    """A row that is a lead."""
    return Row(lead.id, lead.id, LEAD, adds, _lead_values(lead) | values)


def move_row(lead: LeadLine, move: MoveLine) -> Row:
    """A row that is one move of a lead."""
    values = _lead_values(lead) | {
        "on": move.on,
        "from_stage": move.from_stage,
        "stage": move.to_stage,
        "state": move.to_state,
        "target": move.target,
    }
    return Row(f"{lead.id}:{move.sequence}", lead.id, LEAD, None, values)


def clock_row(lead: LeadLine, clock: ClockLine) -> Row:
    """A row that is one clock of a lead."""
    values = {"clock": clock.kind, "due_at": clock.due_at, "assumed": clock.assumed}
    return Row(f"{lead.id}:{clock.kind}", lead.id, LEAD, None, _lead_values(lead) | values)


def import_row(imported: ImportLine, adds: int | None = None) -> Row:
    """A row that is a ledger import."""
    values = {
        "title": imported.file_name,
        "owner": imported.importer,
        "on": imported.finished_on,
        "created": imported.counts["created"],
        "linked": imported.counts["linked"],
        "refused": imported.counts["refused"],
    }
    return Row(imported.id, imported.id, IMPORT, adds, values)


def _lead_values(lead: LeadLine) -> dict[str, Any]:
    return {
        "title": lead.title,
        "investor": lead.investor,
        "zone": lead.zone,
        "stage": lead.stage,
        "state": lead.state,
        "owner": lead.owner,
        "on": lead.registered_on,
        "amount": lead.total_investment,
    }
