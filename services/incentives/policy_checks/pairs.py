"""A policy beside others: whether money is paid twice for one thing, and two versions of a policy count on one day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from contracts.vocabulary.facts import FACTS
from services.incentives.policy import Policy
from services.incentives.policy.benefit import Unit
from services.incentives.policy.combination import circle, in_circle
from services.incentives.policy.terms import Validity
from services.incentives.policy_checks.findings import Finding
from services.incentives.policy_checks.formulas import Effort, TooLarge, comparisons_in, formula_of, satisfiable
from services.incentives.policy_checks.witnesses import Universe


def compare(policy: Policy, others: Iterable[Policy]) -> list[Finding]:
    """What a policy has in common with others that it should not, others of the same standing."""
    others = list(others)
    alike = [each for each in others if each.standing == policy.standing and _together(policy.valid, each.valid)]
    found = [_versions(policy, each) for each in alike if each.id == policy.id and each.version != policy.version]
    if policy.standing != "historical":
        found += [_overlap(policy, each) for each in alike if each.id != policy.id and _pay_for_one_thing(policy, each)]
    return [*_circle(policy, others), *found]


def _circle(policy: Policy, others: Iterable[Policy]) -> list[Finding]:
    way = circle(policy.id, {each.id: each.tops_up or () for each in (*others, policy)})
    return [Finding("error", ("tops_up",), in_circle(way))] if way else []


def _pay_for_one_thing(one: Policy, other: Policy) -> bool:
    if one.scope.key != other.scope.key or one.beneficiary != other.beneficiary:
        return False
    if one.exclusive_group is not None and one.exclusive_group == other.exclusive_group:
        return False
    return bool(_bases(one.benefit) & _bases(other.benefit)) and _may_both_be_met(one, other)


def _may_both_be_met(one: Policy, other: Policy) -> bool:
    comparisons = [each for policy in (one, other) for each in comparisons_in(policy.conditions)]
    universe = Universe(comparisons, stated=False)
    try:
        return satisfiable([formula_of(policy.conditions, universe) for policy in (one, other)], Effort())
    except TooLarge:
        return True


def _bases(benefit: Any) -> set[str]:
    """The facts that a benefit is a share or a multiple of."""
    written = [getattr(benefit, name, None) or [] for name in ("base", "loan")]
    names = {name for each in written for name in ([each] if isinstance(each, str) else each)}
    return names | {each.fact for each in getattr(benefit, "units", ()) if isinstance(each, Unit)}


def _together(one: Validity, other: Validity) -> bool:
    if one.from_ is None or other.from_ is None:
        return False
    return max(one.from_, other.from_) <= min(one.until or date.max, other.until or date.max)


def _overlap(one: Policy, other: Policy) -> Finding:
    shared = "、".join(FACTS[name].label for name in sorted(_bases(one.benefit) & _bases(other.benefit)))
    message = (
        f"与「{other.title}」（{other.id}）范围相同、有效期重叠，都按{shared}计算，又不在同一个 exclusive_group，"
        "同一笔投入可能领两次；不应叠加的请写同一个 exclusive_group，可以叠加的请在审查结论里说明"
    )
    return Finding("warning", ("exclusive_group",), message)


def _versions(one: Policy, other: Policy) -> Finding:
    message = (
        f"第{other.version}版（{_term(other.valid)}）与本版（{_term(one.valid)}）的有效期重叠，同一天只能有一版有效："
        "发布后以本版为准，另一版不再计入；要等另一版到期的，请把 from 写成到期的次日，并到那时再发布"
    )
    return Finding("warning", ("valid",), message)


def _term(valid: Validity) -> str:
    return f"{valid.from_} 至 {valid.until or '长期'}"
