"""What a condition compares with: each operator's value, typed by the fact it asks about.

A value that does not fit its fact is the author's error, told with a better one; it is never "unknown" at run time.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.fact_names import unknown_fact
from contracts.vocabulary.facts import FACTS, Fact, FactError, parse_value
from contracts.vocabulary.policy_words import OPERATOR_WORDS

_ORDERED = ("eq", "ne", "ge", "gt", "le", "lt", "between", "in", "known")
OPERATORS_OF: Mapping[str, tuple[str, ...]] = {
    "amount": _ORDERED,
    "integer": _ORDERED,
    "decimal": _ORDERED,
    "ratio": _ORDERED,
    "date": (*_ORDERED, "date_in"),
    "boolean": ("eq", "ne", "known"),
    "code": ("eq", "ne", "in", "prefix_in", "known"),
    "choice": ("eq", "ne", "in", "known"),
    "tags": ("contains", "known"),
    "text": ("eq", "ne", "in", "contains", "known"),
}
OPERATORS = tuple(OPERATOR_WORDS)
_MEANT: Mapping[str, str] = {
    ">=": "ge", "gte": "ge", ">": "gt", "<=": "le", "lte": "le", "<": "lt", "=": "eq", "==": "eq", "equals": "eq",
    "!=": "ne", "neq": "ne", "startswith": "prefix_in", "prefix": "prefix_in", "has": "contains", "exists": "known",
}  # fmt: skip
NUMERIC_KINDS = frozenset({"amount", "integer", "decimal", "ratio"})

Plain = int | str | bool
PeriodName = Literal["month", "quarter", "year"]
PERIODS: Mapping[PeriodName, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Operand:
    """What a fact is compared with, in the units facts are stored in.

    ``values`` holds one value for comparisons, several for ``in`` and ``prefix_in``, two ends for ``between`` and
    ``date_in`` (None: open), none for ``known``. ``currency`` is set for amounts only.
    """

    values: tuple[Plain | None, ...]
    currency: str = ""
    low_open: bool = False
    high_open: bool = False


class OperandError(ValueError):
    """A condition's fact, operator or value does not fit; the message says what would, in Chinese."""


def fact_named(name: str) -> Fact:
    """The fact of this name.

    Raises:
        OperandError: there is none; the message names the nearest.
    """
    if name not in FACTS:
        raise OperandError(unknown_fact(name))
    return FACTS[name]


def check_operator(op: str, fact: Fact | None) -> str:
    """The operator, if there is such a one for this fact.

    Raises:
        OperandError: there is none, or none for facts of this kind.
    """
    if op not in OPERATORS:
        op = op[:40]
        near = [_MEANT[op]] if op in _MEANT else difflib.get_close_matches(op, OPERATORS, n=1, cutoff=0.5)
        hint = f"，是否想写 {near[0]}？" if near else "。"
        raise OperandError(f"没有「{op}」这个运算{hint}可用：{' '.join(OPERATORS)}")
    if fact is not None and op not in OPERATORS_OF[fact.kind]:
        allowed = " ".join(OPERATORS_OF[fact.kind])
        raise OperandError(f"「{fact.label}」不能用 {op}，可用：{allowed}")
    return op


def operand_of(fact: Fact, op: str, raw: Any) -> Operand:
    """The value of a condition as the engine compares it.

    Raises:
        OperandError: it does not fit the fact or the operator.
    """
    return _READERS.get(op, _single)(fact, raw)


def operand_for(fact: Fact, op: str, raw: Any, period: PeriodName | None) -> Operand:
    """The same, of a threshold that is given for a month, a quarter or a year where the fact is stated for another.

    Raises:
        OperandError: it does not fit, or the fact is stated for no period.
    """
    operand = operand_of(fact, op, raw)
    if period is None:
        return operand
    if not fact.months:
        raise OperandError(f"「{fact.label}」不按月、季或年计，请删除 period")
    scaled = [None if each is None else _scaled(each, fact.months, PERIODS[period]) for each in operand.values]
    return replace(operand, values=tuple(scaled))


def _scaled(value: Any, months: int, stated_for: int) -> int:
    whole, rest = divmod(int(value) * months, stated_for)
    if rest:
        raise OperandError("换算后不是整数，请改写门槛或去掉 period")
    return whole


def _single(fact: Fact, raw: Any) -> Operand:
    value, currency = _typed(fact, raw)
    return Operand((value,), currency)


def _several(fact: Fact, raw: Any) -> Operand:
    if not isinstance(raw, list) or not raw:
        raise OperandError('应为列表，至少一项，如 ["39", "65"]')
    pairs = [_typed(fact, each) for each in raw]
    if len({currency for _, currency in pairs}) > 1:
        raise OperandError("同一列表里的金额应为同一币种")
    return Operand(tuple(sorted({value for value, _ in pairs}, key=str)), pairs[0][1])


def _between(fact: Fact, raw: Any) -> Operand:
    ends = _ends(raw, ("low", "high"), ("low_open", "high_open"))
    pairs = [None if ends.get(name) is None else _typed(fact, ends[name]) for name in ("low", "high")]
    if len({pair[1] for pair in pairs if pair}) > 1:
        raise OperandError("区间两端应为同一币种")
    low, high = (pair and pair[0] for pair in pairs)
    _in_order(low, high)
    currency = next(pair[1] for pair in pairs if pair)
    return Operand((low, high), currency, bool(ends.get("low_open")), bool(ends.get("high_open")))


def _date_in(fact: Fact, raw: Any) -> Operand:
    ends = _ends(raw, ("from", "until"), ())
    low, high = (None if ends.get(name) is None else _typed(fact, ends[name])[0] for name in ("from", "until"))
    _in_order(low, high)
    return Operand((low, high), high_open=True)


def _contains(fact: Fact, raw: Any) -> Operand:
    if isinstance(raw, list):
        raise OperandError("contains 只写一个值；要求其中之一用 any，要求全部用 all")
    return Operand((_typed(fact, [raw])[0],)) if fact.kind == "tags" else _single(fact, raw)


def _known(_fact: Fact, raw: Any) -> Operand:
    if raw is not None and raw is not True:
        raise OperandError("known 不需要 value；要求未知请用 not")
    return Operand(())


_READERS: Mapping[str, Callable[[Fact, Any], Operand]] = {
    "in": _several,
    "prefix_in": _several,
    "between": _between,
    "date_in": _date_in,
    "contains": _contains,
    "known": _known,
}


def _ends(raw: Any, names: tuple[str, str], flags: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping) or all(raw.get(name) is None for name in names):
        raise OperandError(f"应写成 {{{names[0]}: …, {names[1]}: …}}，至少写一端")
    unknown = set(raw) - {*names, *flags}
    if unknown:
        raise OperandError(f"不认识「{'、'.join(sorted(map(str, unknown)))}」，可用：{' '.join((*names, *flags))}")
    if any(not isinstance(raw.get(flag, False), bool) for flag in flags):
        raise OperandError(f"{' 和 '.join(flags)} 应为 true 或 false")
    return raw


def _in_order(low: Any, high: Any) -> None:
    if low is not None and high is not None and low > high:
        raise OperandError("区间的下限不能大于上限")


def _typed(fact: Fact, raw: Any) -> tuple[Any, str]:
    if raw is None:
        raise OperandError("必填，请补充")
    if fact.kind in ("code", "text") and not _is_text(raw):
        raise OperandError('应为文字，请加引号，如 "3973"')
    try:
        value = parse_value(fact, raw)
    except FactError as error:
        raise OperandError(str(error)) from error
    if isinstance(value, Amount):
        if not value.is_exact or value.approximate:
            raise OperandError("门槛应为一个确定的金额，如 1亿元")
        return value.low, value.currency
    return (value[0] if isinstance(value, list) else value), ""


def _is_text(raw: Any) -> bool:
    return isinstance(raw, str) or (isinstance(raw, list) and all(isinstance(each, str) for each in raw))
