"""Findings are proofs: what the checks say of any facts at all, the engine says of the facts that are tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice, product
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from services.incentives.evaluation.comparisons import MET, NOT_MET
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.policy import Leaf
from services.incentives.policy.tree import All, AnyOf, Not, leaves_of
from services.incentives.policy_checks import Finding, check_policy
from tests.incentives.drawing import TAGS, conditions, facts, told
from tests.incentives.writing import policy

DAY = date(2026, 6, 1)
TRIED = 20_000


def findings(tree: Any) -> list[Finding]:
    """What is found; a tree may say one thing twice, which the schema forbids of ids only."""
    return check_policy(policy().model_copy(update={"conditions": tree}))


def decided(tree: Any, known: dict[str, FactValue]) -> int:
    """The engine's verdict."""
    predicates = Predicates()
    formula, _ = compile_condition(tree, predicates)
    return formula(predicates.evaluate(known, DAY))


def _around(day: int) -> range:
    """A day and those on either side of it, as far as there are."""
    return range(max(1, day - 1), min(day + 1, date.max.toordinal()) + 1)


def candidates(name: str, leaves: list[Leaf]) -> list[FactValue]:
    """Values of a fact on and beside everything it is compared with, and that it does not apply."""
    numbers = [number for each in leaves for number in _numbers(each.value)]
    match leaves[0].measure.kind:
        case "amount":
            near = sorted({0, *(max(0, number + step) for number in numbers for step in (-1, 0, 1))})
            values: list[Any] = [Amount(low=each, high=each) for each in near]
        case "integer":
            values = sorted({0, *(max(0, number + step) for number in numbers for step in (-1, 0, 1))})
        case "date":
            days = {date.fromordinal(each) for day in numbers for each in _around(date.fromisoformat(day).toordinal())}
            values = sorted({"2026-01-01", *(each.isoformat() for each in days)})
        case "code":
            values = [
                "39",
                "3973",
                "3962",
                "3910",
                "65",
                "6513",
                "6599",
                "C",
                "I",
                "27",
                "2710",
                "1311",
                "6311",
                "0111",
            ]
        case "tags":
            values = [
                [],
                *([each] for each in TAGS),
                list(TAGS),
                *([TAGS[a], TAGS[b]] for a, b in ((0, 1), (0, 2), (1, 2))),
            ]
        case "boolean":
            values = [True, False]
        case _:
            values = list(leaves[0].measure.choices)
    return [*(told(value) for value in values), told(None, "not_applicable")]


def _numbers(written: Any) -> list[Any]:
    if isinstance(written, dict):
        return [each for name, each in written.items() if name in ("low", "high") and each is not None]
    if isinstance(written, list):
        return written
    return [] if written is None or isinstance(written, bool) else [written]


def combinations_of(tree: Any) -> Iterator[dict[str, FactValue]]:
    """All candidates of all facts of a tree together."""
    by_name: dict[str, list[Leaf]] = {}
    for leaf in leaves_of(tree):
        by_name.setdefault(leaf.fact or "", []).append(leaf)
    names = sorted(by_name)
    yield from (
        dict(zip(names, values, strict=True))
        for values in product(*(candidates(name, by_name[name]) for name in names))
    )


def without(tree: Any, path: tuple[Any, ...]) -> Any:
    """A tree without the condition at a path below ``conditions``; None where nothing would be left beside it."""
    if isinstance(tree, Not):
        inner = without(tree.not_, path[1:])
        return None if inner is None else Not(not_=inner)
    children = list(tree.all if isinstance(tree, All) else tree.any)
    _, number, *rest = path
    if rest:
        inner = without(children[number], tuple(rest))
        if inner is None:
            return None
        children[number] = inner
    else:
        del children[number]
    if not children:
        return None
    return All(all=children) if isinstance(tree, All) else AnyOf(any=children)


@given(conditions(), st.lists(facts(), min_size=20, max_size=20))
def test_nobody_meets_what_is_called_contradictory(tree: Any, tried: list[dict[str, FactValue]]) -> None:
    if any(each.level == "error" for each in findings(tree)):
        assert all(decided(tree, known) != MET for known in tried)
        assert all(decided(tree, known) != MET for known in islice(combinations_of(tree), TRIED // 10))


@given(conditions())
def test_what_is_not_called_contradictory_somebody_meets(tree: Any) -> None:
    assume(len({leaf.fact for leaf in leaves_of(tree)}) <= 3)
    if not any(each.level in ("error", "unchecked") for each in findings(tree)):
        assert any(decided(tree, known) == MET for known in islice(combinations_of(tree), TRIED))


@given(conditions())
def test_what_is_called_idle_makes_no_difference(tree: Any) -> None:
    for each in findings(tree):
        if each.level != "warning":
            continue
        stated = [known for known in islice(combinations_of(tree), TRIED // 10) if _stated(tree, known)]
        if each.path == ("conditions",):
            assert len({decided(tree, known) for known in stated}) <= 1
        elif (smaller := without(tree, each.path[1:])) is not None:
            assert [decided(tree, known) for known in stated] == [decided(smaller, known) for known in stated]


def _stated(tree: Any, known: dict[str, FactValue]) -> bool:
    """Whether every comparison is decided by something that somebody stated."""
    if any(value.state != "value" for value in known.values()):
        return False
    return all(decided(leaf, known) in (MET, NOT_MET) for leaf in leaves_of(tree))
