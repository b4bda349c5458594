"""What is worked out once or all at once is what it would be by itself: conditions, sums, days, words."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import FactValue, parse_facts
from services.incentives.catalogue import Catalogue, build_catalogue
from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.evaluation.measures import measured
from services.incentives.evaluation.stated import Stated, span_of
from services.incentives.evaluation.undecided import Undecided
from services.incentives.matching import Rendering, evaluate, match, render
from services.incentives.policy import Leaf, leaves_of
from services.incentives.policy.tree import All, Not
from services.incentives.policy_folder import load_policies
from services.incentives.settings import POLICIES
from tests.incentives import forms, writing
from tests.incentives.drawing import conditions, fact_values
from tests.incentives.laws import law, law_of_catalogues
from tests.incentives.test_terms import ALWAYS, outcome
from tests.incentives.writing import catalogue, fixed, policy

DAY = date(2026, 11, 23)
HOW = Rendering(order="amount", nearest=True)


@cache
def shipped() -> Catalogue:
    return build_catalogue(load_policies(POLICIES), writing.ZONES, illustrative=True)


@law_of_catalogues
@given(forms.facts())
def test_a_match_says_of_each_policy_what_it_comes_to_by_itself(known: dict[str, FactValue]) -> None:
    shelf, found = shipped(), match(known, shipped(), DAY)
    verdicts = shelf.predicates.evaluate(known, DAY)
    assert found.policies == {each.id: evaluate(each, known, verdicts) for each in shelf.effective(DAY)}


@law
@given(conditions(), st.data())
def test_what_leaves_a_policy_open_is_found_where_it_is_written(tree: Any, data: st.DataObject) -> None:
    verdicts = bytes(data.draw(st.sampled_from([NOT_MET, UNKNOWN, MET])) for _ in leaves_of(tree))
    verdict, open_ = plainly(tree, list(enumerate(verdicts)))
    assert Undecided(tree).among(verdicts) == (open_ if verdict == UNKNOWN else [])


def plainly(node: Any, verdicts: list[tuple[int, int]]) -> tuple[int, list[int]]:
    """The verdict of a node, and the places that leave it open; takes those of its leaves off ``verdicts``."""
    if isinstance(node, Leaf):
        place, verdict = verdicts.pop(0)
        return verdict, [place] if verdict == UNKNOWN else []
    if isinstance(node, Not):
        verdict, places = plainly(node.not_, verdicts)
        return MET - verdict, places
    found = [plainly(child, verdicts) for child in (node.all if isinstance(node, All) else node.any)]
    verdict = (min if isinstance(node, All) else max)(each for each, _ in found)
    return verdict, [place for _, places in found for place in places] if verdict == UNKNOWN else []


@law
@given(st.sampled_from(["fixed_asset_investment", "jobs", "industry_code"]), st.data())
def test_a_fact_is_stated_as_it_is_measured(name: str, data: st.DataObject) -> None:
    value = data.draw(fact_values(name))
    stated = Stated({name: value})
    assert stated[name] == span_of(measured(value))
    assert stated["equipment_investment"] == span_of(None)


@law
@given(fact_values("fixed_asset_investment"), st.sampled_from([None, "3万元", "10万元"]))
def test_one_sum_in_parts_is_what_it_is_under_a_limit_that_it_does_not_reach(value: FactValue, cap: str | None) -> None:
    parts: dict[str, Any] = {
        "kind": "rate",
        "text": "补助",
        "base": "fixed_asset_investment",
        "rate": "0.3%",
        "cap": cap,
    }
    parts |= {"instalments": ["33.3%", "33.3%", "33.4%"]}
    known = {"fixed_asset_investment": value, **parse_facts({"industry_code": "39"}, "example")}
    never_reached = {"lifetime": {"cap": "9000亿元", "received": "aid_received"}}
    known |= parse_facts({"aid_received": {"state": "not_applicable"}}, "example")
    shelf = catalogue(
        policy(id="plain", conditions=ALWAYS, benefit=parts),
        policy(id="bounded", conditions=ALWAYS, benefit=parts | never_reached),
    )
    found = match(known, shelf, DAY).policies
    one, other = found["plain"], found["bounded"]
    if one.possible is not None:
        assert one == other
    assert (one.certain, [certain for certain, _ in one.years]) == (other.certain, [each for each, _ in other.years])


def test_sums_beyond_what_json_carries_are_cut_off_in_parts_as_whole() -> None:
    price = {"kind": "per_unit", "text": "每人", "price": "1亿元", "units": [{"fact": "jobs"}]}
    known = {"industry_code": "39", "jobs": 10**6}
    whole = outcome(policy(conditions=ALWAYS, benefit=price), known)
    assert whole == (MET, whole.leaves, 9 * 10**15, None, True, (), (), None)
    benefit = price | {"instalments": ["50%", "50%"]}
    found = outcome(policy(conditions=ALWAYS, benefit=benefit), known)
    assert (found.certain, found.possible) == (9 * 10**15, None)
    assert found.years == ((5 * 10**15, 5 * 10**15), (5 * 10**15, 5 * 10**15))


def test_days_on_which_the_same_holds_are_laid_out_once() -> None:
    review = {"reviewer": "审查员", "conclusion": "不排除竞争", "basis": "第十二条", "on": "2026-01-05"}
    shelf = catalogue(fixed("ends", "1万元", review={**review, "until": "2026-12-31"}), fixed("stays", "2万元"))
    last, first = date(2026, 12, 31), date(2027, 1, 1)
    assert shelf.laid_out(last) is shelf.laid_out(last - timedelta(1))
    assert shelf.laid_out(first) is not shelf.laid_out(last)
    assert [each.barred for each in shelf.effective(first)] == ["review", None]
    assert [each.barred for each in shelf.effective(last)] == [None, None]


def test_what_is_said_of_one_project_is_not_said_of_the_next() -> None:
    shelf = catalogue(policy(conditions={"all": [writing.FAI, {"not": writing.DISHONEST}]}))
    first = parse_facts({"fixed_asset_investment": "2亿元", "serious_dishonesty": False}, "officer", "lead-1")
    given_first = render(match(first, shelf, DAY), first, shelf, HOW)
    kept = deepcopy(given_first)
    nobody = render(match({}, shelf, DAY), {}, shelf, HOW)
    assert given_first == kept
    zone = next(each for each in nobody["zones"] if each["policies"])
    assert [each["shown"] for each in zone["policies"][0]["conditions"]] == ["未填", "未填"]
    assert all(each["source"] is None and each["value"] is None for each in zone["policies"][0]["conditions"])


@pytest.mark.parametrize(("certain", "second"), [("100万元", "one"), ("300万元", "two")])
def test_the_greatest_of_rivals_is_had_and_of_equal_ones_the_first(certain: str, second: str) -> None:
    shelf = catalogue(fixed("one", "100万元", exclusive_group="g"), fixed("two", certain, exclusive_group="g"))
    big = parse_facts({"fixed_asset_investment": "2亿元"}, "example")
    left_out = match(big, shelf, DAY).zones["jingkai"].left_out
    assert left_out == {({"one": "two", "two": "one"}[second]): ("exclusive", second)}
