"""A policy in sentences: each condition and the benefit as the engine reads them, beside the words of the author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from contracts.vocabulary.facts import FACTS, Fact
from contracts.vocabulary.policy_words import POOL_RULES
from services.incentives.matching.wording import shown_number, shown_plain
from services.incentives.policy import Leaf, Policy
from services.incentives.policy.aftercare import LEVELS, Tranche
from services.incentives.policy.benefit import Banded, Fixed, InKind, Interest, Match, PerUnit, Rate
from services.incentives.policy.figures import Computed
from services.incentives.policy.lookups import NONE, Lookup
from services.incentives.policy.operands import NUMERIC_KINDS, Operand, operand_for
from services.incentives.policy.tree import All, AnyOf, Not

_WORDS: Final[Mapping[str, str]] = {
    "ge": "不低于",
    "gt": "高于",
    "le": "不超过",
    "lt": "低于",
    "eq": "是",
    "ne": "不是",
    "in": "是以下之一：",
    "prefix_in": "属于以下行业之一：",
    "contains": "含有",
}
_PERIODS: Final[Mapping[str, str]] = {"month": "按月计", "quarter": "按季计", "year": "按年计"}
_LEVELS: Final[Mapping[str, str]] = {"national": "国家级", "province": "省级", "city": "市级", "zone": "区级"}
_BACK: Final[Mapping[str, str]] = {"full": "全额", "pro_rata": "按未满的年限", "interest": "全额加占用费"}
GROUPS: Final[Mapping[str, str]] = {"all": "以下都要满足", "any": "以下满足其一", "not": "不得有以下情形"}


def sentence(leaf: Leaf, codes: Mapping[str, str]) -> str:
    """What is compared with what: ``固定资产投资不低于1亿元``; ``codes`` are names of industries."""
    period = f"（{_PERIODS[leaf.period]}）" if leaf.period else ""
    if leaf.op == "known":
        return f"{leaf.measure.label}已经填写"
    if not isinstance(leaf.value, Lookup):
        return f"{leaf.measure.label}{_compared(leaf, leaf.value, codes)}{period}"
    table = leaf.value
    ways = [f"{_categories(table.by, case.in_, codes)}{_compared(leaf, case.value, codes)}" for case in table.cases]
    if table.otherwise is not None:
        other = "不符合" if table.otherwise == NONE else _compared(leaf, table.otherwise, codes)
        ways.append(f"其他{other}")
    return f"{leaf.measure.label}按{FACTS[table.by].label}{period}：{'，'.join(ways)}"


def group_of(node: Any) -> str:
    """``all``, ``any`` or ``not``."""
    return "all" if isinstance(node, All) else "any" if isinstance(node, AnyOf) else "not"


def shape(node: Any) -> str:
    """How conditions hang together, by their ids: ``都要满足（fai、其一（listed、unicorn））``."""
    if isinstance(node, Leaf):
        return node.id
    if isinstance(node, Not):
        return f"不得（{shape(node.not_)}）"
    inner = "、".join(map(shape, node.all if isinstance(node, All) else node.any))
    return f"都要满足（{inner}）" if isinstance(node, All) else f"其一（{inner}）"


def benefit_sentences(benefit: Any, codes: Mapping[str, str]) -> list[str]:
    """How the sum is worked out, a sentence for each part."""
    lines = [_formula(benefit, codes)]
    if isinstance(benefit, InKind):
        return lines
    for each in benefit.multipliers or ():
        lines.append(f"满足条件的再乘 {each.times}：{each.text}（{'；'.join(_flat(each.when, codes))}）")
    if benefit.cap_per_year is not None:
        lines.append(f"每年最高{benefit.cap_per_year}")
    if benefit.cap is not None:
        lines.append(f"总额最高{_cap(benefit.cap, codes)}")
    if benefit.instalments is not None:
        lines.append(f"一笔钱分{len(benefit.instalments)}次拨付：{'、'.join(map(_instalment, benefit.instalments))}")
    if benefit.yearly is not None:
        lines.append(f"每年另算一笔，共{len(benefit.yearly)}年，各年按{'、'.join(map(str, benefit.yearly))}")
    return [*lines, *_afterwards(benefit, codes)]


def _instalment(each: Any) -> str:
    return f"{each.at}后{each.share}（凭{each.evidence}）" if isinstance(each, Tranche) else str(each)


def _afterwards(benefit: Any, codes: Mapping[str, str]) -> Iterator[str]:
    """When payments go on, where they end, who pays them and what goes back."""
    if benefit.recheck is not None:
        checked = "；".join(_flat(benefit.recheck.when, codes))
        yield f"第{benefit.recheck.from_year}笔起要复核：{benefit.recheck.text}（{checked}）"
    if benefit.lifetime is not None:
        yield f"累计最高{benefit.lifetime.cap}，减去{FACTS[benefit.lifetime.received].label}"
    if benefit.borne is not None:
        shares = benefit.borne.model_dump(exclude_none=True)
        yield "由" + "、".join(f"{LEVELS[level]}{share}" for level, share in shares.items()) + "承担"
    if benefit.clawback is not None:
        back = benefit.clawback
        yield f"{_BACK[back.how]}退回：{back.text}（{'；'.join(_flat(back.when, codes))}）"


def shared_sentences(policy: Policy) -> list[str]:
    """What a policy shares with others, a sentence for each name."""
    lines = [] if policy.exclusive_group is None else [f"「{policy.exclusive_group}」各条就高不重复，只取一条"]
    lines += [f"同一笔{FACTS[name].label}只申报一项政策" for name in policy.expenditures or ()]
    lines += [f"已得 {id} 的，本条只补差额" for id in policy.tops_up or ()]
    for each in policy.shared_caps or ():
        lines.append(f"{each.title}（{each.group}）{'每年' if each.per == 'year' else ''}合计最高{each.cap}")
    if policy.pool is not None:
        lines.append(
            f"资金池：{policy.pool.title}（{policy.pool.name}）总额{policy.pool.total}，{POOL_RULES[policy.pool.rule]}"
        )
    return lines


def _compared(leaf: Leaf, written: Any, codes: Mapping[str, str]) -> str:
    """Of a figure the operator and the figure, in the units people use."""
    fact, op = leaf.measure, leaf.op
    operand = operand_for(fact, op, written, None)
    if op == "between":
        return _between(fact, operand)
    if op == "date_in":
        low, high = operand.values
        last = date.fromisoformat(str(high)) - timedelta(days=1) if high is not None else None
        return "在" + "、".join(each for each in (low and f"{low} 及以后", last and f"{last} 及以前") if each)
    if fact.kind == "boolean":
        return f"{'为' if op == 'eq' else '不为'}“{shown_plain(fact, operand.values[0])}”"
    words = "等于" if op == "eq" and fact.kind in NUMERIC_KINDS else _WORDS[op]
    return words + "、".join(_value(fact, each, operand.currency, codes) for each in operand.values)


def _between(fact: Fact, operand: Operand) -> str:
    low, high = operand.values
    ends = []
    if low is not None:
        ends.append(f"{'高于' if operand.low_open else '不低于'}{_value(fact, low, operand.currency, {})}")
    if high is not None:
        ends.append(f"{'低于' if operand.high_open else '不超过'}{_value(fact, high, operand.currency, {})}")
    return "、".join(ends)


def _value(fact: Fact, value: Any, currency: str, codes: Mapping[str, str]) -> str:
    if fact.kind == "code":
        return f"{value} {codes[value]}" if value in codes else str(value)
    if fact.kind == "tags":
        return fact.choices.get(value, str(value))
    return shown_number(fact, value, currency) if fact.kind in NUMERIC_KINDS else shown_plain(fact, value)


def _categories(by: str, written: Sequence[Any], codes: Mapping[str, str]) -> str:
    fact = FACTS[by]
    if fact.kind == "date":
        return "、".join(f"{each}年" for each in written)
    if fact.kind == "boolean":
        return "、".join("是" if each in (True, "true", "是") else "否" for each in written)
    return "、".join(codes.get(str(each), fact.choices.get(str(each), str(each))) for each in written)


def _formula(benefit: Any, codes: Mapping[str, str]) -> str:
    match benefit:
        case Fixed():
            return f"一笔{_figure(benefit.amount, codes)}"
        case Rate():
            return f"{_labels(benefit.base)} × {_figure(benefit.rate, codes)}"
        case Interest():
            return f"{_labels(benefit.loan)} × {_figure(benefit.points, codes)} × {benefit.years}年"
        case Match():
            return f"{_LEVELS[benefit.level]}配套：{_labels(benefit.base)} × {benefit.ratio}"
        case PerUnit():
            return f"{_figure(benefit.price, codes)} × {' × '.join(_unit(each) for each in benefit.units)}"
        case Banded():
            mode = "落在哪一档拿哪一档" if benefit.mode == "step" else "分段累进"
            return f"按{_labels(benefit.base)}分档，{mode}：{'；'.join(_band(each) for each in benefit.bands)}"
    return "实物或服务" + (f"，约节省{benefit.worth}" if benefit.worth is not None else "")


def _unit(unit: Any) -> str:
    if isinstance(unit, int):
        return str(unit)
    most = f"（最多{unit.up_to:,}{FACTS[unit.fact].unit}）" if unit.up_to is not None else ""
    return f"{FACTS[unit.fact].label}{most}"


def _band(band: Any) -> str:
    given = band.rate if band.amount is None else band.amount
    return f"{band.from_} 起{f'、不到 {band.to}' if band.to is not None else ''}：{given}"


def _labels(base: str | Sequence[str]) -> str:
    names = [base] if isinstance(base, str) else base
    labels = "＋".join(FACTS[name].label for name in names)
    return f"（{labels}）" if len(names) > 1 else labels


def _figure(written: Any, codes: Mapping[str, str]) -> str:
    if not isinstance(written, Lookup):
        return str(written)
    ways = [f"{_categories(written.by, case.in_, codes)}{case.value}" for case in written.cases]
    if written.otherwise is not None:
        ways.append("其他不给" if written.otherwise == NONE else f"其他{written.otherwise}")
    return f"（按{FACTS[written.by].label}：{'，'.join(ways)}）"


def _cap(cap: Any, codes: Mapping[str, str]) -> str:
    if not isinstance(cap, Computed):
        return _figure(cap, codes)
    return "＋".join(
        str(each) if isinstance(each, int | str) else f"{_labels(each.base)} × {each.rate}" for each in cap.plus
    )


def _flat(node: Any, codes: Mapping[str, str]) -> Iterator[str]:
    if isinstance(node, Leaf):
        yield sentence(node, codes)
    else:
        children = [node.not_] if isinstance(node, Not) else node.all if isinstance(node, All) else node.any
        yield f"{GROUPS[group_of(node)]}：{'、'.join(each for child in children for each in _flat(child, codes))}"
