"""Time and aftercare at their edges: who keeps a policy, until when to apply, what is paid when and what goes back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import FactsError, parse_facts
from services.incentives.authored import AuthoringError
from services.incentives.catalogue import build_catalogue
from services.incentives.comparisons import VERDICTS
from services.incentives.matching import evaluate, match
from services.incentives.matching.answer import Rendering, render
from services.incentives.matching.result import PolicyOutcome
from services.incentives.policy import Policy
from services.incentives.policy.combination import RULES, Rule
from services.incentives.pools import allocate
from tests.incentives.writing import catalogue, policy

DAY = "2026-11-23"
WAN = 1_000_000
ALWAYS = {"id": "known", "text": "已知行业", "fact": "industry_code", "op": "known"}
SOLD = {"id": "sold", "text": "转让资产", "fact": "supported_assets_sold", "op": "eq", "value": True}
CHECKED = {"id": "checked", "text": "复核通过", "fact": "yearly_check_passed", "op": "eq", "value": True}


def outcome(written: Policy, facts: dict[str, Any], on: str = DAY) -> PolicyOutcome:
    shelf = build_catalogue([written], {}, illustrative=True)
    said = parse_facts(facts, "officer")
    return evaluate(shelf.policies[written.id], said, shelf.predicates.evaluate(said, date.fromisoformat(on)))


def verdict(condition: dict[str, Any], facts: dict[str, Any], on: str = DAY) -> str:
    written = policy(conditions={"id": "asked", "text": "条件", **condition})
    return VERDICTS[outcome(written, facts, on).verdict]


def paid(facts: dict[str, Any] | None = None, **benefit: Any) -> PolicyOutcome:
    whole = {"kind": "fixed", "text": "奖励", "amount": "100万元", **benefit}
    return outcome(policy(conditions=ALWAYS, benefit=whole), {"industry_code": "39", **(facts or {})})


def refused(**changes: Any) -> str:
    with pytest.raises(AuthoringError) as told:
        policy(**changes)
    return str(told.value)


UNTIL = {"held": {"status": "national_hightech", "until": "hightech_valid_until"}}
YEARS = {"held": {"status": "qualifications", "tag": "gazelle", "on": "recognised_on", "years": 3}}


@pytest.mark.parametrize(
    ("form", "facts", "expected"),
    [
        (UNTIL, {"national_hightech": True, "hightech_valid_until": DAY}, "met"),
        (UNTIL, {"national_hightech": True, "hightech_valid_until": "2026-11-22"}, "not_met"),
        (UNTIL, {"national_hightech": False}, "not_met"),
        (UNTIL, {"hightech_valid_until": "2026-11-22"}, "not_met"),
        (UNTIL, {"national_hightech": True}, "unknown"),
        (UNTIL, {"national_hightech": True, "hightech_valid_until": {"state": "not_applicable"}}, "not_met"),
        (YEARS, {"qualifications": ["gazelle"], "recognised_on": "2023-11-24"}, "met"),
        (YEARS, {"qualifications": ["gazelle"], "recognised_on": "2023-11-23"}, "not_met"),
        (YEARS, {"qualifications": ["gazelle"], "recognised_on": "2026-11-24"}, "not_met"),
        (YEARS, {"qualifications": ["unicorn"], "recognised_on": "2025-01-01"}, "not_met"),
    ],
)
def test_a_recognition_is_in_force_or_not(form: dict[str, Any], facts: dict[str, Any], expected: str) -> None:
    assert verdict(form, facts) == expected


def test_a_recognition_of_a_leap_day_ends_with_february() -> None:
    facts = {"qualifications": ["gazelle"], "recognised_on": "2024-02-29"}
    assert (verdict(YEARS, facts, "2027-02-27"), verdict(YEARS, facts, "2027-02-28")) == ("met", "not_met")


RULED = {"ruling": {"of": "panel_ruling", "by": "评审会"}}


def test_a_ruling_is_what_the_office_recorded() -> None:
    assert verdict(RULED, {"panel_ruling": True}) == "met"
    assert verdict(RULED, {"panel_ruling": False}) == "not_met"
    assert verdict(RULED, {}) == "unknown"


@pytest.mark.parametrize("source", ["visitor", "partner"])
def test_no_applicant_states_a_ruling(source: Any) -> None:
    with pytest.raises(FactsError, match="由招商部门记录"):
        parse_facts({"panel_ruling": True}, source)
    assert parse_facts({"panel_ruling": None}, source) == {}


KEPT = {"by": "entry_date", "until": "2031-12-31", "text": "有效期内入驻的继续支持"}


@pytest.mark.parametrize(
    ("on", "entry", "expected"),
    [
        ("2028-12-31", "2020-01-01", "met"),
        ("2029-01-01", "2028-12-31", "met"),
        ("2031-12-31", "2026-01-01", "met"),
        ("2029-01-01", "2029-01-01", "not_met"),
        ("2029-01-01", "2025-12-31", "not_met"),
        ("2029-01-01", None, "unknown"),
        ("2032-01-01", "2027-01-01", "over"),
    ],
)
def test_who_came_in_time_keeps_the_policy(on: str, entry: str | None, expected: str) -> None:
    written = policy(conditions=ALWAYS, grandfathering=KEPT)
    facts = parse_facts({"industry_code": "39", "entry_date": entry}, "officer")
    found = match(facts, catalogue(written), date.fromisoformat(on)).policies.get(written.id)
    assert (VERDICTS[found.verdict] if found else "over") == expected


@pytest.mark.parametrize(
    ("application", "on", "facts", "expected"),
    [
        ({"from": "2026-03-01", "until": "2026-11-23"}, DAY, {}, "met"),
        ({"from": "2026-03-01", "until": "2026-11-22"}, DAY, {}, "not_met"),
        ({"yearly": {"from": "11-01", "until": "01-31"}}, "2028-12-31", {}, "met"),
        ({"yearly": {"from": "03-01", "until": "04-30"}}, "2028-04-30", {}, "met"),
        ({"yearly": {"from": "03-01", "until": "04-30"}}, "2028-05-01", {}, "not_met"),
        ({"after": "recognised_on", "months": 6}, "2026-08-28", {"recognised_on": "2026-02-28"}, "met"),
        ({"after": "recognised_on", "months": 6}, "2026-08-29", {"recognised_on": "2026-02-28"}, "not_met"),
        ({"after": "recognised_on", "months": 6}, DAY, {}, "unknown"),
    ],
)
def test_one_may_still_apply_or_not(application: Any, on: str, facts: dict[str, Any], expected: str) -> None:
    written = policy(conditions=ALWAYS, application={"text": "申报期内申报", **application})
    assert VERDICTS[outcome(written, {"industry_code": "39", **facts}, on).verdict] == expected


def test_what_a_term_adds_is_shown_with_the_conditions_and_the_next_season_named() -> None:
    written = policy(
        conditions=ALWAYS,
        application={"text": "每年3至4月申报", "yearly": {"from": "03-01", "until": "04-30"}},
        retention={"years": 5, "of": "stay_years", "text": "五年内不迁出"},
    )
    facts = parse_facts({"industry_code": "39", "stay_years": 5}, "officer")
    shelf = catalogue(written)
    answer = render(match(facts, shelf, date.fromisoformat(DAY)), facts, shelf, Rendering(zones=["jingkai"]))
    (found,) = answer["zones"][0]["policies"]
    shown = {each["id"]: (each["verdict"], each["fact"], each["computed"]) for each in found["conditions"]}
    assert shown["application"] == ("met", None, "是")
    assert shown["retention"] == ("met", "stay_years", None)
    assert found["terms"] == [{"kind": "application", "text": "每年3至4月申报（下一次申报期：2027-03-01至2027-04-30）"}]


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


@given(st.sampled_from(sorted(RULES)), st.integers(0, 10**12), st.lists(st.integers(0, 10**12), max_size=8))
def test_a_budget_is_never_overdrawn(rule: Rule, total: int, claims: list[int]) -> None:
    paid_out = allocate(total, rule, claims)
    assert sum(paid_out) <= total
    assert all(0 <= got <= claim for got, claim in zip(paid_out, claims, strict=True))
    if rule != "cap_control":
        assert sum(paid_out) == min(total, sum(claims))
    if sum(claims) <= total:
        assert paid_out == claims


_YES_NO = st.sampled_from([True, False, None])


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
    ("changes", "said"),
    [
        ({"conditions": {"id": "x", "text": "资格", "held": {"status": "national_hightech"}}}, "on 或有效期至 until"),
        ({"conditions": {"id": "x", "text": "资格", "held": {"status": "jobs", "on": "start_date"}}}, "新增就业"),
        ({"conditions": {"id": "x", "text": "认定", "ruling": {"of": "listed", "by": "评审会"}}}, "panel_ruling"),
        ({"conditions": {"id": "application", "text": "名字", "fact": "jobs", "op": "known"}}, "请另取一个"),
        ({"application": {"text": "申报", "from": "2026-03-01"}}, "申报期写一种"),
        ({"application": {"text": "申报", "after": "recognised_on"}}, "要一起写"),
        ({"application": {"text": "申报", "yearly": {"from": "02-29", "until": "03-31"}}}, "02-28"),
        ({"grandfathering": {"by": "jobs", "text": "继续支持"}}, "不是日期"),
        ({"tops_up": ["jingkai-example"]}, "不能补足自己的差额"),
        ({"expenditures": ["jobs"]}, "不是一笔支出"),
    ],
)
def test_a_term_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refused(**changes)


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


def test_what_time_alone_changes_is_matched_again_each_day() -> None:
    assert policy(grandfathering=KEPT).daily
    assert policy(conditions={"id": "asked", "text": "资格", **UNTIL}).daily
    assert not policy(retention={"years": 5, "of": "stay_years", "text": "不迁出"}).daily
