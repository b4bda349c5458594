"""Prices by unit, interest, matches, multipliers, yearly sums and computed caps, against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import PPM
from services.incentives.evaluation.payment import Worth
from tests.incentives.drawing import fen, told
from tests.incentives.test_benefits import WAN, YI, of_facts, worth

RENT = {"kind": "per_unit", "price": "60元", "units": [{"fact": "rent_area_sqm"}, 12]}
HK = {
    "times": 1.2,
    "text": "港资",
    "when": {"id": "hk", "text": "港资", "fact": "hk_funded", "op": "eq", "value": True},
}
THRICE = ["100%", "100%", "100%"]


@given(st.integers(0, 10**8), st.integers(0, 10**12), st.integers(0, 600), st.integers(1, 36))
def test_a_price_by_area_and_months_is_cut_down_once(price: int, millionths: int, months: int, most: int) -> None:
    units = [{"fact": "rent_area_sqm"}, {"fact": "lease_months", "up_to": most}]
    written = {"kind": "per_unit", "price": price, "units": units}
    expected = floor(Fraction(price * millionths * min(months, most), PPM))
    assert of_facts(written, {"rent_area_sqm": told(millionths), "lease_months": told(months)}) == Worth(
        expected, expected
    )


HEADS = {"kind": "per_unit", "price": "500元", "units": [{"fact": "jobs"}], "cap": "20万元"}
LOAN = {"kind": "interest", "points": "1.5%", "loan": "loan_amount", "years": 2}
MATCH = {"kind": "match", "level": "city", "base": "upper_level_grant"}
SPENT = {"kind": "rate", "rate": "10%", "base": ["equipment_investment", "software_investment"]}
BUILD = {"kind": "rate", "rate": "10%", "base": "build_cost"}
COMPUTED = {"plus": ["30万元", {"rate": "50%", "base": "fiscal_contribution"}]}


@pytest.mark.parametrize(
    ("written", "facts", "expected"),
    [
        (HEADS, {"jobs": 50}, (2.5, 2.5)),
        (HEADS, {"jobs": 401}, (20, 20)),
        (HEADS, {}, (0, 20)),
        (LOAN, {"loan_amount": "1000万元"}, (30, 30)),
        ({**MATCH, "ratio": "1:0.5"}, {"upper_level_grant": "300万元"}, (150, 150)),
        ({**MATCH, "ratio": "1：1"}, {"upper_level_grant": "300万元"}, (300, 300)),
        (
            {**SPENT, "cap": "2000-5000万元"},
            {"equipment_investment": "2亿元", "software_investment": "1亿元"},
            (2000, 3000),
        ),
        ({**BUILD, "cap": "未公布"}, {"build_cost": "4000万元"}, (0, 400)),
        ({"kind": "fixed", "amount": "未公布", "cap": COMPUTED}, {"fiscal_contribution": "100万元"}, (0, 80)),
        ({**BUILD, "cap": COMPUTED}, {"build_cost": "1000万元"}, (30, 100)),
        ({**BUILD, "cap": COMPUTED}, {"build_cost": "1000万元", "fiscal_contribution": "100万元"}, (80, 80)),
    ],
)
def test_kinds(written: dict[str, Any], facts: dict[str, Any], expected: tuple[float, float]) -> None:
    found = worth(written, facts)
    assert (found.low, found.high) == (expected[0] * WAN, expected[1] * WAN)
    assert found.known


@pytest.mark.parametrize(
    ("hk", "area", "years"),
    [(False, 5000, [360] * 3), (True, 5000, [432] * 3), (True, 6000, [500] * 3), (False, 7000, [500] * 3)],
)
def test_a_multiplier_stops_at_the_unchanged_cap(hk: bool, area: int, years: list[int]) -> None:
    written = {**RENT, "yearly": THRICE, "multipliers": [HK], "cap_per_year": "500万元"}
    found = worth(written, {"rent_area_sqm": area, "hk_funded": hk})
    assert found.years == tuple((each * WAN, each * WAN) for each in years)
    assert (found.low, found.high) == (sum(years) * WAN, sum(years) * WAN)


def test_what_multiplies_may_not_be_known() -> None:
    written = {**RENT, "multipliers": [HK]}
    assert worth(written, {"rent_area_sqm": 5000}) == Worth(360 * WAN, 432 * WAN)
    halved = {**RENT, "multipliers": [{**HK, "times": 0.5}]}
    assert worth(halved, {"rent_area_sqm": 5000}) == Worth(180 * WAN, 360 * WAN)


def test_yearly_sums_end_with_the_cap_of_the_whole() -> None:
    falling = worth({"kind": "fixed", "amount": "1.2万元", "yearly": ["100%", "80%", "60%"]})
    assert [low for low, _ in falling.years] == [1_200_000, 960_000, 720_000]
    capped = worth(
        {"kind": "interest", "points": "2%", "loan": "loan_amount", "years": 2, "cap": "100万元"},
        {"loan_amount": "3000万元"},
    )
    assert [low for low, _ in capped.years] == [60 * WAN, 40 * WAN]
    unknown = worth({"kind": "interest", "points": "2%", "loan": "loan_amount", "years": 2, "cap": "100万元"})
    assert unknown.years == ((0, 100 * WAN), (0, 0))


def test_a_rate_by_what_the_firm_is() -> None:
    points = {"by": "first_loan", "cases": [{"in": [True], "value": "2%"}, {"in": [False], "value": "1.5%"}]}
    written = {"kind": "interest", "points": points, "loan": "loan_amount", "years": 1}
    assert worth(written, {"loan_amount": "1000万元", "first_loan": True}).low == 20 * WAN
    assert worth(written, {"loan_amount": "1000万元", "first_loan": False}).low == 15 * WAN
    assert worth(written, {"loan_amount": "1000万元"}) == Worth(15 * WAN, 20 * WAN)


def test_whoever_is_in_no_case_gets_nothing() -> None:
    price = {"by": "entry_date", "cases": [{"in": [2022], "value": "40元"}], "otherwise": "none"}
    written = {**RENT, "price": price}
    assert worth(written, {"rent_area_sqm": 100, "entry_date": "2022-05-01"}).low == 48_000 * 100
    assert worth(written, {"rent_area_sqm": 100, "entry_date": "2024-05-01"}) == Worth(0, 0)
    assert worth(written, {"rent_area_sqm": 100}) == Worth(0, 48_000 * 100)


ANY = st.sampled_from([
    {"kind": "rate", "rate": "7%", "base": ["equipment_investment", "fixed_asset_investment"], "cap": "900万元"},
    {"kind": "rate", "rate": "7%", "base": "equipment_investment", "yearly": ["100%", "50%"], "cap_per_year": 3 * YI},
    {"kind": "interest", "points": "1.5%", "loan": "equipment_investment", "years": 3, "cap": "500万元"},
    {"kind": "rate", "rate": "3%", "base": "equipment_investment", "multipliers": [HK], "instalments": ["30%", "70%"]},
    {"kind": "rate", "rate": "3%", "base": "equipment_investment",
     "cap": {"plus": ["10万元", {"rate": "1%", "base": "fixed_asset_investment"}]}},
])  # fmt: skip


@given(ANY, st.tuples(fen(), fen(), fen()), st.tuples(fen(), fen(), fen()), st.booleans())
def test_figures_inside_ranges_lie_within_their_sums(
    written: dict[str, Any], equipment: tuple[int, int, int], assets: tuple[int, int, int], hk: bool
) -> None:
    (low, inside, high), (least, within, most) = sorted(equipment), sorted(assets)
    ranges = {
        "equipment_investment": Amount(low=low, high=high),
        "fixed_asset_investment": Amount(low=least, high=most),
    }
    figures = {"equipment_investment": inside, "fixed_asset_investment": within}
    whole = of_facts(written, {name: told(each) for name, each in ranges.items()})
    figure = of_facts(
        written, {name: told(Amount.exact(each)) for name, each in figures.items()} | {"hk_funded": told(hk)}
    )
    assert figure.low == figure.high
    assert whole.low <= figure.low <= (whole.high or 0)
    assert sum(each for each, _ in figure.years or ((figure.low, 0),)) == figure.low


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({**RENT, "units": [12]}, "至少写一个数量"),
        ({**RENT, "units": [{"fact": "annual_revenue"}]}, "不是数量"),
        ({**RENT, "yearly": THRICE, "instalments": ["100%"]}, "只写一项"),
        ({**RENT, "multipliers": [{**HK, "times": 0}]}, "倍数"),
        ({**RENT, "multipliers": [{**HK, "times": "一点二"}]}, "倍数"),
        ({"kind": "interest", "points": "2%", "loan": "jobs", "years": 2}, "不是金额"),
        ({"kind": "interest", "points": "2%", "loan": "loan_amount", "years": 2, "yearly": THRICE}, "years"),
        ({"kind": "match", "level": "city", "ratio": "2:1", "base": "upper_level_grant"}, "比例"),
        ({"kind": "rate", "rate": "1%", "base": ["jobs", "loan_amount"]}, "不是金额"),
        ({"kind": "fixed", "amount": "约100万元"}, "确定的人民币金额"),
        ({"kind": "fixed", "amount": "100万元以上"}, "确定的人民币金额"),
    ],
)
def test_a_benefit_that_makes_no_sense_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        worth(written, {"loan_amount": YI})
