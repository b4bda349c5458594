"""Random conditions of every form that a policy may write, and facts that meet them: for what must agree on all.

Unlike :mod:`tests.incentives.drawing`, whose reference knows single facts only.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from contracts.vocabulary.facts import FACTS, PPM, FactValue
from services.incentives.policy.dated import Applicable, Entitled
from services.incentives.policy.operands import OPERATORS_OF
from services.incentives.policy.tree import All, AnyOf, Leaf, Not, Term
from tests.incentives.drawing import CODES, TAGS, YI, amounts, fact_values, told, trees

DAYS = ("2024-02-29", "2024-12-31", "2025-01-01", "2025-06-15", "2026-01-01", "2026-11-28", "2027-03-01")
SUMS = ("fixed_asset_investment", "equipment_investment", "software_investment", "annual_revenue", "rd_spending")
KINDS = ("manufacturing", "rd", "headquarters")
LEVELS = ("national", "regional", "city")
MORE_CODES = (*CODES, "36", "397", "3974", "4710")

VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(SUMS, amounts()),
    "jobs": st.integers(0, 12),
    "rd_staff": st.integers(0, 12),
    "land_mu": st.integers(0, 8).map(lambda halves: halves * PPM // 2),
    "rd_ratio": st.sampled_from([0, 49_999, 50_000, 50_001, 100_000]),
    "industry_code": st.sampled_from(MORE_CODES),
    "serious_dishonesty": st.booleans(),
    "headquarters_level": st.sampled_from(LEVELS),
    "project_kind": st.sampled_from(KINDS),
    "qualifications": st.lists(st.sampled_from(TAGS), unique=True),
    "national_hightech": st.booleans(),
    "hightech_valid_until": st.sampled_from(DAYS),
    "panel_ruling": st.booleans(),
    "start_date": st.sampled_from(DAYS),
    "recognised_on": st.sampled_from(DAYS),
}

Facts = dict[str, FactValue]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Some of the facts, in any state."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True))
    return {name: draw(fact_values(name, VALUES[name])) for name in names}


_MONEY = st.one_of(
    st.sampled_from([0, YI - 1, YI, YI + 1, 2 * YI, 5 * YI]), st.sampled_from(["1亿美元", "2亿美元", "10000000000美元"])
)
_THRESHOLDS: Mapping[str, st.SearchStrategy[Any]] = {
    "amount": _MONEY,
    "integer": st.integers(0, 12),
    "decimal": st.sampled_from([0, 0.5, 1, 2.5, 4]),
    "ratio": st.sampled_from(["0%", "5%", "10%", "50%", "100%"]),
    "date": st.sampled_from(DAYS),
    "boolean": st.booleans(),
    "code": st.sampled_from(MORE_CODES),
}


def _written(name: str, kind: str) -> st.SearchStrategy[Any]:
    if kind == "choice":
        return st.sampled_from(KINDS if name == "project_kind" else LEVELS)
    return st.sampled_from(TAGS) if kind == "tags" else _THRESHOLDS[kind]


@st.composite
def _compared(draw: st.DrawFn, name: str, kind: str) -> dict[str, Any]:
    """An operator with a figure that fits it."""
    op = draw(st.sampled_from(OPERATORS_OF[kind]))
    written = _written(name, kind)
    if kind == "amount" and op in ("in", "between"):
        written = st.sampled_from([0, YI, 2 * YI])
    if op == "known":
        return {"op": op}
    if op in ("in", "prefix_in"):
        return {"op": op, "value": draw(st.lists(written, min_size=1, max_size=3))}
    if op not in ("between", "date_in"):
        return {"op": op, "value": draw(written)}
    ends = sorted((draw(written), draw(written)), key=lambda each: float(str(each).strip("%").replace("-", "")))
    names = ("low", "high") if op == "between" else ("from", "until")
    value = dict(zip(names, ends, strict=True))
    if draw(st.booleans()):
        value.pop(draw(st.sampled_from(names)))
    if op == "between":
        value |= {"low_open": draw(st.booleans()), "high_open": draw(st.booleans())}
    return {"op": op, "value": value}


@st.composite
def _of_a_fact(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(VALUES)))
    return {"fact": name, **draw(_compared(name, FACTS[name].kind))}


@st.composite
def _of_a_period(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(["annual_revenue", "rd_spending"]))
    return {"fact": name, "op": draw(_OP), "value": draw(_MONEY), "period": draw(st.sampled_from(["month", "year"]))}


_OP = st.sampled_from(["ge", "gt", "le", "lt", "eq", "ne"])


def _computed(quantity: dict[str, Any], kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return _compared("", kind).map(lambda compared: {**quantity, **compared})


QUANTITIES: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "ratio": st.one_of(
        _computed({"ratio": {"of": "rd_spending", "to": "annual_revenue"}}, "ratio"),
        _computed({"ratio": {"of": "rd_staff", "to": "jobs"}}, "ratio"),
    ),
    "per": st.one_of(
        _computed({"per": {"of": "fixed_asset_investment", "by": "land_mu"}}, "amount"),
        _computed({"per": {"of": "jobs", "by": "rd_staff"}}, "integer"),
    ),
    "sum": _computed({"sum": ["equipment_investment", "software_investment"]}, "amount"),
    "since": st.sampled_from(["days", "months", "years"]).flatmap(
        lambda unit: _computed({"since": {"date": "start_date", "unit": unit}}, "integer")
    ),
    "held": st.one_of(
        _computed({"held": {"status": "national_hightech", "until": "hightech_valid_until"}}, "boolean"),
        _computed({"held": {"status": "qualifications", "tag": TAGS[0], "on": "recognised_on", "years": 2}}, "boolean"),
    ),
    "ruling": _computed({"ruling": {"of": "panel_ruling", "by": "评审会"}}, "boolean"),
    "entitled": st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).flatmap(
        lambda days: _computed({"term": Entitled(by="start_date", start=min(days), end=max(days))}, "boolean")
    ),
    "applicable": st.one_of(
        st.sampled_from(DAYS).flatmap(lambda day: _computed({"term": Applicable(last=day)}, "boolean")),
        _computed({"term": Applicable(after="recognised_on", months=20)}, "boolean"),
    ),
}
"""By the field in which a condition writes them; those of a policy's own terms are no author's to write."""

_NOT_WRITTEN = ("entitled", "applicable")

CATEGORIES: Mapping[str, list[list[Any]]] = {
    "project_kind": [["manufacturing"], ["rd", "headquarters"]],
    "headquarters_level": [["national"], ["regional"]],
    "serious_dishonesty": [[True], [False]],
    "industry_code": [["C"], ["65", "74"], ["A"]],
    "recognised_on": [[2024], [2025, 2026]],
}


@st.composite
def _by_category(draw: st.DrawFn) -> dict[str, Any]:
    by = draw(st.sampled_from(sorted(CATEGORIES)))
    cases = [{"in": each, "value": draw(_MONEY)} for each in CATEGORIES[by]]
    otherwise = draw(st.one_of(_MONEY, st.just("none")))
    return {"fact": "annual_revenue", "op": draw(_OP), "value": {"by": by, "cases": cases, "otherwise": otherwise}}


@cache
def _any_form(*, terms: bool) -> st.SearchStrategy[dict[str, Any]]:
    computed = [quantity for name, quantity in QUANTITIES.items() if terms or name not in _NOT_WRITTEN]
    return st.one_of(_of_a_fact(), _of_a_fact(), _of_a_period(), _by_category(), *computed)


@st.composite
def leaves(draw: st.DrawFn, *, terms: bool = True) -> Leaf:
    """A condition of any form; without ``terms`` one that an author may write."""
    written = {"id": f"c{draw(st.integers(0, 10**9))}", "text": "条件", **draw(_any_form(terms=terms))}
    return (Term if "term" in written else Leaf).model_validate(written)


def conditions() -> st.SearchStrategy[Any]:
    """Trees of them."""
    return trees(leaves(), 10)


def chain(draw: random.Random, count: int, depth: int) -> Any:
    """A tree of so many conditions, as deep as asked for: all and any alternate, so that nothing can be made flat."""
    node: Any = simple(draw)
    for level in range(depth):
        parts = [node, *(simple(draw) for _ in range(count // depth))]
        node = All.model_construct(all=parts) if level % 2 else AnyOf.model_construct(any=parts)
        if draw.random() < 0.2:
            node = Not.model_construct(not_=Not.model_construct(not_=node))
    return node


def bush(draw: random.Random, count: int, *, every: bool = True) -> Any:
    """A tree of so many conditions that branches until each stands alone."""
    if count == 1:
        return simple(draw)
    parts = [bush(draw, share, every=not every) for share in (count // 2, count - count // 2)]
    if draw.random() < 0.2:
        parts[0] = Not.model_construct(not_=parts[0])
    return All.model_construct(all=parts) if every else AnyOf.model_construct(any=parts)


def simple(draw: random.Random) -> Leaf:
    """A condition that costs little to make."""
    name, op = draw.choice(["jobs", "rd_staff"]), draw.choice(["ge", "lt", "eq"])
    return Leaf.model_construct(id="c", text="条件", fact=name, op=op, value=draw.randint(0, 1_000))


def simple_facts(draw: random.Random) -> Facts:
    """Facts for it."""
    return {name: told(draw.randint(0, 1_000)) for name in ("jobs", "rd_staff") if draw.random() < 0.8}
