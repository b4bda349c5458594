"""Whatever stands in the cells, a ledger is read or refused with its reason, and no row is lost."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from services.leads.ledger.errors import LedgerError
from services.leads.ledger.parse import parse_ledger
from services.leads.ledger.row import LedgerRow
from services.leads.ledger.workbook import Cell, Formula, Merged, Row, Sheet, Workbook

HEADER: Row = (
    "序号", "项目名称", "投资方", "统一社会信用代码", "产业链", "行业代码", "总投资（亿元）", "固投（万美元）",
    "用地需求（亩）", "招商方式", "首谈时间", "更新时间", "落户区", "阶段", "进展", "联系人", "联系电话", "责任人电话",
    "备注", "预计产值",
)  # fmt: skip
WORDS = st.sampled_from([
    "待定", "光谷、江夏", "约1.2亿元", "3-5亿", "2026年4月", "2026.4.9", "4月9日", "拟签约", "暂缓（在谈）", "租赁",
    "80亩", "C3962", "张三13812345678", "#REF!", "/", "无", "91420100xmu7a1u5wd", "合计", "１２", "-3", "以商招商",
    "芯片", "1亿2000万", "（）", "(", "3亿（美元）",
])  # fmt: skip
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    WORDS,
    st.text(max_size=20),
    st.text("0123456789.-年月日亿万元约至（）()", max_size=12),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
ROWS = st.lists(st.lists(CELLS, max_size=len(HEADER) + 2).map(tuple), max_size=6)
RANGES = st.builds(
    lambda top, left, high, wide: Merged(top, left, top + high, left + wide),
    st.integers(0, 8), st.integers(0, 20), st.integers(0, 4), st.integers(0, 4),
)  # fmt: skip


def sheet(rows: list[Row], merged: list[Merged] | None = None) -> Workbook:
    return Workbook((Sheet("台账", hidden=False, rows=tuple(rows), merged=tuple(merged or ())),))


@given(ROWS, st.lists(RANGES, max_size=3))
def test_any_cells_below_a_header(rows: list[Row], merged: list[Merged]) -> None:
    try:
        ledger = parse_ledger(sheet([HEADER, *rows], merged))
    except LedgerError as error:
        assert error.code in ("no_rows", "formulas")  # noqa: PT017 - both outcomes are right
        return
    for row in ledger:
        assert row.is_refused or (row.title and row.investor)
        assert LedgerRow.model_validate_json(row.model_dump_json(exclude_defaults=True)) == row


@given(st.lists(st.lists(CELLS, max_size=12).map(tuple), max_size=8), st.lists(RANGES, max_size=3))
def test_any_cells_at_all(rows: list[Row], merged: list[Merged]) -> None:
    try:
        parse_ledger(sheet(rows, merged))
    except LedgerError as error:
        assert str(error)  # noqa: PT017 - a reason is all that is asked


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_every_named_row_comes_out_once_and_in_order(cells: list[tuple[Cell, Cell, Cell]]) -> None:
    rows = [(number, f"甲{number}", f"乙{number}", *rest) for number, rest in enumerate(cells)]
    ledger = parse_ledger(sheet([("序号", "项目名称", "投资方", "总投资（亿元）", "首谈时间", "落户区"), *rows]))
    assert [row.title for row in ledger] == [row[1] for row in rows]
    assert [row.row for row in ledger] == list(range(2, len(rows) + 2))


def test_what_is_too_long_is_cut_and_said() -> None:
    row = parse_ledger(
        sheet([HEADER, (1, "甲" * 300, "乙", *[None] * 11, "进" * 30_000, None, None, None, "注" * 9_000)])
    )
    (read,) = row
    assert (len(read.title or ""), len(read.progress or ""), len(read.remark or "")) == (200, 4000, 4000)
    assert [problem.column for problem in read.problems] == ["项目名称", "进展", "备注"]
    assert "30,000 字" in read.problems[1].message
    (unnamed,) = parse_ledger(sheet([HEADER, (1, None, "乙" * 300)]))
    assert len(unnamed.title or "") <= 200


def test_a_paragraph_in_the_wrong_column_costs_no_time() -> None:
    row: Row = (1, "甲", "乙", *["（" * 30_000] * 11)
    started = time.monotonic()
    (read,) = parse_ledger(sheet([HEADER, row]))
    assert time.monotonic() - started < 1
    assert "30,000 字" in str(read.problems)


def test_formulas_are_refused_where_data_stands() -> None:
    try:
        parse_ledger(sheet([HEADER, (1, "甲", "乙", Formula())]))
    except LedgerError as error:
        assert (error.code, error.figures["place"]) == ("formulas", "D2")  # noqa: PT017
