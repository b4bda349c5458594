"""Caps that cross, none of them inside the other: how much of each policy counts is left to a solver (CP-SAT)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from services.incentives.policy.combination import Limit

if TYPE_CHECKING:
    from services.incentives.matching.selection import Item

SECONDS: Final = 1.0
"""Of the solver's own, deterministic time; it has needed some hundredths for sixty policies."""
LARGEST: Final = 2**60
"""What the solver can add up without overflow; what may come to more is reckoned in larger units than fen."""


def shared_out(items: Sequence[Item], limits: Mapping[str, Limit]) -> tuple[set[str], dict[int, float]]:
    """Which items to claim, and the greatest sum that all caps allow, by year.

    The solver is loaded when it is first needed: catalogues whose caps lie inside one another never ask it.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415 - takes a second to load, and few catalogues need it

    most = _most(items, limits)
    unit = 1 + sum(fen for years in most.values() for fen in years.values()) // LARGEST
    if unit > 1:
        claimed, sums = shared_out(*_in_units(unit, items, limits))
        return claimed, {year: units * unit for year, units in sums.items()}
    model = cp_model.CpModel()
    taken = {each.id: model.new_bool_var(each.id) for each in items}
    paid = {id: _payments(model, taken[id], years) for id, years in most.items()}
    for name in sorted({name for each in items for name in each.rivals}):
        model.add_at_most_one(taken[each.id] for each in items if name in each.rivals)
    for each in items:
        _make_up(model, each, items, taken, paid[each.id])
    for name in sorted({name for each in items for name in each.limits}):
        _bound(model, limits[name], [paid[each.id] for each in items if name in each.limits])
    model.maximize(sum(fen for payments in paid.values() for fen in payments.values()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = SECONDS
    # Presolve takes what may be paid out of the linear program, and the sum is then raised fen by fen, for minutes.
    solver.parameters.cp_model_presolve = False
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return set(), {}
    years: dict[int, float] = {}
    for each in items:
        for year, fen in paid[each.id].items():
            counted = solver.value(fen)
            uncapped = each.years[year] == math.inf and not each.limits and counted
            years[year] = years.get(year, 0) + (math.inf if uncapped else counted)
    return {id for id, chosen in taken.items() if solver.value(chosen)}, years


def _most(items: Sequence[Item], limits: Mapping[str, Limit]) -> dict[str, dict[int, int]]:
    """What each may be paid at most: no more than any of its caps; what has no bound, more than all others together."""
    bounded = {
        each.id: {year: min([fen, *[limits[name].most for name in each.limits]]) for year, fen in each.years.items()}
        for each in items
    }
    beyond = 1 + sum(fen for years in bounded.values() for fen in years.values() if fen != math.inf)
    return {id: {year: int(min(fen, beyond)) for year, fen in years.items()} for id, years in bounded.items()}


def _in_units(
    unit: int, items: Sequence[Item], limits: Mapping[str, Limit]
) -> tuple[Sequence[Item], Mapping[str, Limit]]:
    def whole(fen: float) -> float:
        return fen if fen == math.inf else fen // unit

    return (
        [each._replace(years={year: whole(fen) for year, fen in each.years.items()}) for each in items],
        {name: limit._replace(most=limit.most // unit) for name, limit in limits.items()},
    )


def _payments(model: Any, taken: Any, most: Mapping[int, int]) -> dict[int, Any]:
    payments = {}
    for year, fen in most.items():
        payments[year] = model.new_int_var(0, fen, "")
        model.add(payments[year] <= fen * taken)
    return payments


def _make_up(model: Any, item: Item, items: Sequence[Item], taken: Mapping[str, Any], paid: Mapping[int, Any]) -> None:
    """A policy that makes up a difference adds what is left of its own sum."""
    first = item.made_up(items)
    for each in first:
        if each.total >= item.total:
            model.add(sum(paid.values()) == 0).only_enforce_if(taken[each.id])
    smaller = [each for each in first if each.total < item.total]
    if not smaller or item.total == math.inf:
        return
    own, had = int(item.total), sum(int(each.total) * taken[each.id] for each in smaller)
    left = model.new_int_var(0, own, "")
    model.add_max_equality(left, [0, own - had])
    model.add(sum(paid.values()) <= left)


def _bound(model: Any, limit: Limit, members: Sequence[Mapping[int, Any]]) -> None:
    if not limit.per_year:
        model.add(sum(fen for payments in members for fen in payments.values()) <= limit.most)
        return
    for year in sorted({year for payments in members for year in payments}):
        model.add(sum(payments[year] for payments in members if year in payments) <= limit.most)
