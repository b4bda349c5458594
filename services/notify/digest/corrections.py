"""What arrived after a digest was frozen: the difference between what it said and what the week is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.notify.digest.figures import FigureKind, measure
from services.notify.digest.rows import Row, fingerprint
from services.notify.model.money import json_safe

ADDED, REMOVED, AMENDED = "added", "removed", "amended"


@dataclass(frozen=True, slots=True)
class Correction:
    """One figure of one earlier week: before, after, and the rows that make the difference.

    ``fingerprint`` is that of the week's records now, so that the next digest tells only what is new.
    """

    week: str
    kind: FigureKind
    before: int
    after: int
    rows: Sequence[Row]
    fingerprint: str

    @property
    def id(self) -> str:
        """The figure id under which its rows open."""
        return correction_id(self.kind.id, self.week)

    def stored(self) -> dict[str, Any]:
        """As JSON, without the rows."""
        return {
            "id": self.id,
            "week": self.week,
            "figure": self.kind.id,
            "label": self.kind.label,
            "unit": self.kind.unit,
            "before": json_safe(self.before),
            "after": json_safe(self.after),
            "added": self._count(ADDED),
            "removed": self._count(REMOVED),
            "amended": self._count(AMENDED),
            "fingerprint": self.fingerprint,
        }

    def _count(self, change: str) -> int:
        return sum(row.values["change"] == change for row in self.rows)


def correction_id(figure: str, week: str) -> str:
    """The id of the correction of a figure of a week."""
    return f"{figure}@{week}"


def correct(week: str, kind: FigureKind, known: Sequence[Row], now: Sequence[Row]) -> Correction | None:
    """What has to be corrected; None where the same records still add the same."""
    before = {row.key: row for row in known}
    after = {row.key: row for row in now}
    rows = [
        *(_marked(after[key], ADDED) for key in after if key not in before),
        *(_marked(before[key], REMOVED) for key in before if key not in after),
        *(_marked(after[key], AMENDED) for key in after if key in before and after[key].adds != before[key].adds),
    ]
    if not rows:
        return None
    return Correction(week, kind, measure(kind, known).value, measure(kind, now).value, rows, fingerprint(now))


def apply(known: Sequence[Row], corrected: Sequence[Row]) -> list[Row]:
    """What is known of a figure once a correction was reported."""
    rows = {row.key: row for row in known}
    for row in corrected:
        if row.values["change"] == REMOVED:
            rows.pop(row.key, None)
        else:
            rows[row.key] = row
    return list(rows.values())


def _marked(row: Row, change: str) -> Row:
    return replace(row, values={**row.values, "change": change})
