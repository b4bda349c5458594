"""Conditions of one policy that contradict each other, are always met, or never matter.

Of each condition it is asked whether it can be met, and whether it can fail, where it matters: all that stands beside
it under "all" met, none of what stands beside it under "any". Under "not" the two change places.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from services.incentives.authored import Path
from services.incentives.policy import Leaf, Policy
from services.incentives.policy.tree import All, Not
from services.incentives.policy_checks.findings import Finding
from services.incentives.policy_checks.formulas import (
    Effort,
    Formula,
    TooLarge,
    children_of,
    comparisons_in,
    formula_of,
    satisfiable,
)
from services.incentives.policy_checks.witnesses import Universe

_ADVICE_CONTRADICTION = "没有企业能同时符合，请核对门槛和方向（ge、le 是否写反），或改用 any"

_ONLY_WITHOUT = "只有填“不适用”，或行业代码只填到很粗一级的才符合；请核对 not 和门槛"


def check_policy(policy: Policy) -> list[Finding]:
    """What is wrong or idle in a policy's conditions, multipliers and term of review."""
    multipliers = getattr(policy.benefit, "multipliers", None) or ()
    trees = [policy.conditions, *(each.when for each in multipliers)]
    found = _Conditions(trees).of(policy.conditions)
    for number, each in enumerate(multipliers):
        found += _multiplier(trees, policy.conditions, each.when, ("benefit", "multipliers", number, "when"))
    return [*found, *_term_of_review(policy)]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a condition stands: whether "not" is above it, and what must hold beside it, by each way of counting.

    ``required`` stands beside it under "all", ``excluded`` are the alternatives under "any", as formulas that hold
    where it matters: first for all facts, then for those that are stated.
    """

    path: Path
    negated: bool = False
    required: tuple[tuple[Formula, Formula], ...] = ()
    excluded: tuple[tuple[Formula, Formula], ...] = ()


@dataclass(slots=True)
class _Conditions:
    """The checks of some trees over what they compare."""

    trees: Sequence[Any]
    found: list[Finding] = field(default_factory=list)
    _any: Universe = field(init=False)
    _stated: Universe = field(init=False)
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        comparisons = [each for tree in self.trees for each in comparisons_in(tree)]
        self._any, self._stated = Universe(comparisons, stated=False), Universe(comparisons, stated=True)

    def of(self, tree: Any) -> list[Finding]:
        """What is found in the conditions of the policy."""
        try:
            if not satisfiable([formula_of(tree, self._any)], self.effort):
                return [self._contradiction(tree)]
            if not satisfiable([formula_of(tree, self._stated)], self.effort):
                return [Finding("warning", ("conditions",), _ONLY_WITHOUT)]
            if self._always(tree, _Place(("conditions",))):
                return [Finding("warning", ("conditions",), "无论怎么填都符合，等于没有条件；请核对门槛，或补上条件")]
        except TooLarge:
            return [_unchecked(("conditions",))]
        self._below(tree, _Place(("conditions",)))
        return self.found

    def formulas(self, node: Any, *, negated: bool) -> tuple[Formula, Formula]:
        """A condition as it must be, for all facts and for those that are stated."""
        both = formula_of(node, self._any), formula_of(node, self._stated)
        return (both[0].negated(), both[1].negated()) if negated else both

    def _always(self, node: Any, place: _Place) -> bool:
        _, stated = self.formulas(node, negated=place.negated)
        beside = [formula for _, formula in (*place.required, *place.excluded)]
        return satisfiable(beside, self.effort) and not satisfiable([*beside, stated.negated()], self.effort)

    def _never(self, node: Any, place: _Place, *, alone: bool = False) -> bool:
        formula, _ = self.formulas(node, negated=place.negated)
        beside = [each for each, _ in (place.required if alone else (*place.required, *place.excluded))]
        return not satisfiable([*beside, formula], self.effort)

    def _below(self, node: Any, place: _Place) -> None:
        """The children of a condition that itself matters; the last first, so that of two alike the later is told."""
        if isinstance(node, Leaf):
            return
        if isinstance(node, Not):
            inner = _Place((*place.path, "not"), not place.negated, place.required, place.excluded)
            self._below(node.not_, inner)
            return
        name = "all" if isinstance(node, All) else "any"
        required = isinstance(node, All) != place.negated
        beside = dict(enumerate(self.formulas(child, negated=place.negated) for child in children_of(node)))
        for number, child in reversed(list(enumerate(children_of(node)))):
            others = tuple(each for other, each in beside.items() if other != number)
            here = _beside(place, (name, number), others, required=required)
            if self._told(child, here, required=required):
                del beside[number]

    def _told(self, child: Any, place: _Place, *, required: bool) -> bool:
        """Whether something was found of a child itself; otherwise what is below it is looked at."""
        try:
            if required and self._always(child, place):
                self.found.append(_idle(child, place))
            elif not required and self._never(child, place):
                self.found.append(_unreachable(child, place, contradictory=self._never(child, place, alone=True)))
            else:
                self._below(child, place)
                return False
        except TooLarge:
            if all(each.level != "unchecked" for each in self.found):
                self.found.append(_unchecked(place.path))
            return False
        return True

    def _contradiction(self, tree: Any) -> Finding:
        """The fewest conditions that cannot hold together, told at the last of them."""
        core = list(_conjuncts(tree, ("conditions",), negated=False))
        with suppress(TooLarge):
            for each in list(core):
                rest = [other for other in core if other is not each]
                if rest and not satisfiable([self.formulas(node, negated=no)[0] for node, _, no in rest], self.effort):
                    core = rest
        node, path, _ = core[-1]
        others = "、".join(_words(other) for other, _, _ in core[:-1])
        against = f"与{others}矛盾" if others else "自相矛盾"
        return Finding("error", path, f"{_words(node)}{against}：{_ADVICE_CONTRADICTION}")


def _beside(place: _Place, step: tuple[str, int], others: tuple[Any, ...], *, required: bool) -> _Place:
    path = (*place.path, *step)
    if required:
        return _Place(path, place.negated, (*place.required, *others), place.excluded)
    without = tuple((one.negated(), other.negated()) for one, other in others)
    return _Place(path, place.negated, place.required, (*place.excluded, *without))


def _conjuncts(node: Any, path: Path, *, negated: bool) -> Any:
    """What must hold of a tree, each with its path and whether "not" is above it."""
    if isinstance(node, Not):
        yield from _conjuncts(node.not_, (*path, "not"), negated=not negated)
    elif isinstance(node, Leaf) or isinstance(node, All) == negated:
        yield node, path, negated
    else:
        name = "all" if isinstance(node, All) else "any"
        for number, child in enumerate(children_of(node)):
            yield from _conjuncts(child, (*path, name, number), negated=negated)


def _multiplier(trees: Sequence[Any], conditions: Any, when: Any, path: Path) -> list[Finding]:
    checks = _Conditions(trees)
    (any_conditions, stated_conditions), (any_when, stated_when) = (
        checks.formulas(tree, negated=False) for tree in (conditions, when)
    )
    try:
        if not satisfiable([any_conditions], checks.effort):
            return []
        if not satisfiable([any_conditions, any_when], checks.effort):
            return [Finding("warning", path, "符合政策条件的企业都不符合这个倍数的条件，倍数永远用不上；请核对或删除")]
        if not satisfiable([stated_conditions, stated_when.negated()], checks.effort):
            return [Finding("warning", path, "符合政策条件的企业都符合这个倍数的条件；请把倍数直接算进标准")]
    except TooLarge:
        return [_unchecked(path)]
    return []


def _term_of_review(policy: Policy) -> list[Finding]:
    review, valid = policy.review, policy.valid
    if review is None or review.until is None or policy.standing == "historical":
        return []
    if valid.until is not None and review.until >= valid.until:
        return []
    term = f"有效期到 {valid.until}" if valid.until else "政策长期有效"
    message = f"审查到 {review.until} 为止，{term}；审查到期后不再计入合计，请在到期前重新审查发布"
    return [Finding("warning", ("review", "until"), message)]


def _idle(node: Any, place: _Place) -> Finding:
    if place.required:
        message = f"{_words(node)}不起作用：其他条件已经包含它，或怎么填都成立；请删除，或核对门槛"
    else:
        message = f"{_words(node)}不起作用：怎么填都成立；请删除，或核对门槛"
    return Finding("warning", place.path, message)


def _unreachable(node: Any, place: _Place, *, contradictory: bool) -> Finding:
    if contradictory:
        message = f"{_words(node)}永远不会成立：与其他必须满足的条件矛盾；请核对门槛，或删除这一项"
    else:
        message = f"{_words(node)}不起作用：同一个 any 里的其他项已经包含它；请删除，或核对门槛"
    return Finding("warning", place.path, message)


def _unchecked(path: Path) -> Finding:
    return Finding("unchecked", path, "条件的组合太多，没有检查是否矛盾或多余；请拆成几条政策，或人工核对")


def _words(node: Any) -> str:
    return f"「{node.text}」" if isinstance(node, Leaf) else "这一组条件"
