"""The same conditions for zen-engine: one expression for many policies, in Kleene logic written out for two planes.

A comparison is certain where its fact is there and satisfies it, possible where the fact is missing or satisfies it;
a policy is 2 (met), 1 (unknown) or 0 (not met). Facts are numbers and texts, days are numbers of days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, FactValue
from contracts.vocabulary.industry import section_of
from services.incentives.evaluation.conditions import threshold
from services.incentives.matching.flat import Flat
from services.incentives.policy.operands import Operand
from services.incentives.policy.tree import All, Leaf, Not

_DAYS = frozenset(name for name, fact in FACTS.items() if fact.kind == "date")
_COMPARED = {"eq": "==", "ne": "!=", "ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def array_of(conditions: Iterable[Any]) -> str:
    """One expression that gives a list of verdicts."""
    return f"[{', '.join(map(verdict_of, conditions))}]"


def verdict_of(node: Any) -> str:
    """An expression for one policy."""
    return f"({plane(node, certain=True)} ? 2 : {plane(node, certain=False)} ? 1 : 0)"


def plane(node: Any, *, certain: bool, negated: bool = False) -> str:
    """Whether a condition, or its opposite, is certainly or possibly met."""
    if isinstance(node, Leaf):
        asked = holds(node)
        if negated:
            asked = f"not ({asked})"
        name = node.fact
        return f"({name} != null and {asked})" if certain else f"({name} == null or {asked})"
    if isinstance(node, Not):
        return plane(node.not_, certain=certain, negated=not negated)
    children = node.all if isinstance(node, All) else node.any
    word = " and " if isinstance(node, All) is not negated else " or "
    return f"({word.join(plane(each, certain=certain, negated=negated) for each in children)})"


def holds(leaf: Leaf) -> str:
    """Whether a fact that is there satisfies a comparison."""
    name, operand = str(leaf.fact), threshold(leaf, leaf.value)
    values = [_written(each, leaf.measure.kind) for each in operand.values]
    match leaf.op:
        case "between" | "date_in":
            return _between(name, operand, values)
        case "in":
            return f"{name} in [{', '.join(values)}]"
        case "prefix_in":
            return f"({' or '.join(_within(name, str(each)) for each in operand.values)})"
        case "contains":
            return f"contains({name}, {values[0]})"
        case "known":
            return f"{name} != null"
    return f"{name} {_COMPARED[leaf.op]} {values[0]}"


def context(facts: Mapping[str, FactValue]) -> dict[str, Any]:
    """Facts with single values as zen reads them."""
    said = {name: _plain(FACTS[name].kind, value.value) for name, value in facts.items()}
    code = said.get("industry_code")
    return said if code is None else said | {"industry_section": _section(code)}


def stored_context(flat: Flat) -> dict[str, Any]:
    """The same of what incentives keeps of a lead's facts."""
    said = flat["values"].copy()
    for name in _DAYS & said.keys():
        said[name] = _day(said[name])
    code = said.get("industry_code")
    return said if code is None else said | {"industry_section": _section(code)}


def _between(name: str, operand: Operand, values: list[str]) -> str:
    low, high = operand.values
    parts = [] if low is None else [f"{name} {'>' if operand.low_open else '>='} {values[0]}"]
    parts += [] if high is None else [f"{name} {'<' if operand.high_open else '<='} {values[1]}"]
    return f"({' and '.join(parts)})"


def _within(name: str, code: str) -> str:
    return f'industry_section == "{code}"' if len(code) == 1 else f'startsWith({name}, "{code}")'


def _written(value: Any, kind: str) -> str:
    if value is None:
        return "null"
    if kind == "date":
        return str(_day(value))
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def _plain(kind: str, value: Any) -> Any:
    if isinstance(value, Amount):
        return value.low
    return _day(value) if kind == "date" else value


def _day(written: Any) -> int:
    return date.fromisoformat(str(written)).toordinal()


def _section(code: Any) -> str | None:
    return section_of(str(code))
