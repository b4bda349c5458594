"""What a policy shares with others: a cap, a budget, an expenditure, a difference that it makes up.

Policies name what they share; those that name the same belong together. Where they write different limits for it, the
lowest holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field

from contracts.vocabulary.facts import FACTS
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Line, MoneyText, Slug, Written, fen_of

Rule = Literal["first_come", "pro_rata", "cap_control"]
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


def circle(policy: str, tops_up: Mapping[str, Sequence[str]]) -> list[str]:
    """The shortest way from a policy back to itself along differences that policies make up; empty where there is none.

    ``tops_up`` are the ids that each makes up to.
    """
    ways = [[policy]]
    seen: set[str] = set()
    for way in ways:
        for each in tops_up.get(way[-1], ()):
            if each == policy:
                return [*way, policy]
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


def in_circle(way: Sequence[str]) -> str:
    """What is wrong with it."""
    return f"互相补差额成了一圈：{' → '.join(way)}；请删掉其中一条的 tops_up，让差额只往一个方向补"


def _an_amount(name: str) -> str:
    if fact_named(name).kind != "amount":
        raise ValueError(f"「{FACTS[name].label}」不是金额，不是一笔支出")
    return name


Expenditures = Annotated[list[Annotated[str, AfterValidator(_an_amount)]], Field(min_length=1, max_length=MAX_SHARED)]
SharedCaps = Annotated[list[SharedCap], Field(min_length=1, max_length=MAX_SHARED)]
ToppedUp = Annotated[list[Slug], Field(min_length=1, max_length=MAX_SHARED)]
