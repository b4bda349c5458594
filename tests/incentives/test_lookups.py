"""Figures by category: that of the category, whatever is certain while it is open, and tables that are refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue, parse_facts
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.policy.lookups import Lookup
from services.incentives.policy.tree import Leaf
from tests.incentives.drawing import CODES, fen, told
from tests.incentives.laws import law

DAY = date(2026, 11, 28)
YI = 10_000_000_000
BY_INDUSTRY: dict[str, Any] = {
    "by": "industry_code",
    "cases": [{"in": ["C"], "value": "20亿元"}, {"in": ["65", "74"], "value": "10亿元"}],
    "otherwise": "none",
}


def verdict(table: dict[str, Any], facts: dict[str, FactValue], op: str = "ge") -> str:
    predicates = Predicates()
    leaf = Leaf.model_validate({"id": "c", "text": "条件", "fact": "annual_revenue", "op": op, "value": table})
    return VERDICTS[compile_condition(leaf, predicates)[0](predicates.evaluate(facts, DAY))]


def stated(**facts: Any) -> dict[str, FactValue]:
    return parse_facts(facts, "example")


@pytest.mark.parametrize(
    ("otherwise", "facts", "expected"),
    [
        ("none", {"industry_code": "3973", "annual_revenue": "20亿元"}, "met"),
        ("none", {"industry_code": "3973", "annual_revenue": "19亿元"}, "not_met"),
        ("none", {"industry_code": "6513", "annual_revenue": "10亿元"}, "met"),
        ("none", {"industry_code": "4710", "annual_revenue": "90亿元"}, "not_met"),
        ("none", {"annual_revenue": "90亿元"}, "unknown"),
        ("none", {"annual_revenue": "9亿元"}, "not_met"),
        ("5亿元", {"annual_revenue": "90亿元"}, "met"),
        ("5亿元", {"annual_revenue": "15亿元"}, "unknown"),
        ("5亿元", {"annual_revenue": "4亿元"}, "not_met"),
        ("5亿元", {"industry_code": "47", "annual_revenue": "5亿元"}, "met"),
        ("5亿元", {"industry_code": "I", "annual_revenue": "7亿元"}, "unknown"),
        ("5亿元", {"industry_code": "3973"}, "unknown"),
    ],
)
def test_the_threshold_of_the_category(otherwise: str, facts: dict[str, Any], expected: str) -> None:
    assert verdict({**BY_INDUSTRY, "otherwise": otherwise}, stated(**facts)) == expected


@law
@given(st.sampled_from(CODES), fen(), st.sampled_from(["ge", "gt", "le", "lt"]))
def test_learning_the_category_never_turns_a_verdict(code: str, revenue: int, op: str) -> None:
    facts = {"annual_revenue": told(Amount.exact(revenue))}
    table = {**BY_INDUSTRY, "otherwise": "2亿元"}
    before = verdict(table, facts, op)
    assert before in ("unknown", verdict(table, {**facts, "industry_code": told(code)}, op))


def test_a_year_is_a_category_of_a_date() -> None:
    table = {"by": "entry_date", "cases": [{"in": [2022, 2023], "value": 1}], "otherwise": "none"}
    facts = stated(annual_revenue="1元")
    assert verdict(table, {**facts, **stated(entry_date="2023-12-31")}) == "met"
    assert verdict(table, {**facts, **stated(entry_date="2024-01-01")}) == "not_met"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"by": "jobs", "cases": [{"in": [1], "value": 1}]}, "不能用来分类"),
        ({"by": "no_such_fact", "cases": [{"in": [1], "value": 1}]}, "no_such_fact"),
        ({"by": "headquarters", "cases": [{"in": [True], "value": 1}]}, "没有写否"),
        ({"by": "headquarters_level", "cases": [{"in": ["national", "city"], "value": 1}]}, "区域总部"),
        ({"by": "industry_code", "cases": [{"in": ["39"], "value": 1}]}, "其余行业"),
        ({"by": "entry_date", "cases": [{"in": [2023], "value": 1}]}, "其余年份"),
        ({"by": "entry_date", "cases": [{"in": ["2023-01-01"], "value": 1}], "otherwise": 1}, "写年份"),
        ({"by": "industry_code", "cases": [{"in": [39], "value": 1}], "otherwise": 1}, "加引号"),
        (
            {
                "by": "industry_code",
                "cases": [{"in": ["39"], "value": 1}, {"in": ["3973"], "value": 2}],
                "otherwise": 3,
            },
            "重叠",
        ),
        ({"by": "headquarters", "cases": [{"in": [True, True], "value": 1}], "otherwise": 3}, "重叠"),
        ({"by": "headquarters", "cases": []}, "at least 1"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Lookup.model_validate(written)


def test_every_figure_of_a_table_fits_its_place() -> None:
    with pytest.raises(ValidationError, match="1亿斤"):
        verdict({**BY_INDUSTRY, "otherwise": "1亿斤"}, {})
