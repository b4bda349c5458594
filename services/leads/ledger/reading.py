"""One row of a ledger as it is read, collecting what could not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from contracts.vocabulary.amount import Amount, AmountError
from contracts.vocabulary.credit_code import is_credit_code, normalise_credit_code
from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.industry import chain_named, suggest_codes
from contracts.vocabulary.source_modes import SourceMode, find_source_mode
from contracts.vocabulary.stages import LeadState, Stage, find_stage
from contracts.vocabulary.zones import ZONES, find_zones
from services.leads.ledger import cells
from services.leads.ledger.cells import CellError, text_of
from services.leads.ledger.columns import is_private
from services.leads.ledger.header import Column, Header
from services.leads.ledger.row import LedgerRow, RowProblem
from services.leads.ledger.workbook import Cell, Row

T = TypeVar("T")
LONGEST = 4000
LONGEST_NAME = 200
LONGEST_PROBLEM = 200
"""A lead and its events are at most 64 KiB; what is cut off is said."""
_CHAINS = {label: name for name, label in FACTS["industry_chain"].choices.items()}
_SHORT_STAGE = 8
_NAMES = ("title", "investor")
_UNDECIDED = ("待定", "未定", "待选", "不限", "全市")
_TEXTS = {
    "summary": ("summary", LONGEST), "progress": ("progress", LONGEST), "referrer": ("referrer", LONGEST_NAME),
    "first_contact_by": ("first_by", LONGEST_NAME), "owner": ("owner", LONGEST_NAME),
}  # fmt: skip


class Reading:
    """One row as it is read; problems gather beside it."""

    def __init__(self, row: Row, header: Header) -> None:
        self._row, self._columns, self._others = row, header.columns, header.others
        self._problems: list[RowProblem] = []

    def ledger_row(self, number: int, sheet: str) -> LedgerRow:
        """The row's meaning."""
        title, investor = self._names()
        code, valid = self._credit_code()
        stage, state = self._stage()
        name, phone = cells.person_of(self._cell("contact"), self._cell("phone"))
        fields: dict[str, Any] = {field: self._cut(column, longest) for field, (column, longest) in _TEXTS.items()}
        fields |= self._industry()
        return LedgerRow(
            row=number,
            sheet=sheet,
            title=title,
            investor=investor,
            unified_social_credit_code=code,
            code_valid=valid,
            total_investment=self._amount("total"),
            fixed_asset_investment=self._amount("fixed"),
            land_mu=self._read("land", lambda cell: cells.land_of(cell, self._columns["land"].unit)),
            source_mode=self._read("source", _source_mode),
            first_contact=self._read("first_contact", cells.date_of),
            updated=self._read("updated", cells.date_of),
            zone=self._read("zone", self._zone),
            stage=stage,
            state=state,
            contact_name=name,
            contact_phone=phone,
            **fields,
            remark=self._remark(),
            problems=tuple(self._problems),
        )

    def _cell(self, field: str) -> Cell:
        column = self._columns.get(field)
        return None if column is None else _at(self._row, column)

    def _text(self, field: str) -> str | None:
        return text_of(self._cell(field))

    def _cut(self, field: str, longest: int) -> str | None:
        text = self._text(field)
        return None if text is None else self._shortened(self._columns[field].heading, text, longest)

    def _shortened(self, heading: str, text: str, longest: int) -> str:
        if len(text) > longest:
            message = f"有 {len(text):,} 字，超过 {longest:,} 字，只保留了前面的；其余请另存为跟进记录"
            self._problems.append(RowProblem(column=heading, value=text[:LONGEST_PROBLEM], message=message))
        return text[:longest]

    def _read(self, field: str, reader: Callable[[Cell], T | None]) -> T | None:
        cell = self._cell(field)
        try:
            return None if cell is None else reader(cells.checked(cell if field in _NAMES else cells.short(cell)))
        except (CellError, AmountError) as error:
            self._problem(field, cell, str(error))
            return None

    def _problem(self, field: str, cell: Cell, message: str) -> None:
        heading = self._columns[field].heading if field in self._columns else {"title": "项目名称"}.get(field, "投资方")
        self._problems.append(RowProblem(column=heading, value=_written(cell), message=message))

    def _names(self) -> tuple[str | None, str | None]:
        """The project and the investor; where one is missing the other stands for it, marked."""
        title, investor = self._name("title"), self._name("investor")
        if title is None and investor is None:
            self._problem("title", None, "没有项目名称，也没有投资方，本行未导入；补上后重新导入，已导入的行不会重复")
        elif title is None:
            self._problem("title", None, "没有填写项目名称，已用投资方的名称代替，请在线索中补上")
            title = f"{(investor or '')[: LONGEST_NAME - 10]}（项目名称待补）"
        elif investor is None:
            self._problem("investor", None, "没有填写投资方，已用项目名称代替，请在线索中补上")
            investor = f"{title[: LONGEST_NAME - 10]}（投资方待补）"
        return title, investor

    def _name(self, field: str) -> str | None:
        name = self._read(field, cells.company_of)
        return None if name is None else self._shortened(self._columns[field].heading, name, LONGEST_NAME)

    def _credit_code(self) -> tuple[str | None, bool | None]:
        cell = self._cell("code")
        text = text_of(cell)
        if text is None:
            return None, None
        code = normalise_credit_code(text)
        if is_credit_code(code):
            return code, True
        message = "校验不通过，已照原样保留；请对照营业执照核对18位代码"
        if isinstance(cell, float | int) and len(code) > 15:
            message = "代码被表格存成了数字，末几位已丢失；请把该列设为文本，对照营业执照重填"
        self._problem("code", cell, message)
        return text[:100], False

    def _industry(self) -> dict[str, Any]:
        written = self._cut("chain", LONGEST_NAME)
        chain = chain_named(written) if written else None
        return {
            "industry_chain": _CHAINS.get(chain) if chain else None,
            "industry_chain_as_written": written,
            "industry_code": self._read("industry_code", cells.industry_code_of),
            "suggested_codes": suggest_codes(written) if written else (),
        }

    def _amount(self, field: str) -> Amount | None:
        column = self._columns.get(field)
        before = len(self._problems)
        amount = self._read(field, lambda cell: cells.amount_of(cell, column.unit if column else None))
        if amount is None and len(self._problems) > before:
            return Amount(pending=True, as_written=self._problems[-1].value[:100])
        return amount

    def _stage(self) -> tuple[Stage | None, LeadState | None]:
        found = self._read("stage", _stage)
        progress = self._text("progress")
        if found is None and "stage" not in self._columns and progress and len(progress) <= _SHORT_STAGE:
            found = find_stage(progress)
        return found or (None, None)

    def _zone(self, cell: Cell) -> str | None:
        text = text_of(cell)
        if text is None or any(word in text for word in _UNDECIDED):
            return None
        found = find_zones(text)
        if not found:
            raise CellError("不认识的区名，已按默认的区登记；可在线索中改正")
        if len(found) > 1:
            others = "、".join(ZONES[zone].short for zone in found[1:])
            self._problem("zone", cell, f"写了不止一个区，已按「{ZONES[found[0]].short}」登记，另有{others}")
        return found[0]

    def _remark(self) -> str | None:
        """The remark, and whatever the ledger says that has no field of its own."""
        parts = [text] if (text := self._text("remark")) else []
        if first_by := self._text("first_by"):
            parts.append(f"{self._columns['first_by'].heading}：{first_by}")
        land, chain = self._text("land"), self._text("chain")
        if land and cells.needs_no_land(land):
            parts.append(f"{self._columns['land'].heading}：{land}")
        if chain and chain_named(chain) is None:
            parts.append(f"{self._columns['chain'].heading}：{chain}")
        for column in self._others:
            if (said := text_of(_at(self._row, column))) is None:
                continue
            if is_private(column.heading):
                message = "这一列是个人联系方式，没有导入；需要时请在线索的联系人里登记"
                self._problems.append(RowProblem(column=column.heading, value="", message=message))
            else:
                parts.append(f"{column.heading}：{said}")
        heading = self._columns["remark"].heading if "remark" in self._columns else "备注"
        return self._shortened(heading, "；".join(parts), LONGEST) or None


def _at(row: Row, column: Column) -> Cell:
    return row[column.index] if column.index < len(row) else None


def _written(cell: Cell) -> str:
    return (text_of(cell) or "")[:LONGEST_PROBLEM]


def _source_mode(cell: Cell) -> SourceMode | None:
    text = text_of(cell)
    if text is None:
        return None
    found = find_source_mode(text)
    if found is None:
        raise CellError("不认识的来源方式，已记为「其他」；可在线索中改为产业链、平台、以商、资本或回归招商")
    return found


def _stage(cell: Cell) -> tuple[Stage | None, LeadState] | None:
    text = text_of(cell)
    if text is None:
        return None
    found = find_stage(text)
    if found is None:
        raise CellError("不认识的阶段，已按「线索」登记；可在线索中改正")
    return found
