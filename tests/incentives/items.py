"""Policies that share caps, exclude one another and make up differences, written in a line or drawn."""

from __future__ import annotations

import math
from typing import Final

from hypothesis import strategies as st

from services.incentives.matching.selection import Item
from services.incentives.policy.combination import Limit

ENDLESS: Final = math.inf
NAMES: Final = ("x", "y", "z")
GROUPS: Final = ("p", "q", "r")


def item(id: str, *fen: float, rivals: str = "", limits: str = "", tops_up: str = "") -> Item:
    """A policy that pays so much each year from 2026; names are separated by spaces."""
    years = {2026 + number: each for number, each in enumerate(fen)}
    return Item(id, years, 0, frozenset(rivals.split()), frozenset(limits.split()), frozenset(tops_up.split()))


def limit(name: str, most: int, *, per_year: bool = False) -> dict[str, Limit]:
    """A limit by its name."""
    return {name: Limit(name, name, most, per_year)}


@st.composite
def items_and_limits(draw: st.DrawFn, *, years: int, crossing: bool) -> tuple[list[Item], dict[str, Limit]]:
    """Up to seven policies; caps that lie inside one another, or any."""
    items: list[Item] = []
    for number in range(draw(st.integers(1, 7))):
        fen = draw(st.lists(st.integers(0, 30), min_size=1, max_size=years))
        rivals = " ".join(draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)))
        depth = draw(st.integers(0, len(GROUPS)))
        inside = draw(st.lists(st.sampled_from(GROUPS), max_size=2, unique=True)) if crossing else GROUPS[-depth:]
        limits = " ".join(inside if crossing or depth else ())
        earlier = [each.id for each in items]
        tops = draw(st.lists(st.sampled_from(earlier), max_size=2 if crossing else 1, unique=True)) if earlier else []
        items.append(item(f"i{number}", *fen, rivals=rivals, limits=limits, tops_up=" ".join(tops)))
    per_year = {name: years > 1 and draw(st.booleans()) for name in GROUPS}
    limits_ = {name: Limit(name, name, draw(st.integers(0, 80)), per_year[name]) for name in GROUPS}
    return items, limits_
