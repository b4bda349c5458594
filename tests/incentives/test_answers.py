"""The answer people read: every condition with its rule and value, what is missing, what would be enough."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.vocabulary.facts import FactValue, parse_facts
from services.incentives.evaluation.phrases import turned_round
from services.incentives.matching import Rendering, match, render
from services.incentives.policy import Policy
from services.incentives.schemas import MatchAnswer
from tests.incentives.drawing import told
from tests.incentives.writing import CODE, DISHONEST, FAI, JOBS, catalogue, fixed, policy

DAY = date(2026, 11, 23)
FOR_STAFF = Rendering(order="amount", nearest=True)


def answer(facts: dict[str, FactValue], *policies: Policy, how: Rendering = FOR_STAFF) -> dict[str, Any]:
    shelf = catalogue(*policies)
    document = render(match(facts, shelf, DAY), facts, shelf, how)
    MatchAnswer.model_validate({"decision": None, "lead_revision": None, **document})
    return document


def only(facts: dict[str, Any], conditions: Any, **changes: Any) -> dict[str, Any]:
    """The one policy of jingkai with these conditions."""
    document = answer(parse_facts(facts, "visitor"), policy(conditions=conditions, **changes))
    zones = {zone["zone"]: zone for zone in document["zones"]}
    return dict(zones["jingkai"]["policies"][0])


def test_each_condition_shows_its_rule_and_the_value_given() -> None:
    found = only({"fixed_asset_investment": "约8000万元"}, {"all": [FAI, JOBS]})
    rule = found["conditions"][0]
    assert (rule["id"], rule["text"], rule["verdict"]) == ("fai", "固定资产投资不低于1亿元", "not_met")
    assert (rule["shown"], rule["as_written"]) == ("约8,000万元", "约8000万元")
    assert rule["value"]["low"] == 8_000_000_00 * 10
    assert rule["source"] == {"kind": "visitor", "id": None}
    assert (found["conditions"][1]["verdict"], found["conditions"][1]["shown"]) == ("unknown", "未填")


def test_an_exclusion_reads_the_right_way_round() -> None:
    clean = only({"fixed_asset_investment": "2亿元", "serious_dishonesty": False}, {"all": [FAI, {"not": DISHONEST}]})
    assert clean["verdict"] == "met"
    assert clean["conditions"][1]["text"] == "未列入严重失信主体名单"
    assert clean["conditions"][1]["verdict"] == "met"
    listed = only({"fixed_asset_investment": "2亿元", "serious_dishonesty": True}, {"all": [FAI, {"not": DISHONEST}]})
    assert (listed["verdict"], listed["conditions"][1]["verdict"]) == ("not_met", "not_met")


@pytest.mark.parametrize(
    ("sentence", "instead"),
    [("属于房地产业", "不属于房地产业"), ("已享受同类支持", "未享受同类支持"), ("有转租", "没有以下情形：有转租")],
)
def test_exclusions_turned_round(sentence: str, instead: str) -> None:
    assert turned_round(sentence) == instead


def test_alternatives_are_marked_as_such() -> None:
    found = only({}, {"all": [CODE, {"any": [FAI, JOBS]}]})
    assert [each["any_of"] for each in found["conditions"]] == [None, 1, 1]


def test_only_facts_that_could_decide_are_asked_for() -> None:
    undecided = {"all": [CODE, {"any": [FAI, JOBS]}, {"not": DISHONEST}]}
    assert only({}, undecided)["missing_facts"] == [
        "industry_code", "fixed_asset_investment", "jobs", "serious_dishonesty",
    ]  # fmt: skip
    assert only({"industry_code": "3962", "jobs": 300}, undecided)["missing_facts"] == ["serious_dishonesty"]
    assert only({"industry_code": "65"}, undecided)["missing_facts"] == []


def test_a_base_that_nobody_stated_is_asked_for() -> None:
    rate = {"kind": "rate", "text": "10%", "rate": "10%", "base": "equipment_investment", "cap": "100万元"}
    found = only({"fixed_asset_investment": "2亿元"}, FAI, benefit=rate)
    assert (found["verdict"], found["certain_fen"], found["possible_fen"]) == ("met", 0, 100_000_000)
    assert found["missing_facts"] == ["equipment_investment"]


@pytest.mark.parametrize("stated", ["0.9-1.1亿元", "5000万美元", "待定"])
def test_what_was_stated_too_vaguely_is_unclear_and_not_missing(stated: str) -> None:
    found = only({"fixed_asset_investment": stated}, FAI)
    assert (found["verdict"], found["missing_facts"]) == ("unknown", [])
    assert found["unclear_facts"] == ["fixed_asset_investment"]


def test_a_conflict_is_reported() -> None:
    facts = {"jobs": told(None, "conflict")}
    document = answer(facts, policy(conditions=JOBS))
    found = next(zone for zone in document["zones"] if zone["zone"] == "jingkai")["policies"][0]
    assert (found["verdict"], found["unclear_facts"]) == ("unknown", ["jobs"])
    assert found["conditions"][0]["shown"] == "说法不一，待核实"


def test_nearest_names_the_number_to_reach() -> None:
    found = only({"fixed_asset_investment": "8000万元", "jobs": 60}, {"all": [FAI, JOBS]})
    assert [(each["fact"], each["from"], each["to"]) for each in found["nearest"]] == [
        ("fixed_asset_investment", 8_000_000_000, 10_000_000_000),
        ("jobs", 60, 100),
    ]
    assert found["nearest"][0]["text"] == "固定资产投资从8,000万元增加到1亿元（相差2,000万元）"


@pytest.mark.parametrize(
    ("op", "value", "stated", "to"),
    [
        ("gt", 100, 100, 101),
        ("lt", 100, 100, 99),
        ("le", 100, 130, 100),
        ("eq", 100, 130, 100),
        ("between", {"low": 10, "high": 20, "low_open": True}, 3, 11),
        ("between", {"low": 10, "high": 20, "high_open": True}, 30, 19),
    ],
)
def test_nearest_of_every_comparison(op: str, value: Any, stated: int, to: int) -> None:
    found = only({"jobs": stated}, {**JOBS, "op": op, "value": value})
    assert [each["to"] for each in found["nearest"]] == [to]
    reached = only({"jobs": to}, {**JOBS, "op": op, "value": value})
    assert reached["verdict"] == "met"


def test_nearest_takes_the_shorter_way_and_turns_exclusions_round() -> None:
    either = {"any": [{"all": [FAI, JOBS]}, {**JOBS, "id": "few", "value": 80}]}
    assert [each["to"] for each in only({"fixed_asset_investment": 1, "jobs": 60}, either)["nearest"]] == [80]
    limit = {"not": {**JOBS, "text": "超过100人", "op": "gt"}}
    assert [each["to"] for each in only({"jobs": 120}, limit)["nearest"]] == [100]


def test_no_number_helps_where_the_industry_is_another() -> None:
    found = only({"fixed_asset_investment": "8000万元", "industry_code": "65"}, {"all": [FAI, CODE]})
    assert found["nearest"] == []


def test_the_public_is_told_no_numbers_to_aim_at() -> None:
    facts = parse_facts({"fixed_asset_investment": "8000万元"}, "visitor")
    document = answer(facts, policy(), how=Rendering())
    assert all(each["nearest"] == [] for zone in document["zones"] for each in zone["policies"])


def test_zones_by_industry_fit_and_by_amount() -> None:
    facts = parse_facts({"industry_code": "3962", "fixed_asset_investment": "2亿元"}, "visitor")
    policies = [fixed("a", "900万元", scope={"zone": "hanyang"}), fixed("b", "100万元", scope={"zone": "jingkai"})]
    by_fit = answer(facts, *policies, how=Rendering())["zones"]
    assert (by_fit[0]["zone"], by_fit[0]["industry_fit"]) == ("jingkai", "lead")
    assert {zone["zone"]: zone["industry_fit"] for zone in by_fit}["donghu"] == "related"
    by_amount = answer(facts, *policies)["zones"]
    assert [zone["zone"] for zone in by_amount[:2]] == ["hanyang", "jingkai"]


def test_every_zone_says_its_rank_whichever_are_shown_and_equal_offers_share_one() -> None:
    facts = parse_facts({"fixed_asset_investment": "2亿元"}, "visitor")
    policies = [fixed("a", "900万元", scope={"zone": "hanyang"}), fixed("b", "100万元", scope={"zone": "jingkai"})]
    places = {zone["zone"]: zone["rank"] for zone in answer(facts, *policies)["zones"]}
    assert (places["hanyang"], places["jingkai"], places["donghu"], places["wuchang"]) == (1, 2, 3, 3)
    (shown,) = answer(facts, *policies, how=Rendering(zones=["jingkai"]))["zones"]
    assert shown["rank"] == 2


def test_a_chain_can_only_suggest_a_fit() -> None:
    facts = parse_facts({"industry_chain": "connected_vehicle"}, "visitor")
    fits = {zone["zone"]: zone["industry_fit"] for zone in answer(facts, how=Rendering())["zones"]}
    assert fits["jingkai"] == "related"
    assert "lead" not in fits.values()


def test_only_the_zones_asked_for() -> None:
    document = answer({}, policy(), how=Rendering(zones=["donghu", "jingkai"]))
    assert {zone["zone"] for zone in document["zones"]} == {"donghu", "jingkai"}


def test_what_does_not_count_says_why() -> None:
    facts = parse_facts({"fixed_asset_investment": "2亿元"}, "visitor")
    document = answer(
        facts,
        fixed("large", "300万元", exclusive_group="plant"),
        fixed("small", "100万元", exclusive_group="plant"),
        fixed("old", "9万元", standing="historical", cleanup={"reason": "以税收为条件"}),
    )
    zone = next(each for each in document["zones"] if each["zone"] == "jingkai")
    why = {each["policy"]: (each["in_best_combination"], each["left_out_because"]) for each in zone["policies"]}
    assert why["large"] == (True, None)
    assert why["small"] == (False, "与「奖励 large」同组，就高不重复，只计较高的一项")
    assert why["old"] == (False, "待清理条款，不计入合计：以税收为条件")
