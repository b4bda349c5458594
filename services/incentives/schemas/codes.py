"""Industry codes: what a table holds, and what became of loading one."""

from __future__ import annotations

from typing import Literal

from kit.web import Answer
from services.incentives.schemas.words import Day


class CodeAnswer(Answer):
    """One industry code."""

    code: str
    level: Literal["section", "division", "group", "class"]
    level_label: str
    name: str
    section: str


class CodePage(Answer):
    """A page of a table; which version it is of, and whether that is complete."""

    items: list[CodeAnswer]
    next: str | None
    version: str
    valid_from: Day
    complete: bool
    versions: list[str]


class CodeTableReceipt(Answer):
    """A table that was loaded; ``missing`` are codes that zones or policies use and it does not have."""

    version: str
    valid_from: Day
    codes: int
    missing: list[str]
