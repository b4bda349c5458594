"""Figures that depend on what a project is: by industry, by kind, by level, by the year in which it came.

A table names every category once; whoever is in none of them is answered by ``otherwise``, which may be ``none``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Self

from pydantic import Discriminator, Field, WithJsonSchema, model_validator

from contracts.vocabulary.facts import Fact, FactError, parse_value
from contracts.vocabulary.industry import SECTIONS, lineage
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Written

NONE: Final = "none"
MAX_CASES = 60
YEARS = range(1990, 2101)

_Scalar = Annotated[Any, WithJsonSchema({"type": ["string", "number", "boolean"]})]


class Case(Written):
    """Some categories and the figure for them."""

    in_: list[_Scalar] = Field(alias="in", min_length=1, max_length=MAX_CASES)
    value: _Scalar


class Lookup(Written):
    """A figure by the category that a fact gives; of a date its year counts."""

    by: str
    cases: list[Case] = Field(min_length=1, max_length=MAX_CASES)
    otherwise: _Scalar | None = None

    @model_validator(mode="after")
    def _each_category_once(self) -> Self:
        fact = fact_named(self.by)
        if fact.kind not in ("choice", "boolean", "code", "date"):
            raise ValueError(f"「{fact.label}」不能用来分类，请用单选、是否、行业或日期")
        named = [each for case in self.cases for each in categories(fact, case.in_)]
        if twice := _overlap(fact, named):
            raise ValueError(f"「{twice[0]}」与「{twice[1]}」重叠，每一类只能写在一处")
        if self.otherwise is None and (left := _left_out(fact, named)):
            raise ValueError(f"没有写{left}怎么办，请补上这一类，或写 otherwise（不适用写 {NONE}）")
        return self

    @property
    def exhaustive(self) -> bool:
        """Whether there is a figure for everybody."""
        return self.otherwise != NONE

    @property
    def values(self) -> list[Any]:
        """Every figure in it, as written."""
        return [case.value for case in self.cases] + ([] if self.otherwise in (None, NONE) else [self.otherwise])


def categories(fact: Fact, written: Sequence[Any]) -> list[Any]:
    """The categories of one case in the type of their fact; of a date, years.

    Raises:
        ValueError: one does not fit.
    """
    return [_category(fact, each) for each in written]


def _category(fact: Fact, written: Any) -> Any:
    if fact.kind == "date":
        if not isinstance(written, int) or written not in YEARS:
            raise ValueError("按日期分类写年份，如 2023")
        return written
    if fact.kind == "code" and not isinstance(written, str):
        raise ValueError('行业代码应加引号，如 "39"')
    try:
        return parse_value(fact, written)
    except FactError as error:
        raise ValueError(str(error)) from error


def _overlap(fact: Fact, named: Sequence[Any]) -> tuple[Any, Any] | None:
    """Two of the categories that are one, or of which one lies within the other."""
    known: dict[Any, Any] = {}
    above: dict[Any, Any] = {}
    for each in named:
        wider = lineage(each) if fact.kind == "code" else frozenset({each})
        other = next((known[one] for one in wider if one in known), above.get(each))
        if other is not None:
            return other, each
        known[each] = each
        above |= dict.fromkeys(wider, each)
    return None


def _left_out(fact: Fact, named: Sequence[Any]) -> str:
    """Which categories have no figure, in words; empty where none."""
    if fact.kind == "choice":
        return "、".join(label for name, label in fact.choices.items() if name not in named)
    if fact.kind == "boolean":
        return "、".join(label for value, label in ((True, "是"), (False, "否")) if value not in named)
    if fact.kind == "code" and set(SECTIONS) <= set(named):
        return ""
    return "其余年份" if fact.kind == "date" else "其余行业"


def tables_in(part: Written) -> list[Lookup]:
    """The figures of a part of a policy that go by category."""
    return [each for each in dict(part).values() if isinstance(each, Lookup)]


def _written(value: Any) -> str:
    return "table:" if isinstance(value, Lookup) or (isinstance(value, dict) and "by" in value) else "plain:"


PLAIN_OR_TABLE: Final = Discriminator(_written)
"""Tells a figure that is written plainly (tagged ``plain:``) from one by category (tagged ``table:``)."""
