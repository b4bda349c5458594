"""Caps that cross: what the solver shares out, against a solver of another make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from ortools.linear_solver import pywraplp

from services.incentives.matching.crossing import shared_out
from services.incentives.matching.selection import Item, select
from services.incentives.policy.combination import Limit
from tests.incentives.items import ENDLESS, NAMES, item, items_and_limits, limit
from tests.incentives.laws import law


def test_caps_that_cross_are_shared_out_by_the_solver() -> None:
    items = [item("a", 10, limits="x"), item("b", 10, limits="x y"), item("c", 10, limits="y")]
    found = select(items, limit("x", 12) | limit("y", 12))
    assert (found.total, found.reduced) == (22, {"x": (20, 12), "y": (20, 12)})
    endless = select([*items, item("d", ENDLESS, limits="x"), item("e", ENDLESS)], limit("x", 12) | limit("y", 12))
    assert endless.total == ENDLESS


@pytest.mark.parametrize(
    ("items", "total"),
    [
        (
            [
                item("a", 30_000_000, rivals="h", limits="whole year", tops_up="b"),
                item("b", ENDLESS, limits="year"),
                item("c", 12_000_000, 18_000_000),
                item("d", 50_000_000, rivals="h", limits="whole"),
            ],
            50_000_000 + 30_000_000 + 15_000_000,
        ),
        (
            [
                item("a", 30_000_000, limits="year", tops_up="b d"),
                item("b", ENDLESS, limits="whole year", tops_up="c"),
                item("c", 12_000_000, 18_000_000, limits="whole", tops_up="a d"),
                item("d", 50_000_000, rivals="h", tops_up="c"),
            ],
            50_000_000 + 15_000_000,
        ),
    ],
)
def test_the_solver_does_not_raise_a_sum_fen_by_fen(items: Sequence[Item], total: int) -> None:
    limits = limit("whole", 500_000_000) | limit("year", 15_000_000, per_year=True)
    assert sum(shared_out(items, limits)[1].values()) == total


def test_sums_that_no_solver_adds_up_are_shared_out_as_well() -> None:
    most = 9 * 10**15
    limits = limit("x", most) | limit("y", most)
    items = [item(f"i{number}", *[most] * 5, limits=("x", "x y", "y")[number % 3]) for number in range(40)]
    endless = [item(f"e{number}", *[ENDLESS] * 5, limits="x") for number in range(3)]
    assert select([*items, *endless], limits).total == 2 * most
    assert select([*items, item("free", ENDLESS, tops_up="i0")], limits).total == ENDLESS


@law
@given(items_and_limits(years=2, crossing=True))
def test_agrees_with_a_mixed_integer_program(drawn: tuple[list[Item], dict[str, Limit]]) -> None:
    items, limits = drawn
    assert shared_out_total(items, limits) == programmed(items, limits)


def shared_out_total(items: Sequence[Item], limits: Mapping[str, Limit]) -> float:
    """What the solver of crossing caps comes to, also where caps do not happen to cross."""
    return sum(shared_out(items, limits)[1].values())


def programmed(items: Sequence[Item], limits: Mapping[str, Limit]) -> int:
    """The same by SCIP, which shares nothing with the search or with CP-SAT."""
    solver: Any = pywraplp.Solver.CreateSolver("SCIP")
    taken = {each.id: solver.BoolVar(each.id) for each in items}
    paid = {each.id: {year: solver.IntVar(0, fen, "") for year, fen in each.years.items()} for each in items}
    for each in items:
        for year, fen in paid[each.id].items():
            solver.Add(fen <= each.years[year] * taken[each.id])
        first = [other for other in items if other.id in each.tops_up]
        used_up, had = solver.BoolVar(""), sum(other.total * taken[other.id] for other in first)
        solver.Add(sum(paid[each.id].values()) <= each.total * (1 - used_up))
        solver.Add(sum(paid[each.id].values()) <= each.total - had + sum(other.total for other in first) * used_up)
    for name in NAMES:
        solver.Add(sum(taken[each.id] for each in items if name in each.rivals) <= 1)
    for name, cap in limits.items():
        members = [paid[each.id] for each in items if name in each.limits]
        years = sorted({year for payments in members for year in payments})
        for together in [[year] for year in years] if cap.per_year else [years]:
            fen = [payments[year] for payments in members for year in together if year in payments]
            solver.Add(sum(fen) <= cap.most)
    solver.Maximize(sum(fen for years in paid.values() for fen in years.values()))
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    best: float = solver.Objective().Value()
    return round(best)
