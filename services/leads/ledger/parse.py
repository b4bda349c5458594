"""Rows of cells to ledger rows: every cell by its column, a bad cell a problem, nothing valid lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from contracts.vocabulary.amount import Amount, AmountError, parse_amount
from contracts.vocabulary.credit_code import is_credit_code, normalise_credit_code
from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.industry import is_code, suggest_codes
from contracts.vocabulary.source_modes import find_source_mode
from contracts.vocabulary.stages import LeadState, find_stage
from contracts.vocabulary.zones import find_zone
from services.leads.ledger.cells import CellError, date_of, land_of, text_of
from services.leads.ledger.columns import Column, Header, find_header
from services.leads.ledger.row import LedgerRow, RowProblem

T = TypeVar("T")
TOTALS = ("合计", "总计", "小计", "累计")
LONGEST = 5000
CHAINS = {label: name for name, label in FACTS["industry_chain"].choices.items()}


class Uncached:
    """A formula whose result the workbook does not hold."""

    def __str__(self) -> str:
        return "（公式）"


UNCACHED = Uncached()


def parse_sheet(rows: Sequence[Sequence[Any]]) -> Iterator[LedgerRow] | None:
    """The data rows of a sheet; None where it has no header of a ledger."""
    header = find_header(rows)
    return None if header is None else _data_rows(rows, header)


def _data_rows(rows: Sequence[Sequence[Any]], header: Header) -> Iterator[LedgerRow]:
    for number, cells in enumerate(rows[header.row + 1 :], start=header.row + 2):
        if _is_data(cells, header):
            yield _Reading(cells, header).row(number)


def _is_data(cells: Sequence[Any], header: Header) -> bool:
    texts = [text for cell in cells if (text := text_of(cell)) is not None]
    if not texts or header.is_repeated(cells):
        return False
    if any(texts[0].startswith(word) for word in TOTALS):
        return False
    known = [name for name in header.columns if name != "number" and text_of(_cell(cells, header.columns[name]))]
    return bool(known)


def _cell(cells: Sequence[Any], column: Column) -> Any:
    return cells[column.index] if column.index < len(cells) else None


class _Reading:
    """One row as it is read, collecting its problems."""

    def __init__(self, cells: Sequence[Any], header: Header) -> None:
        self._cells, self._columns = cells, header.columns
        self._problems: list[RowProblem] = []

    def row(self, number: int) -> LedgerRow:
        """The row's meaning."""
        code, valid = self._credit_code()
        chain = self._text("chain")
        stage, state = self._stage()
        fields: dict[str, Any] = {
            "title": self._needed("title", "项目名称"),
            "investor": self._needed("investor", "投资方"),
            "unified_social_credit_code": code,
            "code_valid": valid,
            "industry_chain": _chain(chain),
            "industry_chain_as_written": chain,
            "industry_code": self._read("industry_code", _industry_code),
            "suggested_codes": suggest_codes(chain) if chain else (),
            "total_investment": self._amount("total"),
            "fixed_asset_investment": self._amount("fixed"),
            "land_mu": self._read("land", land_of),
            "source_mode": self._read("source", _source_mode),
            "first_contact": self._read("first_contact", date_of),
            "updated": self._read("updated", date_of),
            "zone": self._read("zone", _zone),
            "stage": stage,
            "state": state,
            "remark": self._remark(),
        }
        texts = {
            "summary": "summary", "progress": "progress", "referrer": "referrer", "first_contact_by": "first_by",
            "owner": "owner", "contact_name": "contact", "contact_phone": "phone",
        }  # fmt: skip
        fields |= {name: self._text(column) for name, column in texts.items()}
        return LedgerRow(row=number, **fields, problems=tuple(self._problems))

    def _text(self, name: str) -> str | None:
        column = self._columns.get(name)
        text = None if column is None else text_of(_cell(self._cells, column))
        return None if text is None else text[:LONGEST]

    def _needed(self, name: str, label: str) -> str | None:
        text = self._text(name)
        if text is None:
            heading = self._columns[name].heading if name in self._columns else label
            self._problem(heading, "", f"没有填写{label}，本行未导入；补上后重新导入即可，已导入的行不会重复")
        return text[:200] if text else None

    def _read(self, name: str, reader: Callable[[Any], T | None]) -> T | None:
        column = self._columns.get(name)
        cell = None if column is None else _cell(self._cells, column)
        if column is None or cell is None or cell == "":
            return None
        if isinstance(cell, Uncached):
            self._problem(column.heading, str(cell), "公式没有保存计算结果，请在表格软件中打开、保存后再导入")
            return None
        try:
            return reader(cell)
        except (CellError, AmountError) as error:
            self._problem(column.heading, str(cell), str(error))
            return None

    def _amount(self, name: str) -> Amount | None:
        column = self._columns.get(name)
        unit = column.unit if column else None
        before = len(self._problems)
        amount = self._read(name, lambda cell: _amount(cell, unit))
        if amount is None and len(self._problems) > before:
            return Amount(pending=True, as_written=self._problems[-1].value[:100])
        return amount

    def _credit_code(self) -> tuple[str | None, bool | None]:
        text = self._text("code")
        if text is None:
            return None, None
        code = normalise_credit_code(text)
        if is_credit_code(code):
            return code, True
        message = "校验不通过，已照原样保留；请对照营业执照核对18位代码"
        self._problem(self._columns["code"].heading, text, message)
        return text, False

    def _stage(self) -> tuple[Any, LeadState | None]:
        found = self._read("stage", _stage)
        return found if found is not None else (None, None)

    def _remark(self) -> str | None:
        """The remark, and what the land column says where that is no area."""
        remark, land = self._text("remark"), self._text("land")
        rented = land if land and not any(character.isdigit() for character in land) else None
        return "；".join(part for part in (remark, f"用地：{rented}" if rented else None) if part) or None

    def _problem(self, column: str, value: str, message: str) -> None:
        self._problems.append(RowProblem(column=column, value=value[:200], message=message))


def _amount(cell: Any, unit: str | None) -> Amount:
    if isinstance(cell, str):
        text = cell.strip()
        if unit is None and text.replace(".", "").isdigit():
            raise AmountError("没有写单位，无法判断大小；请写成如 3.5亿元 或 2000万元")
        return parse_amount(text, unit)
    if not isinstance(cell, int | float):
        raise AmountError("应为金额，如 3.5亿元 或 2000万元")
    if unit is None:
        raise AmountError("没有写单位，无法判断大小；请在表头注明单位")
    return parse_amount(float(cell), unit)


def _industry_code(cell: Any) -> str:
    code = (text_of(cell) or "").upper()
    if not is_code(code):
        raise CellError("不是国民经济行业代码（GB/T 4754-2017），请核对")
    return code


def _chain(text: str | None) -> str | None:
    if text is None:
        return None
    plain = text.removesuffix("产业链").removesuffix("产业")
    return next((name for label, name in CHAINS.items() if label == plain), None)


def _source_mode(cell: Any) -> Any:
    found = find_source_mode(str(cell))
    if found is None:
        raise CellError("不认识的来源方式，已记为其他；可在线索中改为产业链、平台、以商、资本或回归招商")
    return found


def _zone(cell: Any) -> str:
    found = find_zone(str(cell))
    if found is None:
        raise CellError("不认识的区名，已按默认区登记；可在线索中改正")
    return found


def _stage(cell: Any) -> Any:
    found = find_stage(str(cell))
    if found is None:
        raise CellError("不认识的阶段，已按「线索」登记；可在线索中改正")
    return found
