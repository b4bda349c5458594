"""What policies come to together: against every choice tried one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import parse_facts
from services.incentives.evaluation.comparisons import NOT_MET
from services.incentives.evaluation.spans import told
from services.incentives.matching import match, selection
from services.incentives.matching.combination import Candidate, lowest
from services.incentives.matching.selection import Item, Selection, select
from services.incentives.policy import Policy
from services.incentives.policy.combination import Limit
from tests.incentives.items import ENDLESS, item, items_and_limits, limit
from tests.incentives.laws import law, law_of_catalogues
from tests.incentives.writing import CODE, FAI, catalogue, policy


def chosen(found: Selection) -> set[str]:
    return set(found.chosen)


def test_what_stands_alone_is_added_up() -> None:
    found = select([item("a", 3, 4), item("b", 5)], {})
    assert (chosen(found), found.years) == ({"a", "b"}, {2026: 8, 2027: 4})


def test_of_a_group_the_best_counts() -> None:
    found = select([item("a", 3, rivals="g"), item("b", 5, rivals="g"), item("c", 1)], {})
    assert (chosen(found), found.total) == ({"b", "c"}, 6)


def test_two_small_claims_may_be_worth_more_than_the_large_one_between_them() -> None:
    items = [item("both", 10, rivals="x y"), item("one", 6, rivals="x"), item("other", 6, rivals="y")]
    assert chosen(select(items, {})) == {"one", "other"}
    assert chosen(select([*items[:1], *(each._replace(years={2026: 4}) for each in items[1:])], {})) == {"both"}


def test_a_cap_changes_which_of_a_group_is_best() -> None:
    items = [item("now", 10, rivals="g", limits="c"), item("later", 6, 6, rivals="g", limits="c")]
    assert chosen(select(items, limit("c", 12))) == {"later"}
    assert chosen(select(items, limit("c", 10))) in ({"now"}, {"later"})
    found = select(items, limit("c", 7, per_year=True))
    assert (chosen(found), found.years) == ({"later"}, {2026: 6, 2027: 6})


def test_caps_inside_one_another_and_which_were_reached() -> None:
    limits = limit("year", 5, per_year=True) | limit("all", 8)
    found = select([item("a", 4, 4, limits="year all"), item("b", 4, 1, limits="year all")], limits)
    assert (found.years, found.reduced) == ({2026: 5, 2027: 3}, {"year": (13, 10), "all": (10, 8)})


def test_a_policy_that_uses_up_a_cap_in_a_year_cut_off_by_another_is_left_out() -> None:
    items = [item("slow", 1, 1, limits="all year"), item("fast", 1, limits="all year"), item("c", 0, limits="year")]
    found = select(items, limit("all", 2) | limit("year", 1, per_year=True))
    assert (chosen(found), found.years) == ({"slow", "c"}, {2026: 1, 2027: 1})


def test_a_difference_is_made_up() -> None:
    items = [item("first", 100), item("rest", 60, 120, tops_up="first")]
    assert select(items, {}).years == {2026: 100, 2027: 80}
    assert select(items[1:], {}).total == 180
    smaller = [item("first", 300), items[1]]
    assert select(smaller, {}).total == 300


def test_two_that_make_each_other_up_count_as_the_greater() -> None:
    assert select([item("a", 5, tops_up="b"), item("b", 8, tops_up="a")], {}).total == 8


def test_a_sum_without_bound_stays_without_one_unless_it_is_capped() -> None:
    assert select([item("a", ENDLESS, rivals="g"), item("b", 5, rivals="g")], {}).total == ENDLESS
    assert select([item("a", ENDLESS, limits="c"), item("b", 5, limits="c")], limit("c", 9)).total == 9


def test_a_search_that_is_too_long_is_left_to_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [item(str(number), 10 + number % 3, rivals=f"{number} {number + 1}") for number in range(12)]
    searched = select(items, {})
    monkeypatch.setattr(selection, "MOST_STEPS", 3)
    assert select(items, {}).total == searched.total


def allowed(items: Sequence[Item]) -> bool:
    return not any(one.rivals & other.rivals for one, other in combinations(items, 2))


def every_choice(items: Sequence[Item]) -> Iterator[list[Item]]:
    for size in range(len(items) + 1):
        yield from (list(each) for each in combinations(items, size) if allowed(each))


def worth(taken: Sequence[Item], everything: Sequence[Item], limits: Mapping[str, Limit]) -> float:
    """What a choice comes to, written down once more: differences, then caps from the narrowest."""
    sums = {}
    for each in taken:
        had = sum(other.total for other in taken if other.id in each.tops_up)
        pays = dict(each.years)
        for year in sorted(pays):
            off = min(had, pays[year])
            pays[year], had = pays[year] - off, had - off
        sums[each.id] = pays
    members = {name: {each.id for each in everything if name in each.limits} for name in limits}
    order = sorted(limits, key=lambda name: (len(members[name]), not limits[name].per_year, name))
    merged: list[tuple[set[str], dict[int, float]]] = [({id}, pays) for id, pays in sums.items()]
    for name in order:
        inside = [each for each in merged if each[0] <= members[name]]
        together: dict[int, float] = {}
        for _, pays in inside:
            for year, fen in pays.items():
                together[year] = together.get(year, 0) + fen
        left: float = limits[name].most
        for year in sorted(together):
            together[year] = min(together[year], limits[name].most if limits[name].per_year else left)
            left -= together[year]
        merged = [each for each in merged if each not in inside]
        merged.append((set().union(*(ids for ids, _ in inside)), together))
    return sum(fen for _, pays in merged for fen in pays.values())


@law
@given(items_and_limits(years=3, crossing=False))
def test_no_choice_is_better(drawn: tuple[list[Item], dict[str, Limit]]) -> None:
    items, limits = drawn
    found = select(items, limits)
    taken = [each for each in items if each.id in found.chosen]
    assert allowed(taken)
    assert found.total == worth(taken, items, limits) == max(worth(each, items, limits) for each in every_choice(items))


@law
@given(items_and_limits(years=2, crossing=False), st.randoms())
def test_the_order_of_policies_never_matters(drawn: tuple[list[Item], dict[str, Limit]], random: Any) -> None:
    items, limits = drawn
    shuffled = random.sample(items, len(items))
    assert select(shuffled, limits).total == select(items, limits).total


DAY = date(2026, 11, 23)
INVESTED = ("2亿元", {"low": 15 * 10**9, "high": 30 * 10**9, "currency": "CNY"}, {"low": 10**10, "currency": "CNY"})


@st.composite
def sharing(draw: st.DrawFn, number: int, caps: Mapping[str, str]) -> Policy:
    """A policy of one zone that may exclude others, share limits, and make up differences to those before it."""
    money = st.sampled_from(["10万元", "20万元", "30万元", "50万元"])
    fixed = {"kind": "fixed", "amount": draw(money)}
    rate = {"kind": "rate", "base": "fixed_asset_investment", "rate": "0.1%", "cap": draw(st.none() | money)}
    parts = {"instalments": ["40%", "60%"]} if draw(st.booleans()) else {}
    groups = draw(st.lists(st.sampled_from(sorted(caps)), max_size=2, unique=True))
    shared = [{"group": each, "title": each, "cap": caps[each], "per": each.split("-")[0]} for each in groups]
    first = f"p{draw(st.integers(0, number - 1))}" if number and draw(st.integers(0, 3)) == 0 else None
    return policy(
        id=f"p{number}",
        conditions=draw(st.sampled_from([FAI, CODE])),
        benefit={"text": "奖励", **draw(st.sampled_from([fixed, rate])), **parts},
        exclusive_group=draw(st.sampled_from([None, None, "one"])),
        shared_caps=shared or None,
        tops_up=first and [first],
    )


@law_of_catalogues
@given(st.data())
def test_a_zone_comes_to_the_best_of_all_that_it_offers_whatever_is_set_apart(data: st.DataObject) -> None:
    caps = {name: data.draw(st.sampled_from(["15万元", "40万元", "500万元"])) for name in ("year-all", "whole-all")}
    offered = [data.draw(sharing(number, caps)) for number in range(data.draw(st.integers(1, 4)))]
    known = {"fixed_asset_investment": data.draw(st.sampled_from(INVESTED))}
    shelf, facts = catalogue(*offered), parse_facts(known, "example")
    found = match(facts, shelf, DAY)
    hopeful = [Candidate(each, found.policies[each.id], DAY.year) for each in shelf.effective(DAY)]
    hopeful = [each for each in hopeful if each.outcome.verdict != NOT_MET]
    limits = lowest([each.compiled for each in hopeful])
    sure, hoped = (select([getattr(each, plane) for each in hopeful], limits) for plane in ("sure", "hoped"))
    zone = found.zones["jingkai"]
    assert (zone.certain, zone.possible) == told(sure.total, hoped.total)
    assert {limit[0] for limit in zone.reached} == {limits[name].title for name in {*sure.reduced, *hoped.reduced}}
