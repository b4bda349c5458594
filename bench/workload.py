"""Generated policies and leads for the engine: 60 facts, 30 % of them missing, 4.94 conditions a policy on average.

As in the measurements that the bars come from: conditions are nested two deep and drawn from a pool, so that of
2,470 in 500 policies about 988 are distinct.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.fact_list import HISTORICAL_ONLY
from contracts.vocabulary.facts import FACTS, PPM, Fact, FactSource, FactValue
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.evaluation.formulas import Formula
from services.incentives.matching.flat import Flat, flat_of
from services.incentives.policy.tree import All, AnyOf, Leaf, Not

MISSING: Final = 0.3
POOL: Final = 2_400
SEED: Final = 20_261_129
ASKED: Final = tuple(name for name in FACTS if name not in HISTORICAL_ONLY)[:60]
CODES: Final = (
    *("C", "I", "M"), *("13", "18", "26", "27", "34", "35", "36", "37", "38", "39", "59", "63", "64", "65", "72", "74"),
    *("392", "397", "358", "367", "374", "384", "651", "652"),
    *("3962", "3973", "3974", "3976", "3612", "3670", "3841", "3491", "3963", "3742", "2740", "6513", "6520", "6440"),
)  # fmt: skip
LEVELS: Final = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800, 1000)
"""Round figures, as thresholds and statements have them."""
_SOURCE: Final = FactSource(kind="example")
_UNITS: Final = {"amount": 1_000_000_000, "integer": 1, "decimal": PPM, "ratio": 10_000}

Facts = dict[str, FactValue]


def policies(count: int, seed: int = SEED, pool: int = POOL) -> dict[str, Any]:
    """Conditions of this many policies by name."""
    draw = random.Random(seed)
    leaves = [_leaf(draw, number) for number in range(pool)]
    return {f"policy-{number}": _policy(draw, leaves) for number in range(count)}


def compiled(conditions: Mapping[str, Any]) -> tuple[Predicates, dict[str, Formula]]:
    """The same, ready for every way of evaluating them."""
    predicates = Predicates()
    return predicates, {name: compile_condition(node, predicates)[0] for name, node in conditions.items()}


def leads(count: int, seed: int = SEED, missing: float = MISSING) -> list[Facts]:
    """What is known of this many leads."""
    draw = random.Random(seed + 1)
    return [
        {name: _told(_VALUES[FACTS[name].kind](draw, FACTS[name])) for name in ASKED if draw.random() >= missing}
        for _ in range(count)
    ]


def stored(facts: Facts) -> Flat:
    """Facts as incentives keeps them with a match to read many leads."""
    return flat_of(facts)


def _told(value: Any) -> FactValue:
    return FactValue(value=value, source=_SOURCE)


def _policy(draw: random.Random, leaves: list[Leaf]) -> Any:
    """All of one to nine conditions, some of them alternatives, some negated."""
    own = draw.sample(leaves, min(9, max(1, round(draw.gauss(4.94, 1.9)))))
    parts: list[Any] = []
    while own:
        if len(own) > 1 and draw.random() < 0.3:
            parts.append(AnyOf.model_construct(any=[own.pop() for _ in range(min(len(own), draw.choice((2, 2, 3))))]))
        elif draw.random() < 0.1:
            parts.append(Not.model_construct(not_=own.pop()))
        else:
            parts.append(own.pop())
    return All.model_construct(all=parts)


def _leaf(draw: random.Random, number: int) -> Leaf:
    fact = FACTS[draw.choice(ASKED)]
    op, value = _TESTS[fact.kind](draw, fact)
    return Leaf(id=f"c{number}", text="条件", fact=fact.name, op=op, value=value)


def figure(draw: random.Random, fact: Fact) -> int:
    """A round figure in the units that facts are stored in."""
    return draw.choice(LEVELS) * _UNITS[fact.kind] * draw.choice((1, 1, 10))


def _ordered(draw: random.Random, fact: Fact) -> tuple[str, Any]:
    op = draw.choice(("ge", "ge", "ge", "ge", "ge", "gt", "le", "lt", "eq", "ne", "between", "between"))
    if op != "between":
        return op, _written(fact, figure(draw, fact))
    low, high = sorted((figure(draw, fact), figure(draw, fact)))
    return op, {"low": _written(fact, low), "high": _written(fact, high), "high_open": draw.random() < 0.5}


def _written(fact: Fact, stored: int) -> float:
    """As an author writes it: money in fen, ratios and decimals as they are."""
    return stored if fact.kind in ("amount", "integer") else stored / PPM


def _day(draw: random.Random) -> str:
    return f"20{draw.randint(20, 29)}-{draw.choice((1, 4, 7, 10)):02}-{draw.choice((1, 15)):02}"


def _dated(draw: random.Random, _fact: Fact) -> tuple[str, Any]:
    first, last = sorted((_day(draw), _day(draw)))
    return draw.choice((("ge", first), ("lt", last), ("date_in", {"from": first, "until": last})))


def _coded(draw: random.Random, _fact: Fact) -> tuple[str, Any]:
    return "prefix_in", draw.sample(CODES, draw.randint(1, 5))


def _chosen(draw: random.Random, fact: Fact) -> tuple[str, Any]:
    return "in", draw.sample(sorted(fact.choices), draw.randint(1, max(1, len(fact.choices) // 3)))


_TESTS: Final[Mapping[str, Callable[[random.Random, Fact], tuple[str, Any]]]] = {
    **dict.fromkeys(("amount", "integer", "decimal", "ratio"), _ordered),
    "date": _dated,
    "code": _coded,
    "choice": _chosen,
    "boolean": lambda draw, _: (draw.choice(("eq", "ne")), draw.random() < 0.5),
    "tags": lambda draw, fact: ("contains", draw.choice(sorted(fact.choices))),
}
_VALUES: Final[Mapping[str, Callable[[random.Random, Fact], Any]]] = {
    "amount": lambda draw, fact: Amount.exact(figure(draw, fact) + draw.randint(0, 99) * 10_000_000),
    "integer": lambda draw, fact: figure(draw, fact) + draw.randint(0, 9),
    **dict.fromkeys(("decimal", "ratio"), lambda draw, fact: figure(draw, fact)),
    "date": lambda draw, _: _day(draw),
    "code": lambda draw, _: draw.choice(CODES[-14:]),
    "choice": lambda draw, fact: draw.choice(sorted(fact.choices)),
    "boolean": lambda draw, _: draw.random() < 0.5,
    "tags": lambda draw, fact: draw.sample(sorted(fact.choices), draw.randint(0, 3)),
}
