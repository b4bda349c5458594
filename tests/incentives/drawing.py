"""Random conditions and facts for laws: few facts, so that conditions meet; every kind, state and kind of range."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactSource, FactState, FactValue
from services.incentives.policy.tree import All, AnyOf, Leaf, Not

SOURCE = FactSource(kind="example")
YI = 10_000_000_000
CODES = ("39", "3973", "3962", "65", "6513", "C", "I", "27")
TAGS = ("unicorn", "gazelle", "listed")


def told(value: Any, state: FactState = "value") -> FactValue:
    """A fact with this value."""
    return FactValue(value=value, state=state, source=SOURCE)


def fen() -> st.SearchStrategy[int]:
    """Sums of money that often lie on a threshold or beside one."""
    return st.one_of(st.sampled_from([0, YI - 1, YI, YI + 1, 2 * YI, 5 * YI]), st.integers(0, 20 * YI))


@st.composite
def amounts(draw: st.DrawFn) -> Amount:
    """Figures, ranges, open ends, foreign sums and 待定."""
    if draw(st.integers(0, 9)) == 0:
        return Amount(pending=True)
    low, high = sorted((draw(fen()), draw(fen())))
    shape = draw(st.sampled_from(["exact", "range", "least", "most"]))
    currency = draw(st.sampled_from(["CNY", "CNY", "CNY", "USD"]))
    if shape == "exact":
        return Amount(low=low, high=low, currency=currency)
    return Amount(low=None if shape == "most" else low, high=None if shape == "least" else high, currency=currency)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "fixed_asset_investment": amounts(),
    "equipment_investment": amounts(),
    "jobs": st.integers(0, 40),
    "industry_code": st.sampled_from(CODES),
    "serious_dishonesty": st.booleans(),
    "headquarters_level": st.sampled_from(["national", "regional", "city"]),
    "qualifications": st.lists(st.sampled_from(TAGS), unique=True),
    "start_date": st.dates().map(lambda day: day.isoformat()),
}


@st.composite
def fact_values(draw: st.DrawFn, name: str, values: st.SearchStrategy[Any] | None = None) -> FactValue:
    """One fact in any state."""
    states: list[FactState] = ["value", "value", "value", "value", "missing", "not_applicable", "conflict"]
    state = draw(st.sampled_from(states))
    return told(draw(VALUES[name] if values is None else values) if state == "value" else None, state)


@st.composite
def facts(draw: st.DrawFn) -> dict[str, FactValue]:
    """Some of the facts."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True))
    return {name: draw(fact_values(name)) for name in names}


def projects(count: int) -> st.SearchStrategy[list[dict[str, FactValue]]]:
    """What is known of several projects."""
    return st.lists(facts(), min_size=count, max_size=count)


_COMPARISON = st.sampled_from(["eq", "ne", "ge", "gt", "le", "lt"])
_NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "fixed_asset_investment": fen(),
    "equipment_investment": fen(),
    "jobs": st.integers(0, 40),
    "start_date": VALUES["start_date"],
}


@st.composite
def _ordered(draw: st.DrawFn, name: str) -> tuple[str, Any]:
    numbers = _NUMBERS[name]
    op = draw(st.one_of(_COMPARISON, st.sampled_from(["between", "in"])))
    if op == "in":
        return op, draw(st.lists(numbers, min_size=1, max_size=3))
    if op == "between":
        low, high = sorted((draw(numbers), draw(numbers)))
        flags = {"low_open": draw(st.booleans()), "high_open": draw(st.booleans())}
        return op, {"low": low, "high": high, **flags}
    return op, draw(numbers)


_TESTS: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
    **{name: _ordered(name) for name in _NUMBERS},
    "industry_code": st.one_of(
        st.tuples(st.just("prefix_in"), st.lists(st.sampled_from(CODES), min_size=1, max_size=3)),
        st.tuples(st.sampled_from(["eq", "ne"]), st.sampled_from(CODES)),
    ),
    "serious_dishonesty": st.tuples(st.sampled_from(["eq", "ne"]), st.booleans()),
    "headquarters_level": st.tuples(st.just("in"), st.lists(st.sampled_from(["national", "city"]), min_size=1)),
    "qualifications": st.tuples(st.just("contains"), st.sampled_from(TAGS)),
}
_KNOWN: st.SearchStrategy[tuple[str, Any]] = st.just(("known", None))


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    """One condition."""
    name = draw(st.sampled_from(sorted(_TESTS)))
    op, value = draw(st.one_of(_TESTS[name], _TESTS[name], _KNOWN))
    return Leaf(id=f"c{draw(st.integers(0, 10**9))}", text="条件", fact=name, op=op, value=value)


def conditions() -> st.SearchStrategy[Any]:
    """Trees of conditions."""
    return trees(leaves(), 8)


def trees(of: st.SearchStrategy[Leaf], most: int) -> st.SearchStrategy[Any]:
    """Trees of these, with about so many."""
    return st.recursive(
        of,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=4).map(lambda nodes: All(all=nodes)),
            st.lists(inner, min_size=1, max_size=4).map(lambda nodes: AnyOf(any=nodes)),
            inner.map(lambda node: Not(not_=node)),
        ),
        max_leaves=most,
    )
