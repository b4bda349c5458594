"""Sums against exact fractions: whole fen, ranges that bound them, bands to the last fen, years that add up."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.vocabulary.amount import MAX_STATED, Amount
from contracts.vocabulary.facts import PPM, parse_facts
from services.incentives.evaluation.benefits import compile_benefit
from services.incentives.evaluation.conditions import Predicates
from services.incentives.evaluation.measures import Facts
from services.incentives.evaluation.payment import Worth
from services.incentives.evaluation.spans import Span, divided, split
from services.incentives.evaluation.stated import Stated
from services.incentives.policy.benefit import Benefit
from tests.incentives.drawing import fen, told
from tests.incentives.laws import law

YI = 10_000_000_000
WAN = 1_000_000
DAY = date(2026, 11, 28)
_BENEFIT: TypeAdapter[Any] = TypeAdapter(Benefit)


def worth(written: dict[str, Any], facts: dict[str, Any] | None = None) -> Worth:
    return of_facts(written, parse_facts(facts or {}, "example"))


def of_facts(written: dict[str, Any], facts: Facts) -> Worth:
    predicates = Predicates()
    benefit = compile_benefit(_BENEFIT.validate_python({"text": "说明", **written}), predicates)
    return benefit.worth(Stated(facts), predicates.evaluate(facts, DAY))


def of_range(written: dict[str, Any], low: int, high: int) -> Worth:
    return of_facts(written, {"equipment_investment": told(Amount(low=low, high=high))})


RATE = {"kind": "rate", "rate": "10%", "base": "equipment_investment"}
STEPS = {
    "kind": "banded",
    "base": "equipment_investment",
    "bands": [
        {"from": "5000万元", "to": "1亿元", "amount": "150万元"},
        {"from": "1亿元", "to": "5亿元", "amount": "300万元"},
        {"from": "5亿元", "rate": "1%"},
    ],
}
TIERS = {
    "kind": "banded",
    "base": "equipment_investment",
    "mode": "marginal",
    "bands": [
        {"from": 0, "to": "5000万元", "rate": "1%"},
        {"from": "5000万元", "to": "2亿元", "rate": "2%"},
        {"from": "2亿元", "rate": "3%"},
    ],
}


def test_fixed() -> None:
    assert worth({"kind": "fixed", "amount": "200万元"}) == Worth(200 * WAN, 200 * WAN)


def test_what_is_given_in_kind_has_no_figure_but_may_be_estimated() -> None:
    assert worth({"kind": "in_kind"}) == Worth(0, None, known=False)
    assert worth({"kind": "in_kind", "worth": "30万元"}) == Worth(0, 30 * WAN)


@law
@given(fen(), st.integers(0, PPM), st.one_of(st.none(), fen()))
def test_a_rate_is_cut_down_to_whole_fen(base: int, ppm: int, cap: int | None) -> None:
    written = {**RATE, "rate": f"{ppm / 10_000:.4f}%", "cap": cap}
    exact = floor(Fraction(base) * ppm / PPM)
    expected = exact if cap is None else min(exact, cap)
    assert of_range(written, base, base) == Worth(expected, expected)


def test_the_largest_stated_amount_stays_exact() -> None:
    assert of_range({**RATE, "rate": "33.3333%"}, MAX_STATED, MAX_STATED).low == MAX_STATED * 333_333 // PPM


def reference_step(base: int) -> int:
    if base < 5000 * WAN:
        return 0
    if base < YI:
        return 150 * WAN
    return 300 * WAN if base < 5 * YI else floor(Fraction(base, 100))


def reference_tiers(base: int) -> int:
    edges = [(0, 5000 * WAN, 1), (5000 * WAN, 2 * YI, 2), (2 * YI, None, 3)]
    parts = [
        max(0, (base if high is None else min(base, high)) - low) * Fraction(percent, 100)
        for low, high, percent in edges
    ]
    return floor(sum(parts, Fraction(0)))


@law
@given(fen())
def test_bands(base: int) -> None:
    assert of_range(STEPS, base, base) == Worth(reference_step(base), reference_step(base))
    assert of_range(TIERS, base, base) == Worth(reference_tiers(base), reference_tiers(base))


@pytest.mark.parametrize(
    ("base", "expected"),
    [(5000 * WAN - 1, 0), (5000 * WAN, 150), (YI - 1, 150), (YI, 300), (5 * YI - 1, 300), (5 * YI, 500)],
)
def test_edges_belong_to_the_band_that_begins_there(base: int, expected: int) -> None:
    assert of_range(STEPS, base, base).low == expected * WAN


@law
@given(
    st.sampled_from([RATE, STEPS, TIERS, {**RATE, "cap": "800万元"}, {**STEPS, "cap": "200万元"}]), fen(), fen(), fen()
)
def test_every_figure_inside_a_range_lies_between_its_sums(written: dict[str, Any], a: int, b: int, c: int) -> None:
    low, inside, high = sorted((a, b, c))
    whole, figure = of_range(written, low, high), of_range(written, inside, inside)
    assert whole.high is not None
    assert whole.low <= figure.low <= whole.high


def test_a_range_over_a_gap_may_come_to_nothing() -> None:
    gap = {**STEPS, "bands": [STEPS["bands"][0], {"from": "2亿元", "amount": "300万元"}]}
    assert of_range(gap, 6000 * WAN, 3 * YI) == Worth(0, 300 * WAN)
    assert of_range(gap, YI, 2 * YI - 1) == Worth(0, 0)


@pytest.mark.parametrize(
    ("stated", "capped", "uncapped"),
    [
        ("1亿元以上", Worth(800 * WAN, 800 * WAN), Worth(1000 * WAN, None)),
        ("5000万元以上", Worth(500 * WAN, 800 * WAN), Worth(500 * WAN, None)),
        ("5000万元以下", Worth(0, 500 * WAN), Worth(0, 500 * WAN)),
        ("待定", Worth(0, 800 * WAN), Worth(0, None, known=False)),
        ("1亿美元", Worth(0, 800 * WAN), Worth(0, None, known=False)),
    ],
)
def test_open_ends_and_unknown_bases(stated: str, capped: Worth, uncapped: Worth) -> None:
    facts = {"equipment_investment": stated}
    assert worth({**RATE, "cap": "800万元"}, facts) == capped
    assert worth(RATE, facts) == uncapped


def test_a_base_that_does_not_apply_gives_nothing() -> None:
    assert worth(RATE, {"equipment_investment": {"state": "not_applicable"}}) == Worth(0, 0)


def test_bands_of_a_count() -> None:
    written = {
        "kind": "banded",
        "base": "jobs",
        "bands": [{"from": 10, "to": 50, "amount": 5}, {"from": 50, "amount": 9}],
    }
    sums = [worth(written, {"jobs": jobs}).low for jobs in (9, 10, 49, 50, 1000)]
    assert sums == [0, 5, 5, 9, 9]


shares = st.lists(st.integers(0, PPM), min_size=1, max_size=5).map(
    lambda cuts: [b - a for a, b in zip([0, *sorted(cuts)], [*sorted(cuts), PPM], strict=True)]
)


@law
@given(st.integers(0, 10**15), st.integers(0, 10**15), shares)
def test_years_add_up_and_possible_never_falls_below_certain(certain: int, more: int, parts: list[int]) -> None:
    years = divided(Span(certain, certain + more), parts)
    assert len(years) == len(parts)
    assert sum(each.low for each in years) == certain
    assert sum(each.high for each in years) == certain + more
    assert all(each.low <= each.high for each in years)
    assert sum(split(certain, parts)) == certain


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({**RATE, "rate": "120%"}, "0到100%"),
        ({**RATE, "rate": "多少"}, "应为比例"),
        ({**RATE, "base": "jobs"}, "不是金额"),
        ({**RATE, "base": "equipment_investmnt"}, "equipment_investment"),
        ({**RATE, "cap": "约100万元"}, "确定的人民币金额"),
        ({**RATE, "instalments": ["50%", "40%"]}, "100%"),
        ({"kind": "fixed", "amount": "100万美元"}, "人民币"),
        ({**STEPS, "bands": STEPS["bands"][::-1]}, "重叠"),
        ({**STEPS, "bands": [{"from": "2亿元", "to": "1亿元", "amount": 1}]}, "上限应大于下限"),
        ({**STEPS, "bands": [{"from": 0, "amount": 1, "rate": "1%"}]}, "之一"),
        ({**TIERS, "bands": [TIERS["bands"][0], TIERS["bands"][2]]}, "上一档的上限"),
        ({**STEPS, "mode": "marginal", "bands": STEPS["bands"][:1]}, "rate"),
        ({"kind": "lottery"}, "fixed、rate、banded"),
    ],
)
def test_a_benefit_that_makes_no_sense_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        worth(written)
