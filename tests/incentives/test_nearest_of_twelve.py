"""The nearest way among up to twelve facts: against every assignment of them, tried all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.vocabulary.facts import FactState, FactValue
from services.incentives.authored import MAX_NESTING
from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.matching.nearest import MAX_CHANGES, NOTHING
from services.incentives.policy.tree import All, AnyOf, Leaf, Not
from tests.incentives.drawing import told
from tests.incentives.laws import law
from tests.incentives.test_nearest import found

ANSWERS = (
    "headquarters", "listed", "fortune_500", "industry_leader", "national_hightech", "little_giant", "public_platform",
    "self_use",
)  # fmt: skip
COUNTS = ("jobs", "rd_staff", "patents", "lease_months")
TWELVE = (*ANSWERS, *COUNTS)
CHANGE = 1000
"""A change costs more than any number of questions."""
Facts = dict[str, FactValue]
Grid = NDArray[np.int64]


def nesting(node: Any) -> int:
    """How deep a tree is."""
    parts = node.all if isinstance(node, All) else node.any if isinstance(node, AnyOf) else ()
    parts = [node.not_] if isinstance(node, Not) else parts
    return 1 + max(map(nesting, parts), default=0)


@st.composite
def trees(draw: st.DrawFn) -> Any:
    """A tree in which each of some facts is compared, and a few of them twice."""
    names = list(draw(st.permutations(TWELVE)))[: draw(st.integers(1, 12))]
    twice = draw(st.lists(st.sampled_from(names), max_size=3))
    numbered = [f"{number} {name}" for number, name in enumerate([*names, *twice])]
    tree = draw(tree_of(draw(st.permutations(numbered))))
    tree = Not(not_=tree) if draw(st.booleans()) else tree
    assume(nesting(tree) < MAX_NESTING)
    return tree


@st.composite
def tree_of(draw: st.DrawFn, numbered: Sequence[str]) -> Any:
    if len(numbered) == 1:
        number, name = numbered[0].split()
        op, value = ("eq", draw(st.booleans())) if name in ANSWERS else ("ge", draw(st.integers(1, 2)))
        node: Any = Leaf(id=f"c{number}", text="条件", fact=name, op=op, value=value)
    else:
        cut = draw(st.integers(-(-len(numbered) // 3), 2 * len(numbered) // 3))
        parts = [draw(tree_of(numbered[:cut])), draw(tree_of(numbered[cut:]))]
        node = All(all=parts) if draw(st.booleans()) else AnyOf(any=parts)
    return Not(not_=node) if len(numbered) < 3 and draw(st.integers(0, 3)) == 0 else node


@st.composite
def said_of_twelve(draw: st.DrawFn) -> Facts:
    states: list[FactState | None] = ["value", "value", "value", "not_applicable", "missing", "conflict", None]
    said = {}
    for name in TWELVE:
        if state := draw(st.sampled_from(states)):
            value = draw(st.booleans() if name in ANSWERS else st.integers(0, 2)) if state == "value" else None
            said[name] = told(value, state)
    return said


def silent(value: FactValue | None) -> bool:
    return value is None or value.state in ("missing", "conflict")


def options(name: str, value: FactValue | None) -> list[tuple[Any, int]]:
    """What may come of a fact and its price, the first as it is; None is unknown, an empty text does not apply."""
    others = (True, False) if name in ANSWERS else (0, 1, 2)
    if value is None or silent(value):
        return [(None, 0), *((other, 1) for other in others)]
    now = "" if value.state == "not_applicable" else value.value
    return [(now, 0), *((other, CHANGE) for other in others if other is not now)]


def compared(leaf: Leaf, value: Any) -> int:
    if value is None:
        return UNKNOWN
    holds = value == leaf.value if leaf.op == "eq" else value != "" and value >= leaf.value
    return MET if value != "" and holds else NOT_MET


def verdicts(node: Any, values: dict[str, list[Any]]) -> Grid:
    """The verdict on every assignment, an axis a fact."""
    if isinstance(node, Leaf):
        shape = [len(values[name]) if name == node.fact else 1 for name in values]
        return np.array([compared(node, each) for each in values[node.fact or ""]]).reshape(shape)
    if isinstance(node, Not):
        return MET - verdicts(node.not_, values)
    combine, parts = (np.minimum, node.all) if isinstance(node, All) else (np.maximum, node.any)
    return combine(verdicts(parts[0], values), verdicts(parts[1], values))


def names_in(node: Any) -> set[str]:
    if isinstance(node, Leaf):
        return set(node.facts)
    parts = [node.not_] if isinstance(node, Not) else node.all if isinstance(node, All) else node.any
    return set().union(*map(names_in, parts))


def cheapest(tree: Any, said: Facts) -> int | None:
    """The least price of all assignments that meet it."""
    choices = {name: options(name, said.get(name)) for name in sorted(names_in(tree))}
    met = verdicts(tree, {name: [value for value, _ in each] for name, each in choices.items()}) == MET
    prices: Any = 0
    for axis, each in enumerate(choices.values()):
        shape = [1] * len(choices)
        shape[axis] = len(each)
        prices = prices + np.array([price for _, price in each]).reshape(shape)
    fulfilled = np.broadcast_to(prices, met.shape)[met]
    return int(fulfilled.min()) if fulfilled.size else None


@settings(law, deadline=None)
@given(trees(), said_of_twelve())
def test_no_assignment_of_twelve_facts_is_nearer(tree: Any, said: Facts) -> None:
    now = {name: [options(name, said.get(name))[0][0]] for name in sorted(names_in(tree))}
    if int(verdicts(tree, now).flat[0]) == MET:
        tree = Not(not_=tree)
    way, best = found(tree, said), cheapest(tree, said)
    if int(verdicts(tree, now).flat[0]) == UNKNOWN or best is None or best // CHANGE > MAX_CHANGES:
        assert way == NOTHING
    else:
        assert len({each.fact for each in way.changes}) * CHANGE + len(way.asks) == best, (tree, said)
