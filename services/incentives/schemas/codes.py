"""Industry codes: what a table holds, and what became of loading one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.vocabulary.form import INDUSTRY_CODE
from kit.web import Answer, Paging
from services.incentives.schemas.words import Day


class CodeFilter(Paging):
    """Which industry codes a list shows: by default of the version that applies today."""

    q: str = Field("", max_length=50, description="代码开头或名称中的文字")
    level: Literal["section", "division", "group", "class"] | None = None
    within: Annotated[str, INDUSTRY_CODE] | None = Field(None, description="上级代码")
    version: str | None = Field(None, max_length=40)


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
