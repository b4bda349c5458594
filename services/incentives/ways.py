"""The ways in which a policy can be met: of each quantity what is allowed, one set for each; written down when asked.

They are the disjunctive terms that checks at authoring reason with: the policy is met where all of one way is.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from services.incentives.policy_checks.formulas import Effort, Term, TooLarge, comparisons_in, formula_of, terms_of
from services.incentives.policy_checks.witnesses import Universe


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
