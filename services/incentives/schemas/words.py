"""Words that several answers use."""

from __future__ import annotations

from typing import Annotated, Literal

from contracts.vocabulary.form import DAY

Verdict = Literal["met", "not_met", "unknown"]
StandingName = Literal["in_force", "historical", "illustrative"]
Fit = Literal["lead", "related", "none"]
Status = Literal["published", "draft", "scheduled", "superseded", "withdrawn", "expired"]
"""In effect; never published; begins later; replaced by another version; taken back; its validity is over."""
HiddenBecause = Literal["scheduled", "superseded", "withdrawn", "expired", "undated", "cleanup", "review"]
DraftState = Literal["unreviewed", "turned_down", "approved"]
Day = Annotated[str, DAY]
