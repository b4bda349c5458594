"""How a budget is shared out among those who claim it, by the rule that its policy names."""

from __future__ import annotations

from collections.abc import Sequence

from services.incentives.policy.combination import Rule


def allocate(total: int, rule: Rule, claims: Sequence[int]) -> list[int]:
    """What each claim gets out of ``total`` fen, in the order in which they came; never more than all together.

    First come: each whole, the last what is left. Total control: each whole or not at all. In proportion: all the same
    share where there is not enough, the fen that remain to the first.
    """
    if rule == "pro_rata":
        return _in_proportion(total, claims)
    paid, left = [], total
    for claim in claims:
        fits = claim <= left
        paid.append(claim if fits else left if rule == "first_come" else 0)
        left -= paid[-1]
    return paid


def _in_proportion(total: int, claims: Sequence[int]) -> list[int]:
    asked = sum(claims)
    if asked <= total:
        return list(claims)
    paid = [claim * total // asked for claim in claims]
    rest = total - sum(paid)
    for number, claim in enumerate(claims):
        extra = min(rest, claim - paid[number], 1)
        paid[number] += extra
        rest -= extra
    return paid
