"""Values and reasons as officers and investors read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.vocabulary.amount import Amount, format_amount, format_minor
from contracts.vocabulary.facts import FACTS, Fact, FactValue
from contracts.vocabulary.policy_words import LeftOut
from services.incentives.catalogue import Catalogue
from services.incentives.evaluation.measures import DOES_NOT_APPLY, Facts, Reading, measure_of
from services.incentives.policy import Policy
from services.incentives.policy.quantities import Per, Quantity, Ratio, Since, Sum

_SIGNS: Mapping[type, str] = {Ratio: "÷", Per: "÷", Sum: "＋", Since: ""}
_BESIDE: Mapping[LeftOut, str] = {
    "claimed": "同一笔支出已按「{title}」申报，不能再报一次；两项合起来算，那样拿得更多",
    "made_up": "已得「{title}」，不低于本项，没有差额可补",
    "crowded": "与「{title}」合用一个限额，一起申报会先把限额占满，合计反而更少",
    "version": "新老划断，与本政策第{version}版只适用一版；日期确认前，合计先按第{version}版算",
    "contender": "与「{title}」同组，就高不重复；本项尚待确认，成立后若更高则改计本项（可能金额已按此计算）",
    "incomparable": "与「{title}」同组，就高不重复；本项金额无法自动比较，请人工核对后取较高的一项",
    "exclusive": "与「{title}」同组，就高不重复，只计较高的一项",
}
"""Reasons that name another policy."""
_STATES = {"missing": "未填", "not_applicable": "不适用", "conflict": "说法不一，待核实"}


def shown(name: str, value: FactValue | None) -> str:
    """A fact's value in words: ``1.2亿元``, ``80亩``, ``15%``, ``是``, ``未填``."""
    if value is None:
        return _STATES["missing"]
    if value.state != "value" or value.value is None:
        return _STATES.get(value.state, _STATES["missing"])
    return shown_plain(FACTS[name], value.value)


def shown_plain(fact: Fact, plain: Any) -> str:
    """A value in the units facts are stored in, in words."""
    if isinstance(plain, Amount):
        return format_amount(plain)
    if isinstance(plain, bool):
        return "是" if plain else "否"
    if isinstance(plain, list):
        return "、".join(fact.choices.get(each, each) for each in plain) or "无"
    if fact.kind in ("decimal", "ratio"):
        return f"{_decimal(plain, 4 if fact.kind == 'ratio' else 6)}{fact.unit}"
    if fact.kind == "integer":
        return f"{plain:,}{fact.unit}"
    return fact.choices.get(plain, str(plain))


def shown_quantity(quantity: Quantity, facts: Facts, as_of: date) -> str:
    """What several facts come to, with how: ``15%（1200万元÷8000万元）``."""
    reading = measure_of(quantity)(facts, as_of)
    if quantity.fact.kind == "boolean":
        return _shown_answer(quantity, reading, facts)
    parts = [shown(name, facts.get(name)) for name in quantity.facts]
    if reading is None:
        return (
            _STATES["missing"]
            if len(set(parts)) == 1
            else f"{_STATES['missing']}（{_SIGNS[type(quantity)].join(parts)}）"
        )
    if reading is DOES_NOT_APPLY:
        return _STATES["not_applicable"]
    return f"{_ends(quantity, reading)}（{_SIGNS[type(quantity)].join(parts)}）"


def _shown_answer(quantity: Quantity, reading: Reading | None, facts: Facts) -> str:
    """``是（认定日期2026-07-15）``: the answer, and what is known of what it was taken from."""
    word = _STATES["missing"] if reading is None else shown_plain(quantity.fact, bool(reading.low))
    known = [f"{FACTS[name].label}{shown(name, facts.get(name))}" for name in quantity.facts if name in facts]
    return f"{word}（{'，'.join(known)}）" if known else word


def _ends(quantity: Quantity, reading: Reading) -> str:
    """Both ends of a quantity, those of a quotient rounded down."""
    low, high = ((end if end == math.inf else int(end) // (1 + quantity.halves)) for end in (reading.low, reading.high))
    words = shown_number(quantity.fact, int(low), reading.currency)
    if high == math.inf:
        return f"不低于{words}"
    return words if low == high else f"{words}至{shown_number(quantity.fact, int(high), reading.currency)}"


def shown_number(fact: Fact, number: int, currency: str) -> str:
    """A threshold or a difference in words."""
    if fact.kind == "amount":
        return format_minor(number, currency or "CNY")
    return shown_plain(fact, number)


def left_out_reason(why: tuple[LeftOut, str], policy: str, catalogue: Catalogue) -> str:
    """Why a policy does not count towards its zone's totals."""
    kind, beside = why
    if kind == "cleanup":
        cleanup = catalogue.policies[policy].policy.cleanup
        return f"待清理条款，不计入合计：{cleanup.reason if cleanup else ''}"
    if kind == "review":
        return _without_review(catalogue.policies[policy].policy)
    if kind == "beneficiary":
        beneficiary = catalogue.policies[policy].policy.beneficiary
        return f"受益人是{FACTS['beneficiary_role'].choices[beneficiary]}，不计入合计"
    other = catalogue.policies[beside].policy
    return _BESIDE[kind].format(title=other.title, version=other.version)


def _without_review(policy: Policy) -> str:
    if policy.review is None:
        return "没有公平竞争审查记录，不计入合计"
    return f"公平竞争审查已于{policy.review.until}到期，不计入合计，重新审查发布后恢复"


def _decimal(number: int, places: int) -> str:
    """A number in units of its last place, without zeros at the end."""
    whole, rest = divmod(abs(number), 10**places)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole:,}.{rest:0{places}}".rstrip("0") if rest else f"{sign}{whole:,}"
