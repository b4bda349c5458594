"""A match: what counts on a day, what a zone's policies come to together, and that stored ones read back whole."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import FactValue, parse_facts
from contracts.vocabulary.zones import ZONES
from services.incentives.catalogue import Catalogue, build_catalogue
from services.incentives.matching import MatchResult, match
from services.incentives.matching.wording import left_out_reason
from services.incentives.policy import leaves_of
from tests.incentives import drawing, writing
from tests.incentives.laws import AT_ONCE, law, law_of_catalogues
from tests.incentives.writing import FAI, catalogue, fixed, policy

DAY = date(2026, 11, 23)
WAN = 1_000_000
BIG = parse_facts({"fixed_asset_investment": "2亿元"}, "example")
TEXT = {"kind": "in_kind", "text": "提供人才公寓"}


def zone(result: MatchResult, name: str = "jingkai") -> Any:
    return result.zones[name]


def test_scopes_reach_their_zones() -> None:
    shelf = catalogue(
        fixed("one-zone", "1万元"),
        fixed("one-group", "2万元", scope={"group": "zhongxin"}),
        fixed("whole-city", "4万元", scope={"city": "wuhan"}),
        fixed("elsewhere", "8万元", scope={"place": "青岛西海岸新区"}, standing="historical"),
    )
    sums = {id: outcome.certain // WAN for id, outcome in match(BIG, shelf, DAY).zones.items()}
    assert set(sums) == set(ZONES)
    assert (sums["jingkai"], sums["wuchang"], sums["donghu"]) == (5, 6, 4)


def test_what_another_leaves_nothing_of_says_so() -> None:
    shelf = catalogue(fixed("first", "100万元"), fixed("rest", "60万元", tops_up=["first"]))
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.left_out) == (100 * WAN, {"rest": ("made_up", "first")})
    more = catalogue(fixed("first", "100万元"), fixed("rest", "160万元", tops_up=["first"]))
    assert (zone(match(BIG, more, DAY)).certain, zone(match(BIG, more, DAY)).left_out) == (160 * WAN, {})


def test_a_shared_limit_says_what_it_cut_down() -> None:
    cap = [{"group": "all", "title": "各项支持", "cap": "120万元", "per": "year"}]
    shelf = catalogue(fixed("one", "100万元", shared_caps=cap), fixed("two", "60万元", shared_caps=cap))
    result = match(BIG, shelf, DAY)
    assert zone(result).certain == 120 * WAN
    assert zone(result).reached == (("各项支持", 120 * WAN, 160 * WAN, 120 * WAN, True),)
    assert MatchResult.from_document(orjson.loads(orjson.dumps(result.document()))) == result


def test_what_would_use_up_a_shared_cap_is_left_out_and_says_so() -> None:
    total = {"group": "all", "title": "三年合计", "cap": "2万元", "per": "whole"}
    year = {"group": "year", "title": "每年合计", "cap": "1万元", "per": "year"}
    slow = {"kind": "fixed", "text": "两年", "amount": "2万元", "instalments": ["50%", "50%"]}
    shelf = catalogue(
        policy(id="slow", benefit=slow, shared_caps=[total, year]),
        fixed("fast", "1万元", shared_caps=[total, year]),
        fixed("beside", "1元", shared_caps=[year]),
    )
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.left_out) == (2 * WAN, {"fast": ("crowded", "slow")})
    assert left_out_reason(("crowded", "slow"), "fast", shelf).startswith("与「汽车产业投资奖励」合用一个限额")


def test_an_expenditure_is_claimed_once() -> None:
    shelf = catalogue(
        fixed("one", "100万元", expenditures=["rd_spending"]), fixed("two", "60万元", expenditures=["rd_spending"])
    )
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.left_out) == (100 * WAN, {"two": ("claimed", "one")})


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2028-12-31", True), ("2029-01-01", False)],
)
def test_validity_includes_both_days(day: str, counts: bool) -> None:
    result = match(BIG, catalogue(fixed("a", "1万元")), date.fromisoformat(day))
    assert bool(result.policies) is counts
    assert result.standing == (("illustrative",) if counts else ())


def test_standings_that_count() -> None:
    policies = [
        fixed("ours", "1万元"),
        fixed("old", "2万元", standing="historical", valid={"from": "2026-01-01", "until": None, "assumed": True}),
        fixed("old-unknown", "4万元", standing="historical", valid={"from": None, "until": None}),
        fixed("now", "8万元", standing="in_force"),
    ]
    demo = match(BIG, catalogue(*policies), DAY)
    office = match(BIG, catalogue(*policies, illustrative=False), DAY)
    assert (zone(demo).certain, demo.standing) == (11 * WAN, ("in_force", "historical", "illustrative"))
    assert (zone(office).certain, office.standing) == (10 * WAN, ("in_force", "historical"))
    assert "old-unknown" not in demo.policies


def test_of_an_exclusive_group_only_the_best_counts() -> None:
    shelf = catalogue(
        fixed("small", "100万元", exclusive_group="plant"),
        fixed("large", "300万元", exclusive_group="plant"),
        fixed("beside", "50万元"),
    )
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.possible) == (350 * WAN, 350 * WAN)
    assert found.left_out == {"small": ("exclusive", "large")}


def test_certain_and_possible_may_choose_differently() -> None:
    uncertain = {**writing.JOBS, "id": "jobs"}
    shelf = catalogue(
        fixed("sure", "100万元", exclusive_group="plant"),
        fixed("hoped", "500万元", exclusive_group="plant", conditions=uncertain),
    )
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.possible, found.met, found.unknown) == (100 * WAN, 500 * WAN, 1, 1)
    assert found.left_out == {"hoped": ("contender", "sure")}


def test_others_money_is_not_added_up() -> None:
    shelf = catalogue(fixed("firm", "100万元"), fixed("introducer", "20万元", beneficiary="introducer"))
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.met, found.left_out) == (100 * WAN, 2, {"introducer": ("beneficiary", "")})
    asking = BIG | parse_facts({"beneficiary_role": "introducer"}, "example")
    assert zone(match(asking, shelf, DAY)).certain == 20 * WAN


def test_what_cannot_be_compared_is_counted_and_said() -> None:
    shelf = catalogue(
        fixed("money", "100万元", exclusive_group="talent"),
        policy(id="flat", benefit=TEXT, exclusive_group="talent"),
        policy(id="other", benefit=TEXT),
    )
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.possible, found.amount_unknown) == (100 * WAN, 100 * WAN, 2)
    assert found.left_out == {"flat": ("incomparable", "money")}


def test_a_clause_to_be_cleared_away_promises_nothing() -> None:
    shelf = catalogue(fixed("old", "100万元", standing="historical", cleanup={"reason": "以税收为条件"}))
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.possible, found.met) == (0, 0, 0)
    assert found.left_out == {"old": ("cleanup", "")}


def test_an_unbounded_policy_leaves_its_zone_unbounded() -> None:
    rate = {"kind": "rate", "text": "10%", "rate": "10%", "base": "equipment_investment"}
    shelf = catalogue(policy(id="open", benefit=rate), fixed("beside", "50万元"))
    found = zone(match(BIG, shelf, DAY))
    assert (found.certain, found.possible, found.amount_unknown) == (50 * WAN, None, 1)


def test_instalments_fall_into_years() -> None:
    benefit = {"kind": "fixed", "text": "三年", "amount": 100, "instalments": ["30%", "30%", "40%"]}
    shelf = catalogue(policy(id="slow", benefit=benefit), fixed("fast", "1元"))
    found = zone(match(BIG, shelf, DAY))
    assert found.by_year == ((2026, 130, 130), (2027, 30, 30), (2028, 40, 40))
    assert found.certain == 200


def test_best_zone_is_the_one_that_surely_gives_most() -> None:
    shelf = catalogue(
        fixed("a", "100万元", scope={"zone": "donghu"}),
        fixed("b", "900万元", scope={"zone": "hanyang"}, conditions=writing.JOBS),
    )
    assert match(BIG, shelf, DAY).best_zone == "donghu"
    assert match({}, shelf, DAY).best_zone == "hanyang"
    assert match({}, catalogue(), DAY).best_zone is None


def test_the_version_names_the_content() -> None:
    one, two = fixed("a", "1万元"), fixed("b", "2万元")
    assert catalogue(one, two).version == catalogue(two, one).version
    assert catalogue(one).version != catalogue(fixed("a", "2万元")).version
    assert catalogue(one).version != catalogue(one, illustrative=False).version


BENEFITS: list[dict[str, Any]] = [
    {"kind": "fixed", "text": "定额", "amount": "200万元", "instalments": ["50%", "50%"]},
    {"kind": "rate", "text": "比例", "rate": "7%", "base": "equipment_investment", "cap": "900万元"},
    {
        "kind": "rate",
        "text": "比例",
        "rate": "3%",
        "base": "fixed_asset_investment",
        "instalments": ["30%", "30%", "40%"],
    },
    TEXT,
]


def distinct(tree: Any) -> bool:
    """Whether its conditions have ids of their own, as a policy that is read must."""
    ids = [leaf.id for leaf in leaves_of(tree)]
    return len(set(ids)) == len(ids)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Small catalogues of random policies."""
    scopes: list[dict[str, str]] = [{"zone": "jingkai"}, {"zone": "donghu"}, {"group": "national"}, {"city": "wuhan"}]
    policies = [
        writing.policy(
            id=f"p{number}",
            scope=draw(st.sampled_from(scopes)),
            benefit=draw(st.sampled_from(BENEFITS)),
            exclusive_group=draw(st.sampled_from([None, "plant"])),
        ).model_copy(update={"conditions": draw(drawing.conditions().filter(distinct))})
        for number in range(draw(st.integers(0, 6)))
    ]
    return build_catalogue(policies, writing.ZONES, illustrative=True)


@law_of_catalogues
@given(catalogues(), drawing.projects(AT_ONCE), st.randoms())
def test_laws_of_a_match(shelf: Catalogue, projects: list[dict[str, FactValue]], shuffle: Any) -> None:
    policies = [each.policy for each in shelf.policies.values()]
    shuffle.shuffle(policies)
    shuffled = build_catalogue(policies, writing.ZONES, illustrative=True)
    for facts in projects:
        result = match(facts, shelf, DAY)
        no_more_is_certain_than_possible(result)
        assert MatchResult.from_document(orjson.loads(orjson.dumps(result.document()))) == result
        names = list(facts)
        shuffle.shuffle(names)
        assert match({name: facts[name] for name in names}, shuffled, DAY) == result


def no_more_is_certain_than_possible(result: MatchResult) -> None:
    for outcome in result.policies.values():
        assert outcome.possible is None or outcome.certain <= outcome.possible
    for found in result.zones.values():
        assert found.possible is None or found.certain <= found.possible
        assert sum(certain for _, certain, _ in found.by_year) == found.certain
        if found.possible is not None:
            assert sum(possible or 0 for _, _, possible in found.by_year) == found.possible


@law
@given(drawing.fen(), drawing.fen())
def test_relaxing_a_threshold_never_loses_a_match(limit: int, stated: int) -> None:
    facts = parse_facts({"fixed_asset_investment": stated}, "example")
    strict = catalogue(policy(conditions={**FAI, "value": limit}))
    relaxed = catalogue(policy(conditions={**FAI, "value": limit // 2}))
    assert zone(match(facts, relaxed, DAY)).met >= zone(match(facts, strict, DAY)).met
