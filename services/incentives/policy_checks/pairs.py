"""A policy beside others: whether money is paid twice for one thing, and two versions of a policy count on one day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from contracts.vocabulary.facts import FACTS
from services.incentives.policy import Policy
from services.incentives.policy.benefit import Unit
from services.incentives.policy.combination import circle, in_circle
from services.incentives.policy.terms import Validity
from services.incentives.policy_checks.findings import Finding
from services.incentives.policy_checks.formulas import Effort, TooLarge, comparisons_in, formula_of, satisfiable
from services.incentives.policy_checks.witnesses import Universe

_NO_FORMER: Final = (
    "写了新老划断，但没有更早开始的上一版在执行：此前入驻的项目按本版不符合，也没有别的版本可用。"
    "请核对 valid.from，或删去 transition"
)


def compare(policy: Policy, others: Iterable[Policy]) -> list[Finding]:
    """What a policy has in common with others that it should not, others of the same standing."""
    known = list(others)
    found = [_versions(policy, each) for each in known if each.id == policy.id and _displaces(policy, each)]
    if policy.transition is not None and not any(_before(each, policy) for each in known):
        found.append(Finding("warning", ("transition",), _NO_FORMER))
    alike = [each for each in known if each.standing == policy.standing and _together(policy.valid, each.valid)]
    if policy.standing != "historical":
        found += [_overlap(policy, each) for each in alike if each.id != policy.id and _pay_for_one_thing(policy, each)]
    return [*_circle(policy, known), *found]


def _circle(policy: Policy, others: Iterable[Policy]) -> list[Finding]:
    way = circle(policy.id, {each.id: each.tops_up or () for each in (*others, policy)})
    return [Finding("error", ("tops_up",), in_circle(way))] if way else []


def _before(one: Policy, other: Policy) -> bool:
    starts = [each.valid.from_ or date.min for each in (one, other)]
    return one.id == other.id and one.version < other.version and starts[0] < starts[1]


def _displaces(one: Policy, other: Policy) -> bool:
    """Whether it leaves an earlier one no day: it begins no later. One that begins later leaves it the days before."""
    starts = [each.valid.from_ or date.min for each in (one, other)]
    return other.version < one.version and starts[0] <= starts[1]


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
        f"本版（{_term(one.valid)}）不晚于第{other.version}版（{_term(other.valid)}）开始，同一天只能有一版有效："
        f"发布后以本版为准，第{other.version}版不再有任何一天有效。更正错误时应当如此；"
        f"新规定请把 from 写成它生效的那一天，前一天为止仍用第{other.version}版"
    )
    return Finding("warning", ("valid",), message)


def _term(valid: Validity) -> str:
    return f"{valid.from_} 至 {valid.until or '长期'}"
