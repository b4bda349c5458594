"""Workbooks for tests: the shared ledger, ones written cell by cell, and ones no office would write."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from services.leads.ledger import Ledger, read_ledger

DATA = Path(__file__).resolve().parents[2] / "data" / "ledger"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="台账" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}

WriteWorkbook = Callable[..., Path]
WriteRaw = Callable[[Iterable[str]], Path]


def read_here(path: Path, **limits: float) -> Ledger:
    """The ledger in a file, for tests without a loop."""
    return asyncio.run(read_ledger(path, **limits))


@pytest.fixture
def shared_ledger() -> Path:
    """The ledger as an office keeps it."""
    return DATA / "lead-ledger.xlsx"


@pytest.fixture
def write_workbook(tmp_path: Path) -> WriteWorkbook:
    """Write sheets of rows, as {name: rows} or rows alone; ``shape`` may then merge cells or hide sheets."""

    def write(
        sheets: dict[str, Sequence[Sequence[Any]]] | Sequence[Sequence[Any]],
        shape: Callable[[Workbook], None] | None = None,
    ) -> Path:
        workbook = Workbook()
        workbook.remove(workbook.worksheets[0])
        for name, rows in (sheets if isinstance(sheets, dict) else {"台账": sheets}).items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
        if shape is not None:
            shape(workbook)
        path = tmp_path / "ledger.xlsx"
        workbook.save(path)
        return path

    return write


@pytest.fixture
def write_raw(tmp_path: Path) -> WriteRaw:
    """Write an xlsx whose only sheet holds the given XML rows, as programs other than Excel do."""

    def write(rows: Iterable[str]) -> Path:
        path = tmp_path / "raw.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, text in PARTS.items():
                archive.writestr(name, text)
            sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
            archive.writestr("xl/worksheets/sheet1.xml", sheet)
        return path

    return write
