"""Kleene's laws, and the compiled conditions against a reading of them that nobody optimised."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue, parse_facts
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.policy.tree import All, AnyOf, Leaf, Not
from tests.incentives.drawing import VALUES, conditions, fact_values, facts, leaves, told
from tests.incentives.laws import law
from tests.incentives.reference import verdict as reference

YI = 10_000_000_000
DAY = date(2026, 11, 28)
Facts = dict[str, FactValue]


def verdict(node: Any, known: Facts) -> str:
    predicates = Predicates()
    formula, _ = compile_condition(node, predicates)
    return VERDICTS[formula(predicates.evaluate(known, DAY))]


def leaf(fact: str, op: str, value: Any = None) -> Leaf:
    return Leaf(id="c", text="条件", fact=fact, op=op, value=value)


@law
@given(conditions(), facts())
def test_compiled_conditions_agree_with_the_reference(node: Any, known: Facts) -> None:
    assert verdict(node, known) == reference(node, known)


@law
@given(st.lists(leaves(), min_size=2, max_size=5), facts(), st.randoms())
def test_order_never_matters(nodes: list[Leaf], known: Facts, shuffle: random.Random) -> None:
    other = list(nodes)
    shuffle.shuffle(other)
    assert verdict(All(all=nodes), known) == verdict(All(all=other), known)
    assert verdict(AnyOf(any=nodes), known) == verdict(AnyOf(any=other), known)


@law
@given(conditions(), conditions(), facts())
def test_de_morgan(a: Any, b: Any, known: Facts) -> None:
    assert verdict(Not(not_=All(all=[a, b])), known) == verdict(AnyOf(any=[Not(not_=a), Not(not_=b)]), known)
    assert verdict(Not(not_=AnyOf(any=[a, b])), known) == verdict(All(all=[Not(not_=a), Not(not_=b)]), known)


@law
@given(conditions(), conditions(), conditions(), facts())
def test_lattice_laws(a: Any, b: Any, c: Any, known: Facts) -> None:
    assert verdict(Not(not_=Not(not_=a)), known) == verdict(a, known)
    assert verdict(All(all=[a, AnyOf(any=[a, b])]), known) == verdict(a, known)
    assert verdict(All(all=[a, All(all=[b, c])]), known) == verdict(All(all=[All(all=[a, b]), c]), known)
    left = verdict(All(all=[a, AnyOf(any=[b, c])]), known)
    assert left == verdict(AnyOf(any=[All(all=[a, b]), All(all=[a, c])]), known)


@law
@given(conditions(), facts(), st.data())
def test_learning_a_fact_never_turns_a_verdict_round(node: Any, known: Facts, data: st.DataObject) -> None:
    before = verdict(node, known)
    unsaid = [name for name in sorted(VALUES) if name not in known or known[name].state in ("missing", "conflict")]
    if unsaid:
        name = data.draw(st.sampled_from(unsaid))
        after = verdict(node, known | {name: data.draw(fact_values(name))})
        assert before == "unknown" or after == before


@law
@given(conditions(), facts(), st.data())
def test_narrowing_a_range_never_turns_a_verdict_round(node: Any, known: Facts, data: st.DataObject) -> None:
    before = verdict(node, known)
    for name, fact in known.items():
        if isinstance(fact.value, Amount) and not fact.value.pending:
            low, high = fact.value.low or 0, fact.value.high if fact.value.high is not None else 100 * YI
            low, high = min(low, high), max(low, high)
            figure = data.draw(st.integers(low, high))
            known = known | {name: told(Amount(low=figure, high=figure, currency=fact.value.currency))}
    assert before == "unknown" or verdict(node, known) == before


@pytest.mark.parametrize(
    ("written", "op", "expected"),
    [
        ("1亿元", "ge", "met"),
        ("1亿元", "gt", "not_met"),
        ("0.9-1.1亿元", "ge", "unknown"),
        ("1-1.5亿元", "ge", "met"),
        ("0.5-1亿元", "ge", "unknown"),
        ("0.5-0.9亿元", "ge", "not_met"),
        ("1亿元以上", "ge", "met"),
        ("1亿元以下", "gt", "not_met"),
        ("2亿元以下", "ge", "unknown"),
        ("5000万美元", "ge", "unknown"),
        ("待定", "ge", "unknown"),
    ],
)
def test_ranges_decide_only_where_both_ends_agree(written: str, op: str, expected: str) -> None:
    known = parse_facts({"fixed_asset_investment": written}, "example")
    assert verdict(leaf("fixed_asset_investment", op, "1亿元"), known) == expected


@pytest.mark.parametrize(
    ("written", "op", "value", "expected"),
    [
        ("1亿元以下", "between", {"low": 5, "high": 5, "low_open": False, "high_open": True}, "not_met"),
        ("1亿元以下", "between", {"low": 5, "high": 6, "low_open": True, "high_open": True}, "not_met"),
        ("1亿元以下", "between", {"low": 5, "high": 7, "low_open": True, "high_open": True}, "unknown"),
        ("5-6元", "in", [500, 600], "unknown"),
        ("0.05-0.06元", "in", [5, 6], "met"),
    ],
)
def test_what_holds_for_every_figure_of_a_range_is_known(
    written: str, op: str, value: dict[str, Any], expected: str
) -> None:
    known = parse_facts({"fixed_asset_investment": written}, "example")
    node = leaf("fixed_asset_investment", op, value)
    assert verdict(node, known) == expected == reference(node, known)


def test_no_day_lies_between_a_day_and_the_next() -> None:
    value = {"low": "2026-01-31", "high": "2026-02-01", "low_open": True, "high_open": True}
    known = parse_facts({"start_date": "2026-01-31"}, "example")
    assert verdict(leaf("start_date", "between", value), known) == "not_met"


def test_a_foreign_threshold_compares_foreign_money() -> None:
    dollars = parse_facts({"foreign_capital": "1200万美元"}, "example")
    yuan = parse_facts({"foreign_capital": "1亿元"}, "example")
    node = leaf("foreign_capital", "ge", "1000万美元")
    assert verdict(node, dollars) == "met"
    assert verdict(node, yuan) == "unknown"


@pytest.mark.parametrize(("state", "expected"), [("missing", "unknown"), ("conflict", "unknown")])
def test_silence_is_unknown_under_not_as_well(state: Any, expected: str) -> None:
    node = leaf("serious_dishonesty", "eq", True)
    for known in ({}, {"serious_dishonesty": told(None, state)}):
        assert verdict(node, known) == expected
        assert verdict(Not(not_=node), known) == expected


def test_what_does_not_apply_fails_every_comparison() -> None:
    known = {"jobs": told(None, "not_applicable")}
    assert verdict(leaf("jobs", "ge", 0), known) == "not_met"
    assert verdict(leaf("jobs", "lt", 10), known) == "not_met"
    assert verdict(leaf("jobs", "known"), known) == "not_met"


@pytest.mark.parametrize(
    ("code", "prefixes", "expected"),
    [
        ("3973", ["39"], "met"),
        ("3973", ["C"], "met"),
        ("39", ["3973"], "unknown"),
        ("C", ["3973"], "unknown"),
        ("3962", ["3973"], "not_met"),
        ("I", ["3973"], "not_met"),
    ],
)
def test_a_coarser_code_may_still_lie_within(code: str, prefixes: list[str], expected: str) -> None:
    known = parse_facts({"industry_code": code}, "example")
    assert verdict(leaf("industry_code", "prefix_in", prefixes), known) == expected


def test_equal_comparisons_are_tested_once() -> None:
    predicates = Predicates()
    for _ in range(3):
        compile_condition(leaf("fixed_asset_investment", "ge", "1亿元"), predicates)
        compile_condition(leaf("fixed_asset_investment", "ge", "10000万元"), predicates)
    assert len(predicates) == 1
