"""Random policies as authors may write them, with every part, and facts at the ends of what is accepted."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from hypothesis import strategies as st

from contracts.vocabulary.amount import MAX_STATED, Amount
from contracts.vocabulary.facts import FACTS, MAX_COUNT, MAX_PPM
from services.incentives.policy import leaves_of
from tests.incentives import forms
from tests.incentives.drawing import TAGS, YI, fact_values, trees
from tests.incentives.forms import CATEGORIES, DAYS, Facts
from tests.incentives.writing import document

SUMS = (*forms.SUMS, "upper_level_grant", "loan_amount", "aid_received", "paid_in_capital")
EDGE_DAYS = ("0001-01-01", "1899-12-31", "2000-02-29", *DAYS, "9999-12-31")
EDGE_AS_OF = (date.min, date(2000, 1, 1), date(2024, 2, 29), date(2026, 11, 28), date(2100, 12, 31), date.max)


@cache
def _edges_of(kind: str, name: str) -> st.SearchStrategy[Any]:
    if kind == "amount":
        return _amounts()
    if kind in ("choice", "tags"):
        one = st.sampled_from(sorted(FACTS[name].choices))
        return one if kind == "choice" else st.lists(st.one_of(one, st.sampled_from(TAGS)), unique=True, max_size=4)
    return {
        "integer": st.sampled_from([0, 1, 2, 12, 100, MAX_COUNT]),
        "decimal": st.sampled_from([0, 1, 500_000, 5_000_000, MAX_PPM]),
        "ratio": st.sampled_from([0, 1, 50_000, 150_000, 1000 * 10**6]),
        "boolean": st.booleans(),
        "date": st.sampled_from(EDGE_DAYS),
        "code": st.sampled_from(("A", "C", "T", "01", "39", "3973", "97", "6513", "9799")),
        "text": st.sampled_from(("国", "中国" * 100)),
    }[kind]


@st.composite
def _amounts(draw: st.DrawFn) -> Amount:
    low, high = sorted(draw(st.tuples(*[st.sampled_from([0, 1, YI, MAX_STATED - 1, MAX_STATED])] * 2)))
    currency = draw(st.sampled_from(["CNY", "CNY", "CNY", "USD", "XXX"]))
    return draw(
        st.sampled_from(
            [
                Amount(low=low, high=low, currency=currency),
                Amount(low=low, high=high, currency=currency, approximate=True),
                Amount(low=low, currency=currency),
                Amount(high=high, currency=currency),
                Amount(currency=currency),
                Amount(pending=True),
            ]
        )
    )


@st.composite
def edge_facts(draw: st.DrawFn) -> Facts:
    """Facts of the whole registry, each in any state, stated at the ends of what an interface accepts."""
    names = draw(st.lists(st.sampled_from(sorted({*forms.VALUES, *SUMS, *_ASKED})), unique=True, max_size=14))
    return {name: draw(fact_values(name, _edges_of(FACTS[name].kind, name))) for name in names}


_ASKED = (
    "rent_area_sqm",
    "rent_price_sqm_month",
    "stay_years",
    "years_since_payment",
    "beneficiary_role",
    "entry_date",
)
_MONEY = st.sampled_from([0, 1, "60元", "200万元", "1亿元", MAX_STATED])
_FIGURE = st.one_of(_MONEY, st.sampled_from(["未公布", "2000-5000万元"]))
_RATE = st.sampled_from(["0%", "0.0001%", "2‰", "10%", "33.3333%", "100%"])
_SHARE = st.one_of(_RATE, st.just("未公布"))
_SUM = st.sampled_from(SUMS)
_BASE = st.one_of(_SUM, st.lists(_SUM, min_size=1, max_size=3, unique=True))
_TEXT = st.just("说明")


def _table(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def of(by: str) -> st.SearchStrategy[dict[str, Any]]:
        cases = st.tuples(*(st.fixed_dictionaries({"in": st.just(each), "value": values}) for each in CATEGORIES[by]))
        otherwise = st.one_of(values, st.just("none"))
        return st.fixed_dictionaries({"by": st.just(by), "cases": cases.map(list), "otherwise": otherwise})

    return st.sampled_from(sorted(CATEGORIES)).flatmap(of)


@cache
def _trees() -> st.SearchStrategy[Any]:
    return trees(forms.leaves(terms=False), 8)


@cache
def _when() -> st.SearchStrategy[dict[str, Any]]:
    return forms.leaves(terms=False).map(written)


@cache
def _kinds() -> st.SearchStrategy[dict[str, Any]]:
    figure, share = st.one_of(_FIGURE, _table(_FIGURE)), st.one_of(_SHARE, _table(_SHARE))
    unit = st.one_of(
        st.integers(1, 1000),
        st.sampled_from(["jobs", "rent_area_sqm", "land_mu"]).map(lambda name: {"fact": name}),
        st.sampled_from(["jobs", "rent_area_sqm"]).map(lambda name: {"fact": name, "up_to": 1_000_000_000}),
    )
    units = st.lists(unit, max_size=3).map(lambda some: [{"fact": "jobs"}, *some])
    steps = st.tuples(_RATE, _MONEY).map(
        lambda pair: [{"from": 0, "to": "1亿元", "rate": pair[0]}, {"from": "2亿元", "to": None, "amount": pair[1]}]
    )
    marginal = st.tuples(_RATE, _RATE).map(
        lambda pair: [{"from": 0, "to": "1亿元", "rate": pair[0]}, {"from": "1亿元", "to": None, "rate": pair[1]}]
    )
    return st.one_of(
        st.fixed_dictionaries({"kind": st.just("fixed"), "amount": figure}),
        st.fixed_dictionaries({"kind": st.just("rate"), "rate": share, "base": _BASE}),
        st.fixed_dictionaries({"kind": st.just("banded"), "base": _SUM, "mode": st.just("step"), "bands": steps}),
        st.fixed_dictionaries(
            {"kind": st.just("banded"), "base": _SUM, "mode": st.just("marginal"), "bands": marginal}
        ),
        st.fixed_dictionaries({"kind": st.just("per_unit"), "price": figure, "units": units}),
        st.fixed_dictionaries(
            {"kind": st.just("interest"), "points": share, "loan": _BASE, "years": st.sampled_from([1, 3, 15])}
        ),
        st.fixed_dictionaries(
            {
                "kind": st.just("match"),
                "level": st.just("city"),
                "ratio": st.sampled_from(["1:0.5", "1:1"]),
                "base": _BASE,
            }
        ),
    )


@cache
def _tranches() -> st.SearchStrategy[Any]:
    dated = st.fixed_dictionaries(
        {"share": st.just("70%"), "at": st.just("投产"), "evidence": st.just("证明"), "by": st.just("start_date")},
        optional={"when": _when()},
    )
    return st.one_of(st.just(["50%", "50%"]), dated.map(lambda one: ["30%", one]))


@cache
def _parts() -> dict[str, st.SearchStrategy[Any]]:
    """What a benefit in money may have besides."""
    part = st.fixed_dictionaries({"rate": _RATE, "base": _BASE})
    computed = st.lists(st.one_of(_MONEY, part), min_size=1, max_size=3).map(lambda some: {"plus": some})
    times = st.fixed_dictionaries(
        {"times": st.sampled_from([0.000001, 0.5, 1.2, 100]), "when": _when(), "text": st.just("倍数")}
    )
    back = {"text": _TEXT, "when": _when()}
    held = {"held": st.just("years_since_payment")}
    return {
        "cap": st.one_of(_FIGURE, _table(_FIGURE), computed),
        "cap_per_year": _MONEY,
        "multipliers": st.lists(times, min_size=1, max_size=2),
        "lifetime": st.fixed_dictionaries({"cap": _MONEY, "received": st.just("aid_received")}),
        "clawback": st.one_of(
            st.fixed_dictionaries({"how": st.just("full"), **back}),
            st.fixed_dictionaries({"how": st.just("pro_rata"), "years": st.sampled_from([1, 5]), **back, **held}),
            st.fixed_dictionaries({"how": st.just("interest"), "rate": _RATE, **back, **held}),
        ),
        "borne": st.just({"city": "33.3333%", "zone": "66.6667%"}),
    }


_IN_KIND = st.fixed_dictionaries({"kind": st.just("in_kind"), "text": _TEXT}, optional={"worth": _MONEY})
_YEARLY = st.lists(_RATE, min_size=1, max_size=15)


@st.composite
def benefits(draw: st.DrawFn) -> dict[str, Any]:
    """Benefits of every kind with any of their parts, as written."""
    if draw(st.integers(0, 7)) == 0:
        return draw(_IN_KIND)
    benefit = {**draw(_kinds()), "text": "说明"}
    rhythm = "" if benefit["kind"] == "interest" else draw(st.sampled_from(["", "instalments", "yearly"]))
    if rhythm:
        benefit[rhythm] = draw(_tranches() if rhythm == "instalments" else _YEARLY)
    return benefit | {name: draw(part) for name, part in _parts().items() if draw(st.integers(0, 3)) == 0}


_TERMS: dict[str, st.SearchStrategy[Any]] = {
    "exclusive_group": st.just("one"),
    "expenditures": st.just(["rd_spending"]),
    "shared_caps": st.sampled_from(["year", "whole"]).flatmap(
        lambda per: _MONEY.map(lambda cap: [{"group": "caps", "title": "合计上限", "cap": cap, "per": per}])
    ),
    "pool": st.sampled_from(["first_come", "pro_rata", "cap_control"]).map(
        lambda rule: {"name": "pool", "title": "资金池", "total": "1亿元", "rule": rule}
    ),
    "grandfathering": st.sampled_from([None, "9999-12-31"]).map(
        lambda until: {"by": "entry_date", "until": until, "text": "到期后继续"}
    ),
    "application": st.sampled_from(
        [
            {"text": "每年", "yearly": {"from": "11-01", "until": "02-28"}},
            {"text": "认定后", "after": "recognised_on", "months": 240},
            {"text": "期间", "from": "2026-01-01", "until": "9999-12-31"},
        ]
    ),
    "retention": st.just({"years": 5, "of": "stay_years", "text": "五年"}),
}

_VALID = st.sampled_from(
    [
        {"from": "2026-01-01", "until": "2028-12-31"},
        {"from": "0001-01-01", "until": "0001-12-31"},
        {"from": "0001-01-01", "until": "9999-12-31"},
        {"from": "0001-01-01", "until": None},
    ]
)


def written(node: Any) -> dict[str, Any]:
    """A condition as a file says it."""
    said: dict[str, Any] = node.model_dump(mode="json", by_alias=True, exclude_none=True)
    return said


@st.composite
def policies(draw: st.DrawFn, id: str = "jingkai-example") -> dict[str, Any]:
    """A whole policy."""
    tree = draw(_trees())
    for number, leaf in enumerate(leaves_of(tree)):
        object.__setattr__(leaf, "id", f"c{number}")
    terms = {name: draw(term) for name, term in _TERMS.items() if draw(st.integers(0, 3)) == 0}
    return document(id=id, conditions=written(tree), benefit=draw(benefits()), valid=draw(_VALID), **terms)
