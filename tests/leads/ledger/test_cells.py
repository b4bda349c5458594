"""What single cells mean."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from contracts.vocabulary.amount import AmountError
from services.leads.ledger import project_key
from services.leads.ledger.cells import (
    CellError,
    amount_of,
    company_of,
    date_of,
    industry_code_of,
    land_of,
    person_of,
    text_of,
)
from services.leads.ledger.columns import field_of, money_unit, stated_unit


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        (datetime.fromisoformat("2026-04-09"), "2026-04-09"), (date(2026, 4, 9), "2026-04-09"),
        ("2026年4月9日", "2026-04-09"),
        ("2026.4.9", "2026-04-09"), ("2026/04/09", "2026-04-09"), ("2026-4-9", "2026-04-09"),
        (46121, "2026-04-09"), (46121.0, "2026-04-09"), ("46121", "2026-04-09"), ("20260409", "2026-04-09"),
        ("２０２６．４．９", "2026-04-09"),
        ("2026-04-09 10:30:00", "2026-04-09"), ("2026年4月9日（周四）", "2026-04-09"), ("26.4.9", "2026-04-09"),
        ("2026年4月", "2026-04"), ("2026.04", "2026-04"), ("2026-4", "2026-04"), ("2026年4月上旬", "2026-04"),
        (2026.4, "2026-04"), (2026.11, "2026-11"), ("202604", "2026-04"), (202604.0, "2026-04"),
        (None, None), ("/", None), ("无", None), ("  ", None),
    ],
)  # fmt: skip
def test_dates(cell: Any, meaning: str | None) -> None:
    assert date_of(cell) == meaning


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("4月9日", "没有年份"), ("4.9", "没有年份"), ("2026-02-30", "没有 2026年2月30日"), ("3026-01-01", "3026"),
        (2026.1, "1月还是10月"), ("上周", "看不懂"), ("11.5.26", "年份"), ("1" * 9000, "看不懂"),
        (12, "看不懂"), (date(1900, 1, 1), "1900"),
    ],
)  # fmt: skip
def test_dates_that_are_none(cell: Any, hint: str) -> None:
    with pytest.raises(CellError, match=hint):
        date_of(cell)


@pytest.mark.parametrize(
    ("cell", "unit", "low", "currency"),
    [
        (3, "亿元", 30_000_000_000, "CNY"), (0.1 + 0.2, "亿元", 3_000_000_000, "CNY"),
        ("3", "亿元", 30_000_000_000, "CNY"),
        ("3亿元（一期1亿元）", "万元", 30_000_000_000, "CNY"), ("3000（美元）", "万元", 3_000_000_000, "USD"),
        ("3000万（美元）", "亿元", 3_000_000_000, "USD"), (7143, "万美元", 7_143_000_000, "USD"),
    ],
)  # fmt: skip
def test_amounts(cell: Any, unit: str, low: int, currency: str) -> None:
    amount = amount_of(cell, unit)
    assert amount is not None
    assert (amount.low, amount.high, amount.currency) == (low, low, currency)


@pytest.mark.parametrize("cell", ["若干", True, date(2026, 3, 5), -3, "-3亿", "100万亿", "3千"])
def test_amounts_that_are_none(cell: Any) -> None:
    with pytest.raises((CellError, AmountError)):
        amount_of(cell, "万元")


def test_blank_marks_say_nothing() -> None:
    assert [text_of(cell) for cell in (None, "/", "——", " - ", "N/A", "无")] == [None] * 6
    assert [text_of(cell) for cell in (3.0, 1.5, True, " 甲 ")] == ["3", "1.5", "是", "甲"]


def test_land() -> None:
    assert [land_of(cell, None) for cell in (80, "80亩", "约1,000亩", "2公顷", 0, "租赁", "租厂房2000㎡", None)] == [
        80_000_000, 80_000_000, 1_000_000_000, 30_000_000, 0, None, None, None,
    ]  # fmt: skip
    assert land_of(20_000, "平方米") == 30_000_000
    for cell in ("50-80亩", "9999999亩"):
        with pytest.raises(CellError):
            land_of(cell, None)


def test_industry_codes() -> None:
    cells: list[Any] = ["C3962", "3962 智能车载设备制造", 3962.0, "39", "c", None]
    assert [industry_code_of(cell) for cell in cells] == ["3962", "3962", "3962", "39", "C", None]
    for cell in ("9999", "集成电路", "39621"):
        with pytest.raises(CellError):
            industry_code_of(cell)


def test_people() -> None:
    assert person_of("张三（138 1234 5678）", None) == ("张三", "13812345678")
    assert person_of("张三", 13812345678.0) == ("张三", "13812345678")
    assert person_of("张三", "+86 138-1234-5678") == ("张三", "13812345678")
    assert person_of(None, "027-87654321") == ("（未填姓名）", "027-87654321")
    assert person_of("张三", "/") == ("张三", None)
    assert person_of("张三", "转总机") == ("张三", "转总机")


def test_names_of_companies() -> None:
    assert company_of("示例（香港）\n有限公司 ") == company_of("示例(香港)有限公司") == "示例（香港）有限公司"
    assert company_of("Example (HK) Ltd") == "Example (HK) Ltd"


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("投资主体", "investor"), ("企业名称（全称）", "investor"), ("1.项目名称", "title"), ("拟投资额", "total"),
        ("计划总投资\n（亿元）", "total"), ("项目计划总投资额（万元）", "total"),
        ("其中：固投", "fixed"), ("招商方式", "source"), ("企业联系人及电话", "contact"), ("投资方手机", "phone"),
        ("首次接触时间", "first_contact"), ("填报时间", "updated"), ("落地区域", "zone"), ("项目阶段", "stage"),
        ("进展情况", "progress"), ("联系人电话", "phone"), ("产业链", "chain"), ("项目编号", "number"),
        ("本年度计划投资额", None), ("已完成投资额", None), ("责任人电话", None), ("签约时间", None),
        ("注册资本", None),
    ],
)  # fmt: skip
def test_headings(heading: str, field: str | None) -> None:
    found = field_of(heading)
    assert (found[0] if found else None) == field


def test_units_in_headings() -> None:
    headings = [
        "总投资（亿元）",
        "投资总额/万元",
        "总投资(万美元)",
        "总投资 亿元",
        "总投资",
        "总投资额（人民币万元）",
        "固投（亿）",
    ]
    assert [money_unit(heading) for heading in headings] == ["亿元", "万元", "万美元", "亿元", None, "人民币", "亿"]
    assert stated_unit("单位：亿元、亩") == "亿元"
    assert stated_unit("在谈项目台账（单位：万元）") == "万元"
    assert stated_unit("填报单位：某某局") is None


def test_repeats_are_told_however_they_were_typed() -> None:
    key = project_key("示例（香港）有限公司", "机器人项目（一期）")
    assert key == project_key(" 示例(香港)有限公司", "机器人（一期）项目")
    assert key == project_key("示例（香港）有限责任公司", "機器人项目（一期）".replace("機", "机"))
    assert key != project_key("示例（香港）股份有限公司", "机器人项目（一期）")
    assert key != project_key("示例（香港）有限公司", "机器人项目（二期）")
    assert project_key("甲", "项目") == "甲|项目"
