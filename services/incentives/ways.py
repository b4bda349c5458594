"""The ways in which a policy can be met: of each quantity what is allowed, one set for each; written down when asked.

They are the disjunctive terms that checks at authoring reason with: the policy is met where all of one way is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.incentives.policy.dated import Applicable, Entitled, Ruling
from services.incentives.policy.quantities import Since
from services.incentives.policy_checks.formulas import Effort, TooLarge, comparisons_in, formula_of, terms_of
from services.incentives.policy_checks.witnesses import STATED, Comparison, Term, ToldApart, Universe

_GIVEN: Final = frozenset({"industry_chain", "enterprise_kind", "beneficiary_role"})
_DECIDED: Final = (Since, Applicable, Entitled, Ruling)


@dataclass(frozen=True, slots=True)
class Step:
    """One quantity of a way: the witnesses that are allowed, and those of them that may be stated.

    ``fact`` is what to change for it, None where it cannot be changed; ``values`` are those that may be stated, none
    where any will do.
    """

    key: str
    comparison: Comparison
    told_apart: ToldApart
    allowed: int
    stated: int
    fact: str | None
    values: tuple[Any, ...]


class Ways:
    """Those of one tree of conditions."""

    def __init__(self, conditions: Any) -> None:
        self._conditions = conditions

    @cached_property
    def universe(self) -> Universe:
        """The witnesses that tell apart all that may be said, that it does not apply among it."""
        return Universe(comparisons_in(self._conditions), stated=False)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every way, less what contradicts itself; none where there are too many to write down."""
        try:
            return tuple(terms_of(formula_of(self._conditions, self.universe), Effort()))
        except TooLarge:
            return ()

    @cached_property
    def steps(self) -> tuple[tuple[Step, ...], ...]:
        """The same ways, quantity by quantity."""
        return tuple(tuple(self._step(key, allowed) for key, allowed in term.items()) for term in self.terms)

    def _step(self, key: str, allowed: int) -> Step:
        each, stated = self.universe.measures[key], allowed & STATED
        told_apart = self.universe.told_apart(key)
        wanted = () if stated == told_apart.stated else self.universe.witnesses(key, stated)
        values = tuple(value for value, _ in wanted)
        return Step(key, each, told_apart, allowed, stated, name_of(each) if _changeable(each) else None, values)


def name_of(each: Comparison) -> str:
    """The fact that stands for a quantity: the first of several."""
    return each.measure.name if each.quantity is None else each.quantity.facts[0]


def _changeable(each: Comparison) -> bool:
    """Not what a project is, nor what time or others decide."""
    if each.quantity is not None:
        return not isinstance(each.quantity, _DECIDED)
    return each.measure.kind not in ("code", "text") and each.measure.name not in _GIVEN
