"""Sheets to ledger rows: each cell by its column, a bad cell a problem, nothing valid lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.leads.ledger.cells import flat, text_of
from services.leads.ledger.errors import LedgerError
from services.leads.ledger.header import SEARCHED, Header, find_header
from services.leads.ledger.reading import Reading
from services.leads.ledger.row import SHEET_STEP, LedgerRow
from services.leads.ledger.workbook import Cell, Formula, Row, Sheet, Workbook

_TOTAL = re.compile(r"^(?:本页|本月|全区|全年|年度)?(?:合计|总计|小计|累计|共计|汇总|总合计)(?:\(.*\))?[:：]?$")
_NOTE = re.compile(
    r"^(?:注|备注|说明|填表人|填报人|填报单位|制表|审核|负责人|联系人|联系电话|单位|日期|填报日期|填表日期)[:：\d]"
)
_SECTION = re.compile(r"^(?:[一二三四五六七八九十]+[、.]|[（(][一二三四五六七八九十]+[)）])")
_SPREAD = ("investor", "code", "chain", "industry_code", "zone", "owner", "contact", "phone", "source", "referrer")
"""Columns whose merged cells hold for every row they span; one amount merged over three rows is not three."""


def parse_ledger(workbook: Workbook) -> Sequence[LedgerRow]:
    """Read the data rows of every visible sheet that has a ledger's header.

    Raises:
        LedgerError: no visible sheet, no header, no data row, or formulas without results where data stands.
    """
    visible = [sheet for sheet in workbook.sheets if not sheet.hidden]
    if not visible:
        raise LedgerError("no_sheet")
    ledgers = [(sheet, header) for sheet in visible if (header := find_header(sheet)) is not None]
    if not ledgers:
        raise LedgerError("no_header", searched=SEARCHED)
    rows = [row for number, (sheet, header) in enumerate(ledgers) for row in _rows(sheet, header, number * SHEET_STEP)]
    if not rows:
        sheet, header = ledgers[0]
        raise LedgerError("no_rows", sheet=sheet.name, row=header.row + 1)
    return rows


def _rows(sheet: Sheet, header: Header, offset: int) -> Iterator[LedgerRow]:
    data = [(number, row) for number, row in _spread(sheet, header) if _is_data(row, header)]
    _refuse_formulas(data, header)
    for number, row in data:
        yield Reading(row, header).ledger_row(offset + number, sheet.name)


def _spread(sheet: Sheet, header: Header) -> Iterator[tuple[int, Row]]:
    """The rows below the header, from 1, with what merged cells say in each row they span."""
    wanted = {column.index for field, column in header.columns.items() if field in _SPREAD}
    tops: dict[tuple[int, int], int] = {}
    for merged in sheet.merged:
        if merged.left in wanted and merged.top > header.row:
            tops |= {(row, merged.left): merged.top for row in range(merged.top + 1, merged.bottom + 1)}
    for index in range(header.row + 1, len(sheet.rows)):
        row = sheet.rows[index]
        spans = {column: tops[index, column] for column in wanted if (index, column) in tops}
        if spans and row:
            width = max(len(row), max(spans) + 1)
            row = tuple(_cell(sheet.rows[spans.get(column, index)], column) for column in range(width))
        yield index + 1, row


def _cell(row: Row, index: int) -> Cell:
    return row[index] if index < len(row) else None


def _is_data(row: Row, header: Header) -> bool:
    """Whether a row is a lead: not blank, numbered only, a total, a section's title, a note or the header again."""
    texts = [text for cell in row if (text := text_of(cell)) is not None]
    if not texts and not any(isinstance(cell, Formula) for cell in row):
        return False
    if header.is_repeated(row) or any(_TOTAL.match(flat(text)) for text in texts[:3]):
        return False
    if len(texts) <= 2 and texts and (_SECTION.match(texts[0]) or _NOTE.match(flat(texts[0]))):
        return False
    number = header.columns.get("number")
    return any(
        text_of(cell) is not None or isinstance(cell, Formula)
        for index, cell in enumerate(row)
        if number is None or index != number.index
    )


def _refuse_formulas(data: list[tuple[int, Row]], header: Header) -> None:
    """A formula without a result reads as empty; to import around it would lose what the office sees."""
    places = [
        (number, column)
        for number, row in data
        for field, column in header.columns.items()
        if field != "number" and isinstance(_cell(row, column.index), Formula)
    ]
    if places:
        row, column = min(places, key=lambda place: (place[0], place[1].index))
        raise LedgerError(
            "formulas", row=row, column=column.heading, place=f"{_letters(column.index)}{row}", count=len(places)
        )


def _letters(index: int) -> str:
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
