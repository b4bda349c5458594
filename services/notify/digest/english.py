"""The definitions of figures in English, beside the Chinese ones that figures.py keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.vocabulary.stages import STAGE_LABELS, Stage
from services.notify.model.lead_line import BACK, RESUMED

_BY_DATE: Final = "counted in the week of its business date; imported ledger rows keep their own dates"
_AT_INSTANT: Final = "active leads only; a reading at the cut-off, not corrected afterwards"
_MONEY: Final = (
    "CNY amounts added to the fen; ranges count their lower end; "
    "foreign, pending and missing amounts are left out and named"
)
_BY_IMPORT: Final = "by the date the import finished"

_MOVES: Mapping[str, str] = {
    **{stage.value: f"moves into the stage {STAGE_LABELS[stage][1]}" for stage in Stage},
    "on_hold": "leads put on hold",
    "closed": "leads closed",
    RESUMED: "leads resumed",
    BACK: "steps back by one stage",
}

ENGLISH: Mapping[str, tuple[str, str]] = {
    "new_leads": ("leads registered in the week", _BY_DATE),
    "new_investment": ("total investment of the leads registered in the week", _MONEY),
    "stage_moves": ("moves forward, back, on hold, closed and resumed in the week", _BY_DATE),
    **{f"moves_{target}": (f"{text} in the week", _BY_DATE) for target, text in _MOVES.items()},
    "signed_count": ("projects signed in the week", _BY_DATE),
    "signed_amount": ("signed amounts of the projects signed in the week", _MONEY),
    "respond_due": ("unmet response clocks that end within 7 days of the cut-off", _AT_INSTANT),
    "respond_overdue": ("response clocks that had ended unmet at the cut-off", _AT_INSTANT),
    "protect_due": ("first-contact protection that ends within 7 days of the cut-off", _AT_INSTANT),
    "protect_overdue": ("first-contact protection that had ended at the cut-off", _AT_INSTANT),
    "calls": (
        "unsigned leads with a certain amount by policy and no follow-up in the week",
        f"the zone with the highest certain amount; {_AT_INSTANT}",
    ),
    "calls_certain": (
        "certain amounts of those leads in their best zone",
        f"for reference only, the formal review decides; {_AT_INSTANT}",
    ),
    "imports": ("ledger imports finished in the week", _BY_IMPORT),
    "imported_leads": ("leads made by the imports finished in the week", f"{_BY_IMPORT}, whatever the leads' dates"),
}

ILLUSTRATIVE_NOTE = "Includes illustrative policies; not published by any government and no commitment."


def definition_in_english(figure: str, cutoff: str) -> str:
    """Formula, basis and cut-off of a figure."""
    formula, basis = ENGLISH[figure]
    return f"Formula: number or sum of {formula}. Basis: {basis}. Cut-off: {cutoff}."
