"""What a condition measures: one fact, or what several facts come to: a ratio, a sum, so much a unit, time elapsed.

Each form says of which type and unit its number is, so that thresholds are read and shown like those of a fact.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.vocabulary.facts import FACTS, Fact
from services.incentives.policy.dated import Dated, date_fact
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Written

_ELAPSED = {"days": "天", "months": "个月", "years": "年"}


class Ratio(Written):
    """One fact as a share of another of its type: R&D spending of revenue."""

    halves: ClassVar = True
    daily: ClassVar = False
    of: str
    to: str

    @model_validator(mode="after")
    def _of_one_type(self) -> Self:
        above, below = fact_named(self.of), fact_named(self.to)
        if above.kind != below.kind or above.kind not in ("amount", "integer", "decimal"):
            raise ValueError(f"「{above.label}」与「{below.label}」不能相比，应同为金额、整数或小数")
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return self.of, self.to

    @property
    def fact(self) -> Fact:
        """A ratio."""
        return Fact(self.key, "ratio", f"{FACTS[self.of].label}与{FACTS[self.to].label}之比", self.key, "", "%")

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return f"{self.of}/{self.to}"


class Per(Written):
    """An amount or a count for each unit of something: tax a mu, output a person."""

    halves: ClassVar = True
    daily: ClassVar = False
    of: str
    by: str

    @model_validator(mode="after")
    def _by_a_count(self) -> Self:
        above, below = fact_named(self.of), fact_named(self.by)
        if above.kind not in ("amount", "integer") or below.kind not in ("integer", "decimal"):
            raise ValueError(f"不能计算每{below.unit or '单位'}的「{above.label}」：of 用金额或整数，by 用整数或小数")
        return self

    @property
    def divides_decimal(self) -> bool:
        """Whether what it divides by is stored in millionths."""
        return FACTS[self.by].kind == "decimal"

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return self.of, self.by

    @property
    def fact(self) -> Fact:
        """An amount or a count, of so much a unit."""
        above, below = FACTS[self.of], FACTS[self.by]
        return replace(above, name=self.key, label=f"每{below.unit}{above.label}", unit=above.unit)

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return f"{self.of}@{self.by}"


class Sum(Written):
    """Several facts of one type together: the investments of a group, equipment with software."""

    halves: ClassVar = False
    daily: ClassVar = False
    sum: list[str] = Field(min_length=2, max_length=10)

    @model_validator(mode="after")
    def _of_one_type(self) -> Self:
        kinds = {fact_named(name).kind for name in self.sum}
        if len(kinds) > 1 or not kinds <= {"amount", "integer", "decimal"}:
            raise ValueError("只能合计同为金额、整数或小数的事实")
        if len(set(self.sum)) < len(self.sum):
            raise ValueError("同一个事实写了两次，请删除一处")
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(sorted(self.sum))

    @property
    def fact(self) -> Fact:
        """Of the type of its parts."""
        labels = "、".join(FACTS[name].label for name in self.sum)
        return replace(FACTS[self.sum[0]], name=self.key, label=f"{labels}合计")

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return "+".join(self.facts)


class Since(Written):
    """How long before the day of the answer something was."""

    halves: ClassVar = True
    daily: ClassVar = True
    date: str
    unit: Literal["days", "months", "years"] = "months"

    @model_validator(mode="after")
    def _from_a_date(self) -> Self:
        date_fact(self.date)
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.date,)

    @property
    def fact(self) -> Fact:
        """A count of days, months or years."""
        unit = _ELAPSED[self.unit]
        return Fact(self.key, "integer", f"{FACTS[self.date].label}距今", self.key, "", unit)

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return f"{self.unit}-since-{self.date}"


Quantity = Ratio | Per | Sum | Since | Dated
