"""What a check found, where, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.incentives.authored import Path

Level = Literal["error", "warning", "unchecked"]
"""``error`` keeps a draft from being stored, ``unchecked`` is what was too large to tell."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to know, and what to do about it."""

    level: Level
    path: Path
    message: str
