"""Conditions as formulas over witnesses, and whether any facts satisfy several of them at once.

Satisfiability is decided by disjunctive terms: sets of allowed witnesses by quantity. What shares no quantity is
decided apart, so that only what hangs together multiplies; beyond a cap nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary.facts import FACTS
from services.incentives.evaluation.conditions import threshold
from services.incentives.policy import Leaf
from services.incentives.policy.lookups import Lookup, categories
from services.incentives.policy.operands import Operand
from services.incentives.policy.tree import All, AnyOf, Not
from services.incentives.policy_checks.witnesses import Atom, Comparison, Term, Universe

MAX_TERMS: Final = 2000
MAX_STEPS: Final = 200_000
"""Terms put together in the check of one policy: about a quarter of a second."""


class TooLarge(Exception):
    """So many combinations that nothing is said of them."""


class Effort:
    """How much is still spent on a policy."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count steps before they are done.

        Raises:
            TooLarge: they are too many.
        """
        self._left -= steps
        if self._left < 0:
            raise TooLarge


@dataclass(frozen=True, slots=True)
class Group:
    """All of some formulas, or one of them."""

    conjunction: bool
    parts: tuple[Formula, ...]

    def negated(self) -> Group:
        """The opposite."""
        return Group(not self.conjunction, tuple(part.negated() for part in self.parts))


Formula = Atom | Group


def comparisons_in(node: Any) -> Iterator[Comparison]:
    """Every comparison of a tree of conditions."""
    if isinstance(node, Leaf):
        yield from _comparisons_of(node)
    else:
        for child in children_of(node):
            yield from comparisons_in(child)


def formula_of(node: Any, universe: Universe) -> Formula:
    """A tree of conditions as a formula."""
    if isinstance(node, Not):
        return formula_of(node.not_, universe).negated()
    if not isinstance(node, Leaf):
        return Group(isinstance(node, All), tuple(formula_of(child, universe) for child in children_of(node)))
    if not isinstance(node.value, Lookup):
        return universe.atom(_against(node, node.value))
    cases = [_in_case(node.value, case.in_, universe) for case in node.value.cases]
    ways = [
        _both(case, universe.atom(_against(node, written.value)))
        for case, written in zip(cases, node.value.cases, strict=True)
    ]
    if node.value.exhaustive and node.value.otherwise is not None:
        other = universe.atom(_against(node, node.value.otherwise))
        ways.append(_both(*(case.negated() for case in cases), other))
    return Group(conjunction=False, parts=tuple(ways))


def satisfiable(formulas: Sequence[Formula], effort: Effort) -> bool:
    """Whether some facts meet all of these.

    Raises:
        TooLarge: there are too many combinations to tell.
    """
    parts = [part for formula in formulas for part in _conjuncts(formula)]
    return all(_terms_of_all(component, effort) for component in _components(parts))


def children_of(node: Any) -> list[Any]:
    """The conditions directly below."""
    if isinstance(node, Not):
        return [node.not_]
    children: list[Any] = node.all if isinstance(node, All) else node.any if isinstance(node, AnyOf) else []
    return children


def _comparisons_of(leaf: Leaf) -> Iterator[Comparison]:
    if not isinstance(leaf.value, Lookup):
        yield _against(leaf, leaf.value)
        return
    for case in leaf.value.cases:
        yield from _categories(leaf.value, case.in_)
    for written in leaf.value.values:
        yield _against(leaf, written)


def _against(leaf: Leaf, written: Any) -> Comparison:
    return Comparison(leaf.measure, leaf.op, threshold(leaf, written), leaf.quantity)


def _categories(table: Lookup, written: Sequence[Any]) -> list[Comparison]:
    fact = FACTS[table.by]
    named = categories(fact, written)
    if fact.kind == "date":
        years = [Operand((f"{year}-01-01", f"{year + 1}-01-01"), high_open=True) for year in named]
        return [Comparison(fact, "date_in", year) for year in years]
    return [Comparison(fact, "prefix_in" if fact.kind == "code" else "in", Operand(tuple(named)))]


def _in_case(table: Lookup, written: Sequence[Any], universe: Universe) -> Formula:
    return Group(conjunction=False, parts=tuple(universe.atom(each) for each in _categories(table, written)))


def _both(*parts: Formula) -> Group:
    return Group(conjunction=True, parts=parts)


def _conjuncts(formula: Formula) -> Iterator[Formula]:
    if isinstance(formula, Group) and formula.conjunction:
        for part in formula.parts:
            yield from _conjuncts(part)
    else:
        yield formula


def _keys(formula: Formula) -> frozenset[str]:
    if isinstance(formula, Atom):
        return frozenset(formula.met)
    return frozenset().union(*(_keys(part) for part in formula.parts))


def _components(parts: Sequence[Formula]) -> list[list[Formula]]:
    """What shares a quantity, directly or by others, together."""
    components: list[tuple[frozenset[str], list[Formula]]] = []
    for part in parts:
        keys, together = _keys(part), [part]
        apart = []
        for known, members in components:
            if known & keys:
                keys, together = known | keys, members + together
            else:
                apart.append((known, members))
        components = [*apart, (keys, together)]
    return [members for _, members in components]


def terms_of(formula: Formula, effort: Effort) -> list[Term]:
    """The ways to meet a formula: of each quantity the witnesses allowed; any is enough.

    Raises:
        TooLarge: there are too many.
    """
    if isinstance(formula, Atom):
        return [formula.met] if all(formula.met.values()) else []
    if formula.conjunction:
        return _terms_of_all(formula.parts, effort)
    return _distinct(term for part in formula.parts for term in terms_of(part, effort))


def _terms_of_all(formulas: Sequence[Formula], effort: Effort) -> list[Term]:
    """Every combination of one term of each, less what contradicts itself."""
    combined: list[Term] = [{}]
    for terms in sorted((terms_of(each, effort) for each in formulas), key=len):
        effort.spend(len(combined) * len(terms))
        combined = _distinct(merged for one in combined for other in terms if (merged := _merged(one, other)))
        if not combined:
            return []
    return combined


def _merged(one: Term, other: Term) -> Term | None:
    merged = dict(one)
    for key, mask in other.items():
        merged[key] = merged.get(key, mask) & mask
        if not merged[key]:
            return None
    return merged


def _distinct(terms: Iterator[Term]) -> list[Term]:
    known: dict[frozenset[tuple[str, int]], Term] = {}
    for term in terms:
        known[frozenset(term.items())] = term
        if len(known) > MAX_TERMS:
            raise TooLarge
    return list(known.values())
