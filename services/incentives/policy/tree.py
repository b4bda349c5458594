"""The conditions of a policy as a tree: all, any and not over comparisons, each with its own sentence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, WithJsonSchema, field_validator, model_validator

from contracts.vocabulary.facts import FACTS, Fact
from services.incentives.authored import MAX_LEAVES
from services.incentives.policy.dated import Held, Ruling
from services.incentives.policy.lookups import PLAIN_OR_TABLE, Lookup
from services.incentives.policy.operands import PeriodName, check_operator, fact_named, operand_for
from services.incentives.policy.parts import Line, Slug, Written
from services.incentives.policy.quantities import Per, Quantity, Ratio, Since, Sum

_PLAIN = Annotated[
    Any,
    WithJsonSchema(
        {
            "title": "门槛",
            "description": "按事实的类型书写，金额如 1亿元",
            "anyOf": [
                {"type": "string"},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "array", "items": {"type": ["string", "number"]}},
                {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
                {"type": "null"},
            ],
        }
    ),
]
Threshold = Annotated[Annotated[_PLAIN, Tag("plain:")] | Annotated[Lookup, Tag("table:")], PLAIN_OR_TABLE]
_FORMS = ("fact", "ratio", "per", "sum", "since", "held", "ruling")
_YES_NO = ("held", "ruling")
"""Forms that ask for a yes unless something else is written."""


class Leaf(Written):
    """One condition: its sentence, and the comparison that decides it.

    It compares a ``fact``, or what several come to: their ``ratio``, so much ``per`` unit, their ``sum``, the time
    ``since`` a day; or it asks whether a recognition is ``held``, or how a ``ruling`` was. ``period`` is that of a
    threshold given for another period than the fact is stated for.
    """

    id: Slug
    text: Line
    fact: str | None = None
    ratio: Ratio | None = None
    per: Per | None = None
    sum: list[str] | None = None
    since: Since | None = None
    held: Held | None = None
    ruling: Ruling | None = None
    op: str
    period: PeriodName | None = None
    value: Threshold = Field(None, validate_default=True)
    clause: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def _asks_for_a_yes(cls, written: Any) -> Any:
        if isinstance(written, Mapping) and any(written.get(form) is not None for form in _YES_NO):
            return {"op": "eq", "value": True, **written}
        return written

    @field_validator("fact")
    @classmethod
    def _known_fact(cls, name: str | None) -> str | None:
        return None if name is None else fact_named(name).name

    @field_validator("sum")
    @classmethod
    def _a_sum(cls, names: list[str] | None) -> list[str] | None:
        return None if names is None else Sum(sum=names).sum

    @field_validator("op")
    @classmethod
    def _known_operator(cls, op: str, info: ValidationInfo) -> str:
        return check_operator(op, _measured(info.data))

    @field_validator("value")
    @classmethod
    def _typed_value(cls, value: Any, info: ValidationInfo) -> Any:
        fact, op = _measured(info.data), info.data.get("op")
        if fact is not None and op is not None:
            for each in value.values if isinstance(value, Lookup) else [value]:
                operand_for(fact, op, each, info.data.get("period"))
        return value

    @model_validator(mode="after")
    def _one_quantity(self) -> Self:
        if self._named != 1:
            raise ValueError("每个条件写一项：fact、ratio、per、sum、since、held 或 ruling")
        return self

    @property
    def _named(self) -> int:
        """How many quantities it names."""
        return sum(getattr(self, name) is not None for name in _FORMS)

    @cached_property
    def quantity(self) -> Quantity | None:
        """What it measures, None where that is a fact itself."""
        if self.sum is not None:
            return Sum(sum=self.sum)
        return self.ratio or self.per or self.since or self.held or self.ruling

    @cached_property
    def measure(self) -> Fact:
        """The type, unit and label of what it measures."""
        return FACTS[self.fact or ""] if self.quantity is None else self.quantity.fact

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Every fact that it asks for."""
        asked = (self.fact or "",) if self.quantity is None else self.quantity.facts
        return (*asked, self.value.by) if isinstance(self.value, Lookup) else asked


def _measured(data: Mapping[str, Any]) -> Fact | None:
    """The type of what a condition measures, from its parts that are valid so far."""
    if data.get("fact") is not None:
        return FACTS[data["fact"]]
    if data.get("sum"):
        return Sum(sum=data["sum"]).fact
    quantity = next((data[form] for form in _FORMS if data.get(form) is not None), None)
    return None if quantity is None else quantity.fact


class All(Written):
    """Every one of these."""

    all: list[Condition] = Field(min_length=1, max_length=MAX_LEAVES)


class AnyOf(Written):
    """One of these suffices."""

    any: list[Condition] = Field(min_length=1, max_length=MAX_LEAVES)


class Not(Written):
    """Not this."""

    not_: Condition = Field(alias="not")


def _node(value: Any) -> str:
    if isinstance(value, Mapping):
        return next((f"node:{name}" for name in ("all", "any", "not") if name in value), "node:leaf")
    names: Mapping[type, str] = {All: "node:all", AnyOf: "node:any", Not: "node:not"}
    return names.get(type(value), "node:leaf")


Condition = Annotated[
    Annotated[All, Tag("node:all")]
    | Annotated[AnyOf, Tag("node:any")]
    | Annotated[Not, Tag("node:not")]
    | Annotated[Leaf, Tag("node:leaf")],
    Discriminator(_node),
]


class Term(Leaf):
    """A condition that no author writes: it follows from the term of the policy itself."""

    term: Quantity

    @property
    def _named(self) -> int:
        """Its own."""
        return 1

    @property
    def quantity(self) -> Quantity:
        """What of the term it asks about."""
        return self.term


def leaves_of(node: Any) -> list[Leaf]:
    """All conditions of a tree, in the order they are written."""
    if isinstance(node, Leaf):
        return [node]
    if isinstance(node, Not):
        return leaves_of(node.not_)
    children = node.all if isinstance(node, All) else node.any
    return [leaf for child in children for leaf in leaves_of(child)]
