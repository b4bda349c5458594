"""Time and aftercare at their edges: who keeps a policy, until when to apply, what is paid when and what goes back."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import FactsError, parse_facts
from services.incentives.authored import AuthoringError
from services.incentives.catalogue import build_catalogue
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.matching import evaluate, match
from services.incentives.matching.answer import Rendering, render
from services.incentives.matching.pools import allocate
from services.incentives.matching.result import PolicyOutcome
from services.incentives.policy import Policy
from services.incentives.policy.combination import Rule
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


@given(st.sampled_from(get_args(Rule)), st.integers(0, 10**12), st.lists(st.integers(0, 10**12), max_size=8))
def test_a_budget_is_never_overdrawn(rule: Rule, total: int, claims: list[int]) -> None:
    paid_out = allocate(total, rule, claims)
    assert sum(paid_out) <= total
    assert all(0 <= got <= claim for got, claim in zip(paid_out, claims, strict=True))
    if rule != "cap_control":
        assert sum(paid_out) == min(total, sum(claims))
    if sum(claims) <= total:
        assert paid_out == claims


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


def test_what_time_alone_changes_is_matched_again_each_day() -> None:
    assert policy(grandfathering=KEPT).daily
    assert policy(conditions={"id": "asked", "text": "资格", **UNTIL}).daily
    assert not policy(retention={"years": 5, "of": "stay_years", "text": "不迁出"}).daily
