"""What a policy shares with others: a cap, a budget, an expenditure, a difference that it makes up.

Policies name what they share; those that name the same belong together. Where they write different limits for it, the
lowest holds.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field

from contracts.vocabulary.facts import FACTS
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Line, MoneyText, Slug, Written, fen_of

Rule = Literal["first_come", "pro_rata", "cap_control"]
RULES: Final[dict[Rule, str]] = {"first_come": "先到先得", "pro_rata": "按比例分配", "cap_control": "总额控制"}
MAX_SHARED = 10
GROUP: Final = "group:"
CLAIM: Final = "claim:"
VERSION: Final = "version:"
"""Before the names of what only one policy may have."""


class SharedCap(Written):
    """No more of all these policies together than ``cap``: in each year, or over all years."""

    group: Slug
    title: Line
    cap: MoneyText
    per: Literal["year", "whole"] = "whole"


class Pool(Written):
    """A budget out of which several projects are paid: first come, in proportion, or until it is used up."""

    name: Slug
    title: Line
    total: MoneyText
    rule: Rule


class Limit(NamedTuple):
    """A limit that policies share, by name; ``most`` in fen, of each year or of all."""

    name: str
    title: str
    most: int
    per_year: bool


def limits_of(shared: list[SharedCap] | None, pool: Pool | None) -> dict[str, Limit]:
    """The limits a policy names; a budget is one for each project as well."""
    limits = [
        Limit(f"{each.group}:{each.per}", each.title, fen_of(each.cap), each.per == "year") for each in shared or ()
    ]
    if pool is not None:
        limits.append(Limit(f"pool:{pool.name}", pool.title, fen_of(pool.total), per_year=False))
    return {each.name: each for each in limits}


def _an_amount(name: str) -> str:
    if fact_named(name).kind != "amount":
        raise ValueError(f"「{FACTS[name].label}」不是金额，不是一笔支出")
    return name


Expenditures = Annotated[list[Annotated[str, AfterValidator(_an_amount)]], Field(min_length=1, max_length=MAX_SHARED)]
SharedCaps = Annotated[list[SharedCap], Field(min_length=1, max_length=MAX_SHARED)]
ToppedUp = Annotated[list[Slug], Field(min_length=1, max_length=MAX_SHARED)]
