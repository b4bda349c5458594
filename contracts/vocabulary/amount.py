"""Money as somebody stated it: a figure, a range, an approximation, a foreign sum or 待定, kept as what it is.

Minor units throughout (fen, cents). 万元 and 亿元 exist only here, where people's writing is read and written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary.form import Form
from contracts.vocabulary.money_text import (
    LONGEST,
    PENDING,
    YUAN,
    AmountError,
    currency_in,
    plain,
    read_money,
    read_unit,
)

__all__ = [
    "MAX_STATED", "WAN", "YI", "Amount", "AmountError", "currency_in", "format_amount", "format_fen",
    "format_fen_exact", "format_minor", "parse_amount",
]  # fmt: skip

MAX_STATED = 10**15
YI, WAN = 10_000_000_000, 1_000_000
"""Fen in 一亿元 and 一万元."""


class Amount(BaseModel):
    """A stated amount.

    ``low`` and ``high`` are minor units of ``currency``, both inclusive; None is an open end. ``pending``
    means 待定: nothing is known yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: int | None = Field(None, ge=0, le=MAX_STATED)
    high: int | None = Field(None, ge=0, le=MAX_STATED)
    currency: Annotated[str, Form("^[A-Z]{3}$", "应为三个大写字母的币种，如 CNY、USD")] = "CNY"
    approximate: bool = False
    pending: bool = False
    as_written: str | None = Field(None, max_length=LONGEST)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("金额区间的下限不能大于上限")
        if self.pending and (self.low is not None or self.high is not None):
            raise ValueError("待定金额不能同时有数值")
        return self

    @classmethod
    def exact(cls, fen: int) -> Self:
        """A plain sum in fen."""
        return cls(low=fen, high=fen)

    @property
    def is_exact(self) -> bool:
        """Whether it is one figure."""
        return self.low is not None and self.low == self.high


_CURRENCY_NAMES: Mapping[str, str] = {
    "CNY": "元", "USD": "美元", "HKD": "港元", "EUR": "欧元", "JPY": "日元", "GBP": "英镑", "SGD": "新加坡元",
    "TWD": "新台币", "KRW": "韩元",
}  # fmt: skip
_NO_AMOUNT = "应为金额，如 3.5亿元 或 2000万元"
_TOO_MUCH = "金额超过10万亿元，请核对单位"


def parse_amount(value: str | int | float, unit: str | None = None) -> Amount:
    """Read an amount as people write it.

    Args:
        value: text such as ``约1.2亿元``, ``1.2-1.8亿元``, ``三千万元``, ``7143万美元``, ``待定``; or a number.
        unit: the unit of bare numbers, such as ``亿元``; without one an integer is fen and a text is yuan.

    Raises:
        AmountError: it cannot be read, is negative, or is beyond 10¹⁵ minor units.
    """
    if isinstance(value, bool):
        raise AmountError(_NO_AMOUNT)
    if isinstance(value, int | float):
        return _from_number(value, unit)
    written = value.strip()[:LONGEST]
    text = plain(value)
    if not text:
        raise AmountError("金额为空；尚未确定可写「待定」")
    if text in PENDING:
        return Amount(pending=True, as_written=written)
    if text.startswith("-"):
        raise AmountError("金额不能是负数")
    said = read_money(value, read_unit(unit) if unit else YUAN)
    low, high = (None if end is None else _minor(end) for end in (said.low, said.high))
    if said.bare and unit:
        written = f"{written}{unit}"
    return _amount(low, high, said.currency, approximate=said.approximate, written=written)


def format_amount(amount: Amount) -> str:
    """An amount for a screen: ``约1.2亿元``, ``1.2亿元–1.8亿元``, ``7,143万美元``, ``待定``."""
    if amount.pending or (amount.low is None and amount.high is None):
        return "待定"
    about = "约" if amount.approximate else ""
    if amount.low is None:
        return f"{about}{_short(amount.high or 0, amount.currency)}以下"
    if amount.high is None:
        return f"{about}{_short(amount.low, amount.currency)}以上"
    if amount.low == amount.high:
        return about + _short(amount.low, amount.currency)
    return f"{about}{_short(amount.low, amount.currency)}–{_short(amount.high, amount.currency)}"


def format_fen(fen: int) -> str:
    """Computed money for a screen: ``1.2亿元``, ``2,000万元``, ``8,500元``."""
    return _short(fen, "CNY")


def format_minor(minor: int, currency: str) -> str:
    """A computed sum in any currency, however great: ``7,143万美元``."""
    return _short(minor, currency)


def format_fen_exact(fen: int) -> str:
    """Computed money to the fen, for tooltips and exports: ``¥120,000,000.00``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _from_number(value: float, unit: str | None) -> Amount:
    if not math.isfinite(value):
        raise AmountError(_NO_AMOUNT)
    if unit is None:
        if not isinstance(value, int):
            raise AmountError("没有单位的小数无法判断大小，请写成如 3.5亿元")
        return _amount(value, value, "CNY", approximate=False, written=None)
    known = read_unit(unit)
    number = Decimal(repr(value))
    if abs(number) * known.scale > MAX_STATED:
        raise AmountError(_TOO_MUCH)
    minor = _minor(number * known.scale)
    # a spreadsheet's 0.30000000000000004 was typed as 0.3
    written = f"{_digits(number.quantize(Decimal('1e-9'), ROUND_HALF_UP))}{unit}"
    return _amount(minor, minor, known.currency, approximate=False, written=written)


def _minor(major: Decimal) -> int:
    return int((major * 100).to_integral_value(ROUND_HALF_UP))


def _amount(low: int | None, high: int | None, currency: str, *, approximate: bool, written: str | None) -> Amount:
    for end in (low, high):
        if end is not None and end < 0:
            raise AmountError("金额不能是负数")
        if end is not None and end > MAX_STATED:
            raise AmountError(_TOO_MUCH)
    kept = None if written is None else written[:LONGEST]
    return Amount(low=low, high=high, currency=currency, approximate=approximate, as_written=kept)


@lru_cache(maxsize=10_000)
def _short(minor: int, currency: str) -> str:
    name = _CURRENCY_NAMES.get(currency, currency)
    sign, size = ("-", -minor) if minor < 0 else ("", minor)
    # rounded before the scale is chosen, so that 9,999.99999万 reads 1亿
    if size >= YI - YI // 20_000:
        return f"{sign}{_parts((size + YI // 20_000) // (YI // 10_000), 4)}亿{name}"
    if size >= WAN - WAN // 20_000:
        return f"{sign}{_parts((size + WAN // 20_000) // (WAN // 10_000), 4)}万{name}"
    return f"{sign}{_parts(size, 2)}{name}"


def _parts(number: int, places: int) -> str:
    """A number in units of its last place, without zeros at the end."""
    whole, rest = divmod(number, 10**places)
    return f"{whole:,}.{rest:0{places}}".rstrip("0") if rest else f"{whole:,}"


def _digits(number: Decimal, group: str = "") -> str:
    text = f"{number:{group}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
