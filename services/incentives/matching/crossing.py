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


def shared_out(items: Sequence[Item], limits: Mapping[str, Limit]) -> tuple[set[str], dict[int, float]]:
    """Which items to claim, and the greatest sum that all caps allow, by year.

    The solver is loaded when it is first needed: catalogues whose caps lie inside one another never ask it.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415 - takes a second to load, and few catalogues need it

    model = cp_model.CpModel()
    endless = _more_than_all(items, limits)
    taken = {each.id: model.new_bool_var(each.id) for each in items}
    paid = {each.id: _payments(model, each, taken[each.id], endless) for each in items}
    for name in sorted({name for each in items for name in each.rivals}):
        model.add_at_most_one(taken[each.id] for each in items if name in each.rivals)
    for each in items:
        _make_up(model, each, items, taken, paid, endless)
    for name in sorted({name for each in items for name in each.limits}):
        _bound(model, limits[name], [paid[each.id] for each in items if name in each.limits])
    everything = [fen for payments in paid.values() for fen in payments.values()]
    model.maximize(sum(everything))
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


def _more_than_all(items: Sequence[Item], limits: Mapping[str, Limit]) -> int:
    """What stands for a sum without bound."""
    finite = sum(int(fen) for each in items for fen in each.years.values() if fen != math.inf)
    longest = max(len(each.years) for each in items)
    return finite + sum(each.most for each in limits.values()) * longest + 1


def _payments(model: Any, item: Item, taken: Any, endless: int) -> dict[int, Any]:
    payments = {}
    for year, fen in item.years.items():
        most = endless if fen == math.inf else int(fen)
        payments[year] = model.new_int_var(0, most, f"{item.id}@{year}")
        model.add(payments[year] <= most * taken)
    return payments


def _make_up(
    model: Any,
    item: Item,
    items: Sequence[Item],
    taken: Mapping[str, Any],
    paid: Mapping[str, Mapping[int, Any]],
    endless: int,
) -> None:
    """A policy that makes up a difference adds what is left of its own sum."""
    first = [each for each in items if each.id in item.tops_up and not (item.id in each.tops_up and item.id < each.id)]
    if not first:
        return
    own, had = _whole(item, endless), sum(_whole(each, endless) * taken[each.id] for each in first)
    left = model.new_int_var(0, own, f"{item.id} left")
    model.add_max_equality(left, [0, own - had])
    model.add(sum(paid[item.id].values()) <= left)


def _whole(item: Item, endless: int) -> int:
    return endless if item.total == math.inf else int(item.total)


def _bound(model: Any, limit: Limit, members: Sequence[Mapping[int, Any]]) -> None:
    if not limit.per_year:
        model.add(sum(fen for payments in members for fen in payments.values()) <= limit.most)
        return
    for year in sorted({year for payments in members for year in payments}):
        model.add(sum(payments[year] for payments in members if year in payments) <= limit.most)
