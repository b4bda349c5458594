"""A table of industry codes: its rows, what makes it whole, and searching it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from contracts.vocabulary.form import INDUSTRY_CODE, Form
from contracts.vocabulary.industry import is_code, section_of
from services.incentives.policy.parts import Written

LevelName = Literal["section", "division", "group", "class"]
LEVELS: Mapping[int, LevelName] = {1: "section", 2: "division", 3: "group", 4: "class"}
LEVEL_LABELS: Mapping[LevelName, str] = {"section": "门类", "division": "大类", "group": "中类", "class": "小类"}
_BY_LABEL = {label: name for name, label in LEVEL_LABELS.items()}


def _level(written: Any) -> Any:
    return _BY_LABEL.get(written, written) if isinstance(written, str) else written


class CodeRow(Written):
    """One code; ``section`` is the letter of the 门类 it belongs to."""

    code: Annotated[str, INDUSTRY_CODE]
    level: Annotated[LevelName, BeforeValidator(_level)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    section: Annotated[str, Form("^[A-T]$", "应为门类的字母，A 到 T")]


class ShippedSection(Written):
    """A 门类 with its 大类."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    divisions: dict[str, str]


class ShippedTable(Written):
    """The table that comes with the product: by section, then every 中类 and 小类 that zones and policies use."""

    standard: str
    version: str
    in_force_from: date
    complete: bool
    sections: dict[str, ShippedSection]
    groups: dict[str, str]
    classes: dict[str, str]

    def rows(self) -> list[CodeRow]:
        """The same as rows."""
        sections = {letter: section.name for letter, section in self.sections.items()}
        divisions = {code: name for section in self.sections.values() for code, name in section.divisions.items()}
        named = {**sections, **divisions, **self.groups, **self.classes}
        return [
            CodeRow(code=code, level=LEVELS[len(code)], name=name, section=section_of(code) or "")
            for code, name in named.items()
        ]


def problems_of(rows: Sequence[CodeRow]) -> list[tuple[int, str]]:
    """What keeps rows from being a table: the position of each bad row and what is wrong with it."""
    codes = {row.code for row in rows}
    seen: set[str] = set()
    found: list[tuple[int, str]] = []
    for number, row in enumerate(rows):
        wrong = _wrong(row, codes)
        if row.code in seen:
            wrong = f"代码 {row.code} 重复，请保留一行"
        if wrong:
            found.append((number, wrong))
        seen.add(row.code)
    return found


def _wrong(row: CodeRow, codes: set[str]) -> str | None:
    if not is_code(row.code) or row.section != section_of(row.code):
        return f"代码 {row.code} 不属于门类 {row.section}"
    if row.level != LEVELS[len(row.code)]:
        return f"代码 {row.code} 的层级应为{LEVEL_LABELS[LEVELS[len(row.code)]]}"
    parent = parent_of(row.code)
    if parent is not None and parent not in codes:
        return f"代码 {row.code} 缺少上级 {parent}，请补全"
    return None


def parent_of(code: str) -> str | None:
    """The code one level up; None for a section."""
    if len(code) == 1:
        return None
    return section_of(code) if len(code) == 2 else code[:-1]


def search(rows: Sequence[CodeRow], text: str, level: str | None, within: str | None) -> list[CodeRow]:
    """Rows whose code begins with or whose name contains ``text``, in the table's order."""
    plain = text.strip()
    return [
        row
        for row in rows
        if (not plain or row.code.startswith(plain.upper()) or plain in row.name)
        and (level is None or row.level == level)
        and (within is None or row.code.startswith(within) or row.section == within)
    ]
