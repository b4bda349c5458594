"""Worked examples: facts, a date, and what must come out; a policy that contradicts its examples is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from contracts.vocabulary.facts import FACTS, parse_facts
from services.incentives.policy.parts import Line, MoneyText, Slug, Written

FactsText = Annotated[
    dict[str, Any],
    Field(max_length=len(FACTS)),
    WithJsonSchema(
        {
            "type": "object",
            "description": "事实名与值，写法同 facts",
            "additionalProperties": {
                "type": ["string", "number", "boolean", "array", "object", "null"],
            },
        }
    ),
]


class Beside(Written):
    """Another policy of the project, by what it shares with this one, and its sum.

    ``shares`` is a group, an expenditure, a cap, a budget (of which it had its part before), or the id of a policy to
    which this one makes up the difference.
    """

    shares: Annotated[str, Field(max_length=80)]
    amount: MoneyText


class Example(Written):
    """One example; ``amount`` where certain and possible are the same, ``unmet`` where conditions fail.

    ``by_year`` are the certain sums of each payment, ``borne`` those of each level, ``returned`` what goes back.
    ``counted`` is what of the certain sum counts where a project has others ``beside`` it.
    """

    title: Line
    as_of: date
    facts: FactsText
    verdict: Literal["met", "not_met", "unknown"]
    amount: MoneyText | None = None
    certain: MoneyText | None = None
    possible: MoneyText | None = None
    by_year: list[MoneyText] | None = Field(None, max_length=15)
    beside: list[Beside] | None = Field(None, min_length=1, max_length=20)
    counted: MoneyText | None = None
    borne: dict[str, MoneyText] | None = None
    returned: MoneyText | None = None
    unmet: list[Slug] | None = None
    note: Line | None = None

    @field_validator("facts")
    @classmethod
    def _typed(cls, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        parse_facts(facts, "example")
        return facts

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.amount is not None and (self.certain is not None or self.possible is not None):
            raise ValueError("amount 与 certain、possible 不能同时写")
        return self
