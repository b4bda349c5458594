"""The figures of benefits: written plainly, by category, as a range or not published; bases, factors and caps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from contracts.vocabulary.facts import FACTS
from services.incentives.policy.lookups import PLAIN_OR_TABLE, Lookup
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Line, MoneyText, RateText, Written, fen_between, multiple_of, ppm_of
from services.incentives.policy.quantities import Sum
from services.incentives.policy.tree import Condition

UNPUBLISHED: Final = "未公布"


def _figure(written: Any) -> Any:
    if written == UNPUBLISHED:
        return written
    if isinstance(written, bool) or not isinstance(written, int | str):
        raise ValueError(f"应为金额，如 200万元；没有公布的写 {UNPUBLISHED}")
    fen_between(written)
    return written


def _share(written: Any) -> Any:
    if written != UNPUBLISHED:
        ppm_of(written)
    return written


def _amounts(written: str | list[str]) -> str | list[str]:
    for name in [written] if isinstance(written, str) else written:
        if fact_named(name).kind != "amount":
            raise ValueError(f"「{FACTS[name].label}」不是金额，不能按比例计算")
    if not isinstance(written, str) and len(written) > 1:
        Sum(sum=written)
    return written


def _multiple(written: Any) -> Any:
    multiple_of(written)
    return written


def _table_of(check: Callable[[Any], Any]) -> Callable[[Lookup], Lookup]:
    def each(table: Lookup) -> Lookup:
        for value in table.values:
            check(value)
        return table

    return each


Figure = Annotated[int | str, BeforeValidator(_figure)]
MoneyTable = Annotated[Lookup, AfterValidator(_table_of(_figure))]
RateTable = Annotated[Lookup, AfterValidator(_table_of(_share))]
Money = Annotated[Annotated[Figure, Tag("plain:")] | Annotated[MoneyTable, Tag("table:")], PLAIN_OR_TABLE]
Share = Annotated[
    Annotated[int | float | str, BeforeValidator(_share), Tag("plain:")] | Annotated[RateTable, Tag("table:")],
    PLAIN_OR_TABLE,
]
Base = Annotated[str | Annotated[list[str], Field(min_length=1, max_length=10)], AfterValidator(_amounts)]
Multiple = BeforeValidator(_multiple)


class OfBase(Written):
    """A part of a bound: a share of an amount, such as what a firm contributed in the year."""

    rate: RateText
    base: Base


class Computed(Written):
    """A bound that is computed: sums and shares added up."""

    plus: list[MoneyText | OfBase] = Field(min_length=1, max_length=10)


class Multiplier(Written):
    """Everything before the caps times so much, where a condition holds."""

    times: Annotated[int | float | str, Multiple]
    when: Condition
    text: Line


def _cap(value: Any) -> str:
    if isinstance(value, Computed) or (isinstance(value, dict) and "plus" in value):
        return "computed:"
    return "table:" if isinstance(value, Lookup) or (isinstance(value, dict) and "by" in value) else "plain:"


Cap = Annotated[
    Annotated[Figure, Tag("plain:")] | Annotated[MoneyTable, Tag("table:")] | Annotated[Computed, Tag("computed:")],
    Discriminator(_cap),
]
