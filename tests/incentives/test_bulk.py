"""Many leads at once are decided as each alone; the laws of the logic hold for both."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import parse_facts
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.evaluation.formulas import Formula
from services.incentives.evaluation.index import Index
from services.incentives.matching.bulk import Bulk, Decided, Plan
from services.incentives.matching.columns import Columns, facts_of
from services.incentives.matching.flat import flat_in, flat_of
from services.incentives.matching.gathering import gathered
from services.incentives.policy.tree import All, AnyOf, Leaf, Not
from tests.conftest import effort_of_run
from tests.incentives import forms
from tests.incentives.drawing import fact_values, told
from tests.incentives.forms import Facts

DAY = date(2026, 11, 28)
EXAMPLES = {"ci": 300, "full": 10_000}[effort_of_run()]
FEWER = {"ci": 200, "full": 10_000}[effort_of_run()]
MET, UNKNOWN = 2, 1


def stored(facts: Facts) -> Any:
    """Facts as a store gives them back."""
    return orjson.loads(orjson.dumps({name: value.model_dump(mode="json") for name, value in facts.items()}))


def columns(leads: list[Facts], predicates: Predicates) -> Columns:
    return gathered([stored(facts) for facts in leads], facts_of(predicates.asked))


def compiled(nodes: list[Any]) -> tuple[Predicates, dict[str, Formula]]:
    predicates = Predicates()
    return predicates, {f"p{number}": compile_condition(node, predicates)[0] for number, node in enumerate(nodes)}


def in_bulk(nodes: list[Any], leads: list[Facts]) -> Decided:
    predicates, formulas = compiled(nodes)
    return Bulk(columns(leads, predicates), DAY).decide(Plan.of(predicates, formulas))


def by_lead(decided: Decided) -> list[list[int]]:
    """For each lead the verdict of every policy."""
    return [list(row) for row in zip(*(decided.verdicts(name).tolist() for name in decided.names), strict=True)]


def decide(nodes: list[Any], facts: Facts) -> list[int]:
    """Both ways, which agree."""
    predicates, formulas = compiled(nodes)
    index = Index(predicates, formulas)
    found = index.verdicts(index.said(facts, DAY))
    verdicts = [found[name] for name in formulas]
    assert by_lead(in_bulk(nodes, [facts])) == [verdicts]
    return verdicts


def test_yes_and_one_stay_what_they_are() -> None:
    facts = parse_facts({"serious_dishonesty": True, "jobs": 1, "fixed_asset_investment": 1}, "example")
    columns = gathered([stored(facts)], ["serious_dishonesty", "jobs", "fixed_asset_investment"])
    assert [type(each.single[0]) for each in columns.facts.values()] == [bool, int, int]


@settings(max_examples=EXAMPLES)
@given(st.lists(forms.conditions(), min_size=1, max_size=5), st.lists(forms.facts(), min_size=1, max_size=5))
def test_single_plain_and_bulk_are_equal(nodes: list[Any], leads: list[Facts]) -> None:
    predicates, formulas = compiled(nodes)
    index = Index(predicates, formulas)
    decided = in_bulk(nodes, leads)
    for facts, many in zip(leads, by_lead(decided), strict=True):
        verdicts, said = predicates.evaluate(facts, DAY), index.said(facts, DAY)
        found = index.verdicts(said)
        assert index.compared(said) == bytes(verdicts)
        plain = [formula(verdicts) for formula in formulas.values()]
        assert [found[name] for name in formulas] == plain
        assert many == plain


@settings(max_examples=FEWER)
@given(forms.conditions(), forms.facts(), st.data())
def test_a_fact_more_never_turns_a_verdict_round(node: Any, facts: Facts, data: st.DataObject) -> None:
    before = decide([node], facts)[0]
    unsaid = [name for name in forms.VALUES if name not in facts or facts[name].state in ("missing", "conflict")]
    if unsaid:
        name = data.draw(st.sampled_from(unsaid))
        after = decide([node], facts | {name: data.draw(fact_values(name, forms.VALUES[name]))})[0]
        assert before in (UNKNOWN, after)


def test_facts_of_another_type_than_theirs_read_the_same() -> None:
    leaves = [
        Leaf(id="c", text="条件", fact=name, op=op, value=value)
        for name, op, value in [
            ("jobs", "ge", 1),
            ("jobs", "eq", 1),
            ("fixed_asset_investment", "ge", 5),
            ("headquarters_level", "ne", "city"),
            ("serious_dishonesty", "eq", True),
            ("qualifications", "contains", "listed"),
        ]
    ]
    odd = [
        {"jobs": told(True), "serious_dishonesty": told(1)},
        {"jobs": told(Amount(low=0, high=9)), "fixed_asset_investment": told(7)},
        {"jobs": told(Amount.exact(3)), "headquarters_level": told(3), "serious_dishonesty": told("是")},
        {"fixed_asset_investment": told("七"), "qualifications": told("listed"), "jobs": told(None)},
        {"jobs": told(1), "fixed_asset_investment": told(5, "conflict"), "serious_dishonesty": told(True)},
    ]
    assert by_lead(in_bulk(leaves, odd)) == [decide(leaves, facts) for facts in odd]


def test_what_is_left_out_of_a_stored_fact_is_what_it_is_by_default() -> None:
    leaves = [Leaf(id="c", text="条件", fact=name, op="ge", value=7) for name in ("jobs", "fixed_asset_investment")]
    short: list[dict[str, Any]] = [
        {"jobs": {"value": 7}},
        {"fixed_asset_investment": {"value": {"low": 7, "high": 7}, "state": "value"}},
    ]
    predicates, formulas = compiled(leaves)
    decided = Bulk(gathered(short, facts_of(predicates.asked)), DAY).decide(Plan.of(predicates, formulas))
    assert by_lead(decided) == [[MET, UNKNOWN], [UNKNOWN, MET]]


@given(forms.facts())
def test_what_is_kept_flat_is_what_the_facts_say(facts: Facts) -> None:
    kept = orjson.loads(orjson.dumps(flat_of(facts)))
    assert kept == flat_in({"facts": stored(facts)}) == flat_in({"facts": {}, "flat": kept})
    said = {name for name, value in facts.items() if value.state not in ("missing", "conflict")}
    assert kept["values"].keys() | kept["others"].keys() <= said
    assert not kept["values"].keys() & kept["others"].keys()


def test_leads_fill_no_whole_word(rng: random.Random) -> None:
    leaves = [forms.simple(rng) for _ in range(4)]
    for count in (0, 1, 63, 64, 65, 200):
        decided = in_bulk([*leaves, Not(not_=leaves[0])], leads := [forms.simple_facts(rng) for _ in range(count)])
        assert by_lead(decided) == [decide([*leaves, Not(not_=leaves[0])], facts) for facts in leads]
        for name in decided.names:
            verdicts = decided.verdicts(name).tolist()
            assert decided.tally(name) == {each: verdicts.count(each) for each in (0, 1, 2)}


def test_a_changed_policy_finds_the_sets_that_are_there(rng: random.Random) -> None:
    leads = [forms.simple_facts(rng) for _ in range(100)]
    before = [Leaf(id="c", text="条件", fact="jobs", op="ge", value=500)]
    after = [All(all=[*before, Leaf(id="d", text="条件", fact="jobs", op="lt", value=503)])]
    predicates, _ = compiled([*before, *after])
    bulk = Bulk(columns(leads, predicates), DAY)
    bulk.decide(Plan.of(*compiled(before)))
    decided = bulk.decide(Plan.of(*compiled(after)))
    assert decided.verdicts("p0").tolist() == [decide(after, facts)[0] for facts in leads]


RELAXED = {"ge": -1, "gt": -1, "le": 1, "lt": 1}


@settings(max_examples=FEWER)
@given(
    st.sampled_from(["jobs", "fixed_asset_investment", "land_mu"]),
    st.sampled_from(sorted(RELAXED)),
    st.integers(0, 12),
    st.integers(0, 12),
    forms.conditions(),
    forms.facts(),
)
def test_a_lower_threshold_loses_no_match(name: str, op: str, limit: int, ease: int, other: Any, facts: Facts) -> None:
    strict, relaxed = (
        Leaf(id="c", text="条件", fact=name, op=op, value=max(0, limit + RELAXED[op] * step)) for step in (0, ease)
    )
    of_both = [All(all=[each, other]) for each in (strict, relaxed)]
    of_either = [AnyOf(any=[each, other]) for each in (strict, relaxed)]
    both, eased_both, either, eased_either = decide([*of_both, *of_either], facts)
    assert eased_both >= both
    assert eased_either >= either


@settings(max_examples=FEWER)
@given(st.lists(forms.conditions(), min_size=2, max_size=4), forms.facts(), st.randoms())
def test_order_never_matters(nodes: list[Any], facts: Facts, shuffle: random.Random) -> None:
    other = list(nodes)
    shuffle.shuffle(other)
    verdicts = decide([All(all=nodes), AnyOf(any=nodes), All(all=other), AnyOf(any=other)], facts)
    assert verdicts[:2] == verdicts[2:]


@settings(max_examples=FEWER)
@given(forms.conditions(), forms.conditions(), forms.facts())
def test_de_morgan(a: Any, b: Any, facts: Facts) -> None:
    opposites = [Not(not_=a), Not(not_=b)]
    outside, inside = (
        [Not(not_=All(all=[a, b])), Not(not_=AnyOf(any=[a, b]))],
        [AnyOf(any=opposites), All(all=opposites)],
    )
    verdicts = decide([*outside, *inside], facts)
    assert verdicts[:2] == verdicts[2:]
