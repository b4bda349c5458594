"""The table of an export: the ledger's columns, amounts as written, in 万元 and in fen, and never a person."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from xlsxwriter import Workbook

from contracts.cells import harmless
from contracts.vocabulary.amount import format_amount
from contracts.vocabulary.facts import FACTS, PPM, FactValue
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState
from contracts.vocabulary.zones import ZONES
from services.leads.model import Lead

Format = Literal["xlsx", "csv"]
Cell = str | int | float | None

FEN_PER_WAN = 1_000_000
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
HEADER = (
    *("项目名称", "投资方", "统一社会信用代码", "产业链", "行业代码", "总投资", "总投资（万元）", "总投资（分）"),
    *("固定资产投资", "固定资产投资（万元）", "固定资产投资（分）", "用地（亩）", "来源方式", "首谈时间", "意向落户区"),
    *("当前阶段", "登记日期", "更新时间", "最近跟进", "线索编号"),
)


def row_of(lead: Lead, code: str | None) -> list[Cell]:
    """One lead; ``code`` is its investor's."""
    state = lead.stage.label if lead.state is LeadState.active else lead.state.label
    return [
        *(lead.title, lead.investor.name, code, _fact(lead, "industry_chain"), _fact(lead, "industry_code")),
        *_amount(lead.facts.get("total_investment")),
        *_amount(lead.facts.get("fixed_asset_investment")),
        *(_fact(lead, "land_mu"), SourceMode(lead.source_mode).label, lead.first_contact.on, ZONES[lead.zone].short),
        *(state, lead.registered_on, lead.updated_on, lead.last_follow_up_on, lead.id),
    ]


def _fact(lead: Lead, name: str) -> Cell:
    fact = lead.facts.get(name)
    if fact is None or fact.value is None:
        return None
    if isinstance(fact.value, int):
        return fact.value / PPM if FACTS[name].kind == "decimal" else fact.value
    return FACTS[name].choices.get(str(fact.value), str(fact.value))


def _amount(fact: FactValue | None) -> tuple[Cell, Cell, Cell]:
    """As written; in numbers only where one yuan amount was stated."""
    amount: Any = fact.value if fact else None
    if amount is None:
        return None, None, None
    written = amount.as_written or format_amount(amount)
    if amount.low is None or amount.low != amount.high or amount.currency != "CNY":
        return written, None, None
    return written, amount.low / FEN_PER_WAN, amount.low


class Table(Protocol):
    """A file that grows by rows; nothing of it stays in memory."""

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Append."""
        ...

    def close(self) -> None:
        """Complete the file."""
        ...


def open_table(path: Path, format: Format, id: str) -> Table:
    """A new file with the header."""
    table: Table = _Xlsx(path, id) if format == "xlsx" else _Csv(path)
    table.add([HEADER])
    return table


class _Csv:
    """With a byte order mark, by which Excel knows UTF-8."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._writer.writerows([_plain(cell) for cell in row] for row in rows)

    def close(self) -> None:
        self._file.close()


class _Xlsx:
    """Texts are written as texts, whatever they begin with; a row written is on disk, beside the file."""

    def __init__(self, path: Path, id: str) -> None:
        self._book = Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
        self._book.set_custom_property("线索导出", id)  # no other file is the same bytes, so that each expires alone
        self._sheet = self._book.add_worksheet("线索")
        self._row = 0

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    self._sheet.write_string(self._row, column, harmless(cell))
                elif cell is not None:
                    self._sheet.write_number(self._row, column, cell)
            self._row += 1

    def close(self) -> None:
        self._book.close()


def _plain(cell: Cell) -> Cell:
    return harmless(cell) if isinstance(cell, str) else cell
