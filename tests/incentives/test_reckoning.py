"""How a sum came about is told in one line, and only where all of it is known."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.vocabulary.facts import parse_facts
from services.incentives.matching import Rendering, match, render
from tests.incentives.test_benefit_kinds import COMPUTED, HK, LOAN, MATCH, RENT, SPENT, THRICE
from tests.incentives.test_benefits import DAY, STEPS, TIERS
from tests.incentives.writing import JOBS, catalogue, policy

POINTS = {"by": "first_loan", "cases": [{"in": [True], "value": "2%"}, {"in": [False], "value": "1.5%"}]}
PRICE = {
    "by": "entry_date",
    "cases": [{"in": [2022], "value": "40元"}, {"in": [2023], "value": "20元"}],
    "otherwise": "none",
}
CAPS = {"by": "industry_code", "cases": [{"in": ["39"], "value": "10万元"}], "otherwise": "5万元"}


def reckoned(benefit: dict[str, Any], facts: dict[str, Any], conditions: Any = JOBS) -> dict[str, Any]:
    """What the answer says of a policy with this benefit."""
    made = catalogue(policy(benefit={"text": "支持", **benefit}, conditions=conditions))
    known = parse_facts({"jobs": 100, **facts}, "example")
    answer = render(match(known, made, DAY), known, made, Rendering(zones=["jingkai"]))
    found: dict[str, Any] = answer["zones"][0]["policies"][0]
    return found


@pytest.mark.parametrize(
    ("benefit", "facts", "line"),
    [
        ({"kind": "fixed", "amount": "200万元"}, {}, "200万元，计200万元"),
        (
            {"kind": "rate", "rate": "10%", "base": "equipment_investment", "cap": "2000万元"},
            {"equipment_investment": "3亿元"},
            "设备投资3亿元 × 10%，最高2,000万元，计2,000万元",
        ),
        (
            SPENT,
            {"equipment_investment": "2亿元", "software_investment": "1亿元"},
            "设备投资、软件投入合计3亿元（2亿元＋1亿元） × 10%，计3,000万元",
        ),
        (
            {**RENT, "yearly": THRICE, "multipliers": [HK], "cap_per_year": "500万元"},
            {"rent_area_sqm": 5000, "hk_funded": True},
            "60元 × 租用面积5,000平方米 × 12 × 1.2（港资），每年最高500万元，3年合计1,296万元",
        ),
        (
            {**RENT, "price": PRICE},
            {"rent_area_sqm": 10, "entry_date": "2023-05-01"},
            "20元 × 租用面积10平方米 × 12，计2,400元",
        ),
        (
            {**LOAN, "points": POINTS, "cap": "100万元"},
            {"loan_amount": "2000万元", "first_loan": True},
            "贷款金额2,000万元 × 2% × 2年，最高100万元，2年合计80万元",
        ),
        ({**MATCH, "ratio": "1:0.5"}, {"upper_level_grant": "300万元"}, "上级资金实际到账额300万元 × 0.5，计150万元"),
        (
            {"kind": "per_unit", "price": "500元", "units": [{"fact": "jobs", "up_to": 80}], "cap": CAPS},
            {"industry_code": "3973"},
            "500元 × 新增就业100人（最多80人），最高10万元，计4万元",
        ),
        (STEPS, {"equipment_investment": "2亿元"}, "设备投资2亿元按所在的一档计，计300万元"),
        (TIERS, {"equipment_investment": "1亿元"}, "设备投资1亿元分段累计，计150万元"),
        (
            {**SPENT, "base": "equipment_investment", "cap": COMPUTED},
            {"equipment_investment": "1000万元", "fiscal_contribution": "100万元"},
            "设备投资1,000万元 × 10%，最高30万元＋（年地方财政贡献100万元）×50%，计80万元",
        ),
        (
            {**SPENT, "base": "equipment_investment", "cap": "50-200万元"},
            {"equipment_investment": "1000万元"},
            "设备投资1,000万元 × 10%，最高50万元至200万元，计50万元至100万元",
        ),
    ],
)
def test_the_line(benefit: dict[str, Any], facts: dict[str, Any], line: str) -> None:
    assert reckoned(benefit, facts)["calculation"] == line


@pytest.mark.parametrize(
    ("benefit", "facts"),
    [
        ({"kind": "in_kind"}, {}),
        ({"kind": "fixed", "amount": "未公布", "cap": "10万元"}, {}),
        (SPENT, {"equipment_investment": "2亿元"}),
        ({**SPENT, "base": "equipment_investment"}, {"equipment_investment": "1-2亿元"}),
        ({**SPENT, "base": "equipment_investment"}, {"equipment_investment": "100万美元"}),
        ({"kind": "fixed", "amount": "200万元"}, {"jobs": 99}),
        ({"kind": "fixed", "amount": CAPS}, {"industry_code": "C"}),
        ({**RENT, "price": PRICE}, {"rent_area_sqm": 10, "entry_date": "2024-05-01"}),
    ],
)
def test_no_line_where_something_is_open(benefit: dict[str, Any], facts: dict[str, Any]) -> None:
    assert reckoned(benefit, facts)["calculation"] is None


def test_years_are_told_where_there_are_several() -> None:
    falling = reckoned({"kind": "fixed", "amount": "1万元", "yearly": ["100%", "50%"]}, {})
    assert [(each["year"], each["certain_fen"]) for each in falling["by_year"]] == [(2026, 1_000_000), (2027, 500_000)]
    assert reckoned({"kind": "fixed", "amount": "1万元"}, {})["by_year"] == []


def test_a_computed_condition_says_what_it_is_made_of() -> None:
    ratio = {"id": "rd", "text": "研发占比不低于15%", "op": "ge", "value": "15%"}
    conditions = {**ratio, "ratio": {"of": "rd_spending", "to": "annual_revenue"}}
    (shown,) = reckoned({"kind": "fixed", "amount": 1}, {"rd_spending": "1200万元"}, conditions)["conditions"]
    assert (shown["fact"], shown["label"]) == ("annual_revenue", "年研发费用与年营业收入之比")
    assert (shown["verdict"], shown["computed"]) == ("unknown", "未填（1,200万元÷未填）")
