"""What conditions measure beyond one fact: ratios, sums, so much a unit, time elapsed, against exact fractions."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import PPM, FactValue, parse_facts
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.matching.wording import shown_quantity
from services.incentives.policy.tree import Leaf
from tests.incentives.drawing import amounts, told
from tests.incentives.laws import law

YI, WAN = 10_000_000_000, 1_000_000
DAY = date(2026, 11, 28)
RATIO = {"ratio": {"of": "rd_spending", "to": "annual_revenue"}}
PER_MU = {"per": {"of": "expected_annual_tax", "by": "land_mu"}}
SUM = {"sum": ["equipment_investment", "software_investment"]}
HOLDS = {
    "ge": lambda number, limit: number >= limit,
    "gt": lambda number, limit: number > limit,
    "le": lambda number, limit: number <= limit,
    "lt": lambda number, limit: number < limit,
    "eq": lambda number, limit: number == limit,
    "ne": lambda number, limit: number != limit,
}
OPS = st.sampled_from(sorted(HOLDS))


def verdict(written: dict[str, Any], facts: dict[str, FactValue], as_of: date = DAY) -> str:
    predicates = Predicates()
    formula, _ = compile_condition(Leaf.model_validate({"id": "c", "text": "条件", **written}), predicates)
    return VERDICTS[formula(predicates.evaluate(facts, as_of))]


def stated(**facts: Any) -> dict[str, FactValue]:
    return parse_facts(facts, "example")


def exact(fen: int) -> FactValue:
    return told(Amount.exact(fen))


@law
@given(st.integers(0, 20), st.integers(1, 20), OPS, st.integers(0, 2 * PPM))
def test_a_ratio_is_compared_without_rounding(above: int, below: int, op: str, ppm: int) -> None:
    facts = {"rd_spending": exact(above), "annual_revenue": exact(below)}
    expected = HOLDS[op](Fraction(above, below), Fraction(ppm, PPM))
    assert verdict({**RATIO, "op": op, "value": f"{ppm / 10_000:.4f}%"}, facts) == ("met" if expected else "not_met")


@law
@given(amounts(), amounts(), amounts(), amounts(), st.integers(0, PPM))
def test_every_ratio_inside_both_ranges_agrees(a: Amount, b: Amount, c: Amount, d: Amount, ppm: int) -> None:
    """What is met or not met of ranges is so of every pair of figures inside them."""
    whole = verdict(
        {**RATIO, "op": "ge", "value": f"{ppm / 10_000:.4f}%"}, {"rd_spending": told(a), "annual_revenue": told(b)}
    )
    inside = {"rd_spending": told(_within(a, c)), "annual_revenue": told(_within(b, d))}
    assert whole in ("unknown", verdict({**RATIO, "op": "ge", "value": f"{ppm / 10_000:.4f}%"}, inside))


def _within(whole: Amount, wanted: Amount) -> Amount:
    """A figure of a range, near the one that is wanted; what is pending or foreign stays as it is."""
    if whole.pending or wanted.pending or whole.currency != "CNY":
        return whole
    figure = max(wanted.low or 0, whole.low or 0)
    return Amount.exact(figure if whole.high is None else min(figure, whole.high))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"rd_spending": "150万元", "annual_revenue": "1000万元"}, "met"),
        ({"rd_spending": "149.999999万元", "annual_revenue": "1000万元"}, "not_met"),
        ({"rd_spending": "150万元", "annual_revenue": "900万元以下"}, "unknown"),
        ({"rd_spending": "150万元", "annual_revenue": "800-900万元"}, "met"),
        ({"rd_spending": "150万元"}, "unknown"),
        ({"annual_revenue": "0元", "rd_spending": "150万元"}, "not_met"),
        ({"rd_spending": "150万美元", "annual_revenue": "1000万美元"}, "met"),
        ({"rd_spending": "150万元", "annual_revenue": "1000万美元"}, "unknown"),
        ({"rd_spending": {"state": "conflict"}, "annual_revenue": "1000万元"}, "unknown"),
        ({"rd_spending": {"state": "not_applicable"}, "annual_revenue": "1000万元"}, "not_met"),
    ],
)
def test_a_ratio(facts: dict[str, Any], expected: str) -> None:
    assert verdict({**RATIO, "op": "ge", "value": "15%"}, stated(**facts)) == expected


@law
@given(st.integers(0, 10**9), st.integers(1, 10**9), OPS, st.integers(0, 10**6))
def test_so_much_a_mu(fen: int, millionths: int, op: str, limit: int) -> None:
    facts = {"expected_annual_tax": exact(fen), "land_mu": told(millionths)}
    expected = HOLDS[op](Fraction(fen * PPM, millionths), limit)
    assert verdict({**PER_MU, "op": op, "value": limit}, facts) == ("met" if expected else "not_met")


def test_so_much_a_person() -> None:
    leaf = {"per": {"of": "expected_annual_output", "by": "jobs"}, "op": "ge", "value": "100万元"}
    assert verdict(leaf, stated(expected_annual_output="1亿元", jobs=100)) == "met"
    assert verdict(leaf, stated(expected_annual_output="1亿元", jobs=101)) == "not_met"
    assert verdict(leaf, stated(expected_annual_output="1亿元", jobs=0)) == "not_met"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"equipment_investment": "6000万元", "software_investment": "4000万元"}, "met"),
        ({"equipment_investment": "6000万元", "software_investment": "3999万元"}, "not_met"),
        ({"equipment_investment": "1亿元"}, "met"),
        ({"equipment_investment": "6000万元"}, "unknown"),
        ({"equipment_investment": "6000万元", "software_investment": {"state": "not_applicable"}}, "not_met"),
        ({"equipment_investment": "1亿元", "software_investment": "100万美元"}, "met"),
        ({"equipment_investment": "6000万元", "software_investment": "100万美元"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_sum_counts_what_is_known(facts: dict[str, Any], expected: str) -> None:
    assert verdict({**SUM, "op": "ge", "value": "1亿元"}, stated(**facts)) == expected


@pytest.mark.parametrize(
    ("recognised", "as_of", "op", "months", "expected"),
    [
        (date(2023, 11, 28), DAY, "le", 36, "met"),
        (date(2023, 11, 27), DAY, "le", 36, "not_met"),
        (date(2023, 11, 27), DAY, "ge", 36, "met"),
        (date(2023, 11, 29), DAY, "lt", 36, "met"),
        (date(2026, 12, 1), DAY, "ge", 0, "not_met"),
        (date(2024, 2, 29), date(2025, 2, 28), "ge", 12, "met"),
        (date(2024, 8, 31), date(2025, 2, 28), "eq", 6, "met"),
        (date(2024, 8, 31), date(2025, 2, 27), "lt", 6, "met"),
    ],
)
def test_time_since(recognised: date, as_of: date, op: str, months: int, expected: str) -> None:
    leaf = {"since": {"date": "recognised_on"}, "op": op, "value": months}
    assert verdict(leaf, stated(recognised_on=recognised.isoformat()), as_of) == expected


@law
@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4000), st.integers(0, 4000), OPS)
def test_days_since_are_counted(start: date, elapsed: int, limit: int, op: str) -> None:
    leaf = {"since": {"date": "recognised_on", "unit": "days"}, "op": op, "value": limit}
    expected = "met" if HOLDS[op](elapsed, limit) else "not_met"
    assert verdict(leaf, stated(recognised_on=start.isoformat()), start + timedelta(days=elapsed)) == expected


def test_a_yearly_threshold_is_compared_with_a_monthly_fact() -> None:
    leaf = {"fact": "rent_price_sqm_month", "op": "le", "value": "1440元"}
    facts = stated(rent_price_sqm_month="120元")
    assert verdict({**leaf, "period": "year"}, facts) == "met"
    assert verdict({**leaf, "period": "year"}, stated(rent_price_sqm_month="120.01元")) == "not_met"
    assert verdict({**leaf, "period": "quarter", "value": "360元"}, facts) == "met"
    assert verdict(leaf, stated(rent_price_sqm_month="1440元")) == "met"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"ratio": {"of": "jobs", "to": "annual_revenue"}, "op": "ge", "value": "15%"}, "不能相比"),
        ({"per": {"of": "jobs", "by": "annual_revenue"}, "op": "ge", "value": 1}, "不能计算"),
        ({"sum": ["jobs", "annual_revenue"], "op": "ge", "value": 1}, "合计"),
        ({"sum": ["jobs", "jobs"], "op": "ge", "value": 1}, "两次"),
        ({"since": {"date": "jobs"}, "op": "ge", "value": 1}, "不是日期"),
        ({**RATIO, "fact": "jobs", "op": "ge", "value": 1}, "写一项"),
        ({"op": "ge", "value": 1}, "写一项"),
        ({**RATIO, "op": "prefix_in", "value": ["39"]}, "不能用 prefix_in"),
        ({"fact": "jobs", "period": "year", "op": "ge", "value": 1}, "不按月、季或年计"),
        ({"fact": "rent_price_sqm_month", "period": "year", "op": "ge", "value": "0.01元"}, "不是整数"),
    ],
)
def test_a_quantity_that_makes_no_sense_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Leaf.model_validate({"id": "c", "text": "条件", **written})


@pytest.mark.parametrize(
    ("written", "facts", "words"),
    [
        (RATIO, {"rd_spending": "1200万元", "annual_revenue": "8000万元"}, "15%（1,200万元÷8,000万元）"),
        (RATIO, {"rd_spending": "1200万元"}, "未填（1,200万元÷未填）"),
        (PER_MU, {"expected_annual_tax": "1000万元", "land_mu": 80}, "12.5万元（1,000万元÷80亩）"),
        (SUM, {"equipment_investment": "6000万元"}, "不低于6,000万元（6,000万元＋未填）"),
        ({"since": {"date": "recognised_on"}}, {"recognised_on": "2024-11-28"}, "24个月（2024-11-28）"),
    ],
)
def test_a_quantity_is_shown_with_what_it_is_made_of(
    written: dict[str, Any], facts: dict[str, Any], words: str
) -> None:
    leaf = Leaf.model_validate({"id": "c", "text": "条件", **written, "op": "known"})
    assert leaf.quantity is not None
    assert shown_quantity(leaf.quantity, stated(**facts), DAY) == words
