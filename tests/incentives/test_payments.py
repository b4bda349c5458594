"""What is paid when: milestones, yearly checks, what was had before, what goes back; and how the sum came about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import parse_facts
from services.incentives.matching import match
from services.incentives.matching.answer import Rendering, render
from services.incentives.matching.result import PolicyOutcome
from tests.incentives.laws import law
from tests.incentives.test_terms import ALWAYS, CHECKED, DAY, SOLD, WAN, outcome, refused
from tests.incentives.writing import catalogue, policy


def paid(facts: dict[str, Any] | None = None, **benefit: Any) -> PolicyOutcome:
    whole = {"kind": "fixed", "text": "奖励", "amount": "100万元", **benefit}
    return outcome(policy(conditions=ALWAYS, benefit=whole), {"industry_code": "39", **(facts or {})})


STARTED = {"id": "started", "text": "已开工", "fact": "construction_started", "op": "eq", "value": True}
MILESTONES = [
    {"share": "30%", "at": "开工", "evidence": "施工许可证", "by": "start_date", "when": STARTED},
    {"share": "70%", "at": "投产", "evidence": "投产证明", "by": "expected_production_date"},
]


def test_a_payment_falls_into_the_year_of_its_milestone() -> None:
    dated = {"construction_started": True, "start_date": "2027-03-01", "expected_production_date": "2027-11-01"}
    together = paid(dated, instalments=MILESTONES)
    assert together.by_year(2026) == ((2027, 100 * WAN, 100 * WAN),)
    apart = paid(dated | {"expected_production_date": None}, instalments=MILESTONES)
    assert apart.by_year(2026) == ((2027, 100 * WAN, 100 * WAN),)
    undated = paid({"construction_started": True}, instalments=MILESTONES)
    assert undated.by_year(2026) == ((2026, 30 * WAN, 30 * WAN), (2027, 70 * WAN, 70 * WAN))


def test_a_milestone_that_is_not_known_is_possible_and_not_certain() -> None:
    assert paid(instalments=MILESTONES).years == ((0, 30 * WAN), (70 * WAN, 70 * WAN))
    assert paid({"construction_started": False}, instalments=MILESTONES).years == ((0, 0), (70 * WAN, 70 * WAN))


@pytest.mark.parametrize(
    ("passed", "years"),
    [(True, (100, 100, 100)), (False, (100, 0, 0)), (None, (100, 0, 0))],
)
def test_a_yearly_check_decides_what_follows_it(passed: bool | None, years: tuple[int, ...]) -> None:
    recheck = {"text": "复核", "when": CHECKED, "from_year": 2}
    found = paid({"yearly_check_passed": passed}, yearly=["100%"] * 3, recheck=recheck)
    assert tuple(certain // WAN for certain, _ in found.years) == years
    assert found.possible == (100 * WAN if passed is False else 300 * WAN)


@pytest.mark.parametrize(
    ("received", "sums"),
    [("0元", (100, 100)), ("60万元", (90, 90)), ("200万元", (0, 0)), ("50-120万元", (30, 100)), (None, (0, 100))],
)
def test_what_was_had_before_counts_towards_a_lifetime(received: str | None, sums: tuple[int, int]) -> None:
    found = paid({"aid_received": received}, lifetime={"cap": "150万元", "received": "aid_received"})
    assert (found.certain // WAN, (found.possible or 0) // WAN) == sums


@pytest.mark.parametrize(
    ("how", "facts", "kept", "returned"),
    [
        ({"how": "full"}, {"supported_assets_sold": True}, 0, 100),
        ({"how": "full"}, {"supported_assets_sold": False}, 100, None),
        ({"how": "full"}, {}, 100, None),
        ({"how": "pro_rata", "years": 5, "held": "years_since_payment"}, {"years_since_payment": 2}, 40, 60),
        ({"how": "pro_rata", "years": 5, "held": "years_since_payment"}, {"years_since_payment": 9}, 100, 0),
        ({"how": "interest", "rate": "3%", "held": "years_since_payment"}, {"years_since_payment": 2}, 0, 106),
    ],
)
def test_what_goes_back(how: dict[str, Any], facts: dict[str, Any], kept: int, returned: int | None) -> None:
    happened = {"supported_assets_sold": True, **facts} if "years_since_payment" in facts else facts
    found = paid(happened, clawback={"text": "退回", "when": SOLD, **how})
    assert found.certain == kept * WAN
    assert found.returned == (None if returned is None else (returned * WAN, returned * WAN))


def test_what_goes_back_after_years_that_nobody_counted_lies_between_bounds() -> None:
    back = {"text": "退回", "when": SOLD, "how": "pro_rata", "years": 5, "held": "years_since_payment"}
    found = paid({"supported_assets_sold": True}, clawback=back)
    assert (found.certain, found.possible, found.returned) == (0, 100 * WAN, (0, 100 * WAN))


_YES_NO = st.sampled_from([True, False, None])


@law
@given(
    st.fixed_dictionaries(
        {
            "construction_started": _YES_NO,
            "yearly_check_passed": _YES_NO,
            "supported_assets_sold": _YES_NO,
            "aid_received": st.sampled_from([None, "0元", "60万元", "50-120万元", "10万美元"]),
            "years_since_payment": st.one_of(st.none(), st.integers(0, 9)),
            "start_date": st.sampled_from([None, "2027-03-01"]),
        }
    ),
    st.sampled_from(["full", "pro_rata"]),
)
def test_no_more_is_certain_than_possible_and_outcomes_are_stored_whole(facts: dict[str, Any], how: str) -> None:
    back: dict[str, Any] = {"text": "退回", "when": SOLD, "how": how}
    if how == "pro_rata":
        back |= {"years": 5, "held": "years_since_payment"}
    found = paid(
        facts,
        instalments=MILESTONES,
        recheck={"text": "复核", "when": CHECKED},
        lifetime={"cap": "150万元", "received": "aid_received"},
        clawback=back,
    )
    assert found.possible is not None
    assert 0 <= found.certain <= found.possible
    assert all(certain <= (possible or 0) for _, certain, possible in found.by_year(2026))
    assert PolicyOutcome.of_row(found.row()) == found


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"borne": {"city": "50%", "zone": "40%"}}, "100%"),
        ({"recheck": {"text": "复核", "when": CHECKED}}, "只拨付1笔"),
        ({"clawback": {"text": "退回", "when": SOLD, "how": "pro_rata"}}, "held、years"),
        ({"lifetime": {"cap": "1万元", "received": "jobs"}}, "不是金额"),
        ({"instalments": [{"share": "30%", "at": "开工", "evidence": "许可证"}]}, "100%"),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(parts: dict[str, Any], said: str) -> None:
    assert said in refused(benefit={"kind": "fixed", "text": "奖励", "amount": "100万元", **parts})


@pytest.mark.parametrize(
    ("benefit", "facts", "line"),
    [
        ({"instalments": MILESTONES}, {"construction_started": True}, "100万元，2笔合计100万元"),
        ({"instalments": MILESTONES}, {}, "100万元，2笔合计70万元至100万元"),
        ({"lifetime": {"cap": "150万元", "received": "aid_received"}}, {"aid_received": "60万元"},
         "100万元，累计最高150万元（此前已得60万元），计90万元"),
        ({"clawback": {"text": "退回", "when": SOLD, "how": "full"}}, {"supported_assets_sold": True},
         "100万元，退回以后计0元"),
    ],
)  # fmt: skip
def test_how_the_sum_came_about(benefit: dict[str, Any], facts: dict[str, Any], line: str) -> None:
    written = policy(conditions=ALWAYS, benefit={"kind": "fixed", "text": "奖励", "amount": "100万元", **benefit})
    shelf, said = catalogue(written), parse_facts({"industry_code": "39", **facts}, "officer")
    answer = render(match(said, shelf, date.fromisoformat(DAY)), said, shelf, Rendering(zones=["jingkai"]))
    assert answer["zones"][0]["policies"][0]["calculation"] == line
