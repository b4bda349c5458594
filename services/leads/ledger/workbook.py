"""The visible cells of a workbook, checked before anything unpacks it. Runs in the reading process only."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from services.leads.ledger.archive import check_sizes
from services.leads.ledger.errors import LedgerError
from services.leads.ledger.formulas import sheet_parts, silent_cells

MAX_PACKED = 20 * 1024 * 1024
MAX_ROWS = 20_000
ROWS_BESIDE = 100
"""Title, unit, header and total rows, which come on top of what a ledger may hold."""
MAX_ROW_NUMBER = 100_000
MAX_COLUMNS = 200
MAX_TEXT = 64 * 1024 * 1024

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell whose formula was saved without its result."""


Cell = str | int | float | bool | datetime | date | time | Formula | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged range, by zero-based first and last row and column."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; row 1 of the sheet is ``rows[0]``, trailing blanks are left out."""

    name: str
    hidden: bool
    rows: tuple[Row, ...] = ()
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets in their order; hidden ones without cells."""

    sheets: tuple[Sheet, ...]


def read_workbook(path: Path) -> Workbook:
    """Read a workbook's cells.

    Raises:
        LedgerError: it is no workbook, is protected, or holds more than a ledger may.
    """
    parts = _check(path)
    with path.open("rb") as file:
        try:
            # by content: a workbook often carries another format's extension
            return Workbook(tuple(_sheets(CalamineWorkbook.from_filelike(file), path, parts)))
        except PasswordError as error:
            raise LedgerError("password") from error
        except (CalamineError, expat.ExpatError, zipfile.BadZipFile) as error:
            raise LedgerError("broken") from error


def _check(path: Path) -> Mapping[str, str]:
    size = path.stat().st_size
    if size == 0:
        raise LedgerError("empty_file")
    if size > MAX_PACKED:
        raise LedgerError("too_big", packed=-(-size // (1024 * 1024)))
    with path.open("rb") as file:
        start = file.read(len(_OLE))
    if start == _OLE:
        if _ENCRYPTED in path.read_bytes():
            raise LedgerError("password")
        return {}
    if not start.startswith(_ZIP):
        raise LedgerError("not_a_workbook")
    try:
        with zipfile.ZipFile(path) as archive:
            return _check_archive(archive)
    except (zipfile.BadZipFile, expat.ExpatError, NotImplementedError) as error:
        raise LedgerError("broken") from error


def _check_archive(archive: zipfile.ZipFile) -> Mapping[str, str]:
    check_sizes(archive)
    names = set(archive.namelist())
    if "content.xml" in names:
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise LedgerError("password")
        return {}
    if "xl/workbook.bin" in names:
        return {}
    if "xl/workbook.xml" not in names:
        raise LedgerError("not_a_workbook")
    return sheet_parts(archive)


def _sheets(workbook: CalamineWorkbook, path: Path, parts: Mapping[str, str]) -> Iterator[Sheet]:
    budget = _Budget()
    for listed in workbook.sheets_metadata:
        if listed.typ is not SheetTypeEnum.WorkSheet:
            continue
        if listed.visible is not SheetVisibleEnum.Visible:
            yield Sheet(listed.name, hidden=True)
            continue
        sheet = workbook.get_sheet_by_name(listed.name)
        rows = _rows(sheet, budget)
        if part := parts.get(listed.name):
            for place, error in silent_cells(path, part, (MAX_ROW_NUMBER, MAX_COLUMNS)).items():
                _put(rows, *place, error or Formula())
        while rows and not rows[-1]:
            rows.pop()
        merged = tuple(Merged(*first, *last) for first, last in sheet.merged_cell_ranges or ())
        yield Sheet(listed.name, hidden=False, rows=tuple(map(tuple, rows)), merged=merged)


class _Budget:
    """What all visible sheets together may hold."""

    def __init__(self) -> None:
        self._rows = self._text = 0

    def spend(self, row: list[Cell]) -> None:
        self._rows += bool(row)
        self._text += sum(len(cell) for cell in row if isinstance(cell, str))

    def check(self) -> None:
        if self._rows > MAX_ROWS + ROWS_BESIDE:
            raise LedgerError("too_many_rows", rows=f"{self._rows:,}")
        if self._text > MAX_TEXT:
            raise LedgerError("too_large")


def _rows(sheet: Any, budget: _Budget) -> list[list[Cell]]:
    if sheet.start is None:
        return []
    top, left = sheet.start
    if top + sheet.height > MAX_ROW_NUMBER:
        raise LedgerError("far_rows", sheet=sheet.name, limit=f"{MAX_ROW_NUMBER:,}")
    rows: list[list[Cell]] = [[] for _ in range(top)]
    for cells in sheet.iter_rows():
        row = _row(cells, left)
        budget.spend(row)
        if len(row) > MAX_COLUMNS:
            raise LedgerError("too_many_columns", sheet=sheet.name, columns=len(row))
        rows.append(row)
    # counted to the end first, so that the message names the true number
    budget.check()
    return rows


def _row(cells: list[Any], left: int) -> list[Cell]:
    row = [_cell(cell) for cell in cells]
    while row and row[-1] is None:
        row.pop()
    return [None] * left + row if row else []


def _cell(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float) and (cell != cell or abs(cell) > 1e300):
        return None
    return cell  # type: ignore[no-any-return]


def _put(rows: list[list[Cell]], row: int, column: int, cell: Cell) -> None:
    while len(rows) <= row:
        rows.append([])
    while len(rows[row]) <= column:
        rows[row].append(None)
    rows[row][column] = cell
