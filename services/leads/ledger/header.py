"""Finds the header of a ledger by its content: below titles and unit rows, in one row or in two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.leads.ledger import columns
from services.leads.ledger.workbook import Cell, Merged, Row, Sheet

SEARCHED = 40
LONGEST_HEADING = 40
LONGEST_TITLE = 200
ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Column:
    """Where something stands, under which heading, in which unit."""

    index: int
    heading: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a sheet: its last row (zero-based), the known columns by field, and all others."""

    row: int
    columns: Mapping[str, Column]
    others: tuple[Column, ...]

    def is_repeated(self, row: Row) -> bool:
        """Whether a row is the header again, as at a page break."""
        same = sum(1 for column in self.columns.values() if _at(row, column.index) == column.heading)
        return same >= max(ENOUGH, len(self.columns) // 2)


@dataclass(frozen=True, slots=True)
class _Heading:
    index: int
    upper: str
    lower: str

    @property
    def written(self) -> str:
        return self.lower or self.upper

    def field(self) -> tuple[str, int] | None:
        """The best reading of both rows together or of one."""
        both = columns.field_of(self.upper + self.lower)
        one = columns.field_of(self.written)
        return min((each for each in (both, one) if each), key=lambda each: each[1], default=None)

    def unit(self, field: str) -> str | None:
        read = {"total": columns.money_unit, "fixed": columns.money_unit, "land": columns.area_unit}.get(field)
        return None if read is None else read(self.lower) or read(self.upper)


def find_header(sheet: Sheet) -> Header | None:
    """The row, or pair of rows, that names most; None where none names an investor or a project and two more."""
    best: Header | None = None
    for number, row in enumerate(sheet.rows[:SEARCHED]):
        for headings in (_single(row), _double(sheet, number)):
            found = _header(number, headings)
            if found and (best is None or len(found.columns) > len(best.columns)):
                best = found
    if best is None:
        return None
    unit = next((unit for row in sheet.rows[: best.row] for cell in row if (unit := _stated(cell))), None)
    return _with_unit(best, unit)


def _single(row: Row) -> list[_Heading]:
    return [_Heading(index, "", text) for index in range(len(row)) if (text := _at(row, index))]


def _double(sheet: Sheet, number: int) -> list[_Heading]:
    """Headings that span two rows: those merged across in the upper one are parted in the lower."""
    above = [merged for merged in sheet.merged if merged.top == number - 1 and merged.bottom <= number]
    if not above:
        return []
    upper, lower = sheet.rows[number - 1], sheet.rows[number]
    width = max(len(upper), len(lower))
    tops = [_at(upper, _left(above, index)) for index in range(width)]
    return [_Heading(i, tops[i], _at(lower, i)) for i in range(width) if tops[i] or _at(lower, i)]


def _left(above: Sequence[Merged], index: int) -> int:
    return next((merged.left for merged in above if merged.left <= index <= merged.right), index)


def _header(row: int, headings: Sequence[_Heading]) -> Header | None:
    ranked = sorted(
        ((found[1], heading.index, found[0], heading) for heading in headings if (found := heading.field())),
        key=lambda each: each[:2],
    )
    known: dict[str, Column] = {}
    for _, _, field, heading in ranked:
        known.setdefault(field, Column(heading.index, heading.written, heading.unit(field)))
    if len(known) < ENOUGH or not {"title", "investor"} & set(known):
        return None
    taken = {column.index for column in known.values()}
    others = tuple(Column(each.index, each.written) for each in headings if each.index not in taken)
    return Header(row, known, others)


def _with_unit(header: Header, unit: str | None) -> Header:
    stated = {
        field: Column(column.index, column.heading, unit)
        for field, column in header.columns.items()
        if field in ("total", "fixed") and column.unit is None
    }
    return Header(header.row, {**header.columns, **stated}, header.others)


def _stated(cell: Cell) -> str | None:
    return columns.stated_unit(cell) if isinstance(cell, str) and len(cell) <= LONGEST_TITLE else None


def _at(row: Row, index: int) -> str:
    cell = row[index] if index < len(row) else None
    return cell.strip() if isinstance(cell, str) and len(cell) <= LONGEST_HEADING else ""
