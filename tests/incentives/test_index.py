"""The index decides as the formulas read, whatever the shape of a tree; the laws of both are in test_bulk."""

from __future__ import annotations

import random
import time
from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.industry import SECTIONS
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.evaluation.formulas import Formula
from services.incentives.evaluation.index import Index
from services.incentives.policy.quantities import Quantity
from services.incentives.policy.tree import All, AnyOf, Leaf, Not
from tests.incentives import forms
from tests.incentives.drawing import told
from tests.incentives.forms import Facts
from tests.incentives.laws import law

DAY = date(2026, 11, 28)


def compiled(nodes: list[Any]) -> tuple[Predicates, dict[str, Formula]]:
    predicates = Predicates()
    return predicates, {f"p{number}": compile_condition(node, predicates)[0] for number, node in enumerate(nodes)}


def assert_agrees(nodes: list[Any], leads: list[Facts]) -> None:
    predicates, formulas = compiled(nodes)
    index = Index(predicates, formulas)
    for facts in leads:
        verdicts, said = predicates.evaluate(facts, DAY), index.said(facts, DAY)
        assert index.compared(said) == bytes(verdicts)
        assert index.verdicts(said) == {name: formula(verdicts) for name, formula in formulas.items()}


def verdicts_of(nodes: list[Any], facts: Facts) -> list[int]:
    predicates, formulas = compiled(nodes)
    index = Index(predicates, formulas)
    found = index.verdicts(index.said(facts, DAY))
    return [found[name] for name in formulas]


def test_every_quantity_is_drawn() -> None:
    assert {each.__name__.lower() for each in get_args(Quantity)} == set(forms.QUANTITIES)


@pytest.mark.parametrize(("count", "depth"), [(60, 8), (400, 3), (2_000, 50), (2_000, None)])
def test_no_shape_is_too_large(count: int, depth: int | None, rng: random.Random) -> None:
    large = forms.bush(rng, count) if depth is None else forms.chain(rng, count, depth)
    nodes = [large, AnyOf(any=[large, Not(not_=large)]), *(forms.simple(rng) for _ in range(20))]
    predicates, formulas = compiled(nodes)
    started = time.process_time()
    index = Index(predicates, formulas)
    assert time.process_time() - started < 2
    assert index.bits <= 3 * (count + 60) + 20, "as many as there are conditions, never the product of cases"
    assert_agrees(nodes, [forms.simple_facts(rng) for _ in range(20)])


@law
@given(forms.leaves(), forms.facts())
def test_a_range_across_both_sides_stays_unknown(other: Leaf, facts: Facts) -> None:
    below, above = (Leaf(id=op, text="条件", fact="fixed_asset_investment", op=op, value=500) for op in ("lt", "ge"))
    straddling = facts | {"fixed_asset_investment": told(Amount(low=400, high=600))}
    assert verdicts_of([AnyOf(any=[below, above]), All(all=[below, above]), other], straddling)[:2] == [1, 1]


def test_every_industry_code_agrees(rng: random.Random) -> None:
    codes = [*SECTIONS, *(f"{division:02}{rest}" for division in range(1, 98) for rest in ("", "1", "12", "9", "20"))]
    asked = [*rng.sample(codes, 60), "C", "39", "391", "3912"]
    written: list[tuple[str, Any]] = [("prefix_in", rng.sample(asked, 3)) for _ in range(30)]
    written += [(op, each) for each in asked[-9:] for op in ("eq", "ne")] + [("in", rng.sample(asked, 4))]
    leaves = [Leaf(id="c", text="条件", fact="industry_code", op=op, value=value) for op, value in written]
    nodes = [*leaves, *(Not(not_=each) for each in leaves)]
    assert_agrees(nodes, [{"industry_code": told(code)} for code in codes])
