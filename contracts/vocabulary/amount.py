"""Money as somebody stated it: a figure, a range, an approximation, a foreign sum or 待定, kept as what it is.

Minor units throughout (fen, cents). 万元 and 亿元 exist only here, where people's writing is read and written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_STATED = 10**15
YI, WAN = 10_000_000_000, 1_000_000
"""Fen in 一亿元 and 一万元."""


class AmountError(ValueError):
    """A text is no amount; the message says what would be, in Chinese."""


class Amount(BaseModel):
    """A stated amount.

    ``low`` and ``high`` are minor units of ``currency``, both inclusive; None is an open end. ``pending``
    means 待定: nothing is known yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: int | None = Field(None, ge=0, le=MAX_STATED)
    high: int | None = Field(None, ge=0, le=MAX_STATED)
    currency: str = Field("CNY", pattern="^[A-Z]{3}$")
    approximate: bool = False
    pending: bool = False
    as_written: str | None = Field(None, max_length=100)

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


_CURRENCIES: Mapping[str, str] = {
    "美元": "USD", "美金": "USD", "usd": "USD", "us$": "USD", "$": "USD",
    "港元": "HKD", "港币": "HKD", "hkd": "HKD", "hk$": "HKD",
    "欧元": "EUR", "eur": "EUR", "€": "EUR",
    "日元": "JPY", "jpy": "JPY",
    "英镑": "GBP", "gbp": "GBP", "£": "GBP",
    "新加坡元": "SGD", "新币": "SGD", "sgd": "SGD",
    "新台币": "TWD", "台币": "TWD", "twd": "TWD",
    "韩元": "KRW", "krw": "KRW",
    "人民币": "CNY", "rmb": "CNY", "cny": "CNY", "¥": "CNY",
}  # fmt: skip
_CURRENCY_NAMES = {
    "CNY": "元", "USD": "美元", "HKD": "港元", "EUR": "欧元", "JPY": "日元", "GBP": "英镑", "SGD": "新加坡元",
    "TWD": "新台币", "KRW": "韩元",
}  # fmt: skip
_SCALES: Mapping[str, int] = {
    "万亿": 10**12,
    "千亿": 10**11,
    "百亿": 10**10,
    "十亿": 10**9,
    "亿": 10**8,
    "千万": 10**7,
    "百万": 10**6,
    "十万": 10**5,
    "万": 10**4,
    "千": 10**3,
    "": 1,
}
_PENDING = {"待定", "面议", "待议", "未定", "暂无", "待确认", "待明确", "不详", "tbd", "待核实", "商谈中"}
_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_ONE = re.compile(rf"^{_NUMBER}(万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千)?元?$")
_RANGE = re.compile(r"^(.+?)(?:-|~|至|到|—|–)(.+)$")
_ABOUT = ("约", "大约", "近", "约为", "预计", "左右", "余", "上下", "多", "+/-")
_AT_LEAST_BEFORE = ("不低于", "不少于", "至少", "大于等于", ">=", "≥", "超过", "超", "高于", "大于", ">")
_AT_MOST_BEFORE = ("不超过", "不高于", "不多于", "至多", "最高", "小于等于", "<=", "≤", "低于", "少于", "小于", "<")
_AT_LEAST_AFTER = ("以上", "及以上", "起", "+")
_AT_MOST_AFTER = ("以下", "以内", "及以下", "之内")


def parse_amount(value: str | int | float, unit: str | None = None) -> Amount:
    """Read an amount as people write it.

    Args:
        value: text such as ``约1.2亿元``, ``1.2-1.8亿元``, ``7143万美元``, ``待定``; or a number.
        unit: the unit of bare numbers, such as ``亿元``; without one an integer is fen and a text is yuan.

    Raises:
        AmountError: it cannot be read, is negative, or is beyond 10¹⁵ minor units.
    """
    if isinstance(value, bool):
        raise AmountError("应为金额，如 3.5亿元 或 2000万元")
    if isinstance(value, int | float):
        return _from_number(value, unit)
    written = value.strip()[:100]
    text = _plain(value)
    if not text:
        raise AmountError("金额为空；尚未确定可写「待定」")
    if text in _PENDING:
        return Amount(pending=True, as_written=written)
    return _from_text(text, written, unit)


def format_amount(amount: Amount) -> str:
    """An amount for a screen: ``约1.2亿元``, ``1.2亿–1.8亿元``, ``7,143万美元``, ``待定``."""
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


def format_fen_exact(fen: int) -> str:
    """Computed money to the fen, for tooltips and exports: ``¥120,000,000.00``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _plain(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return re.sub(r"(?<=\d),(?=\d{3})", "", plain)


def _from_number(value: float, unit: str | None) -> Amount:
    if value != value or value in (float("inf"), float("-inf")):
        raise AmountError("应为金额，如 3.5亿元 或 2000万元")
    if unit is None:
        if not isinstance(value, int):
            raise AmountError("没有单位的小数无法判断大小，请写成如 3.5亿元")
        return _amount(value, value, "CNY", approximate=False, written=None)
    scale, currency = _unit(unit)
    minor = _minor(Decimal(repr(value)) * scale)
    written = f"{value:g}" if isinstance(value, float) else str(value)
    return _amount(minor, minor, currency, approximate=False, written=f"{written}{unit}")


def _from_text(text: str, written: str, unit: str | None) -> Amount:
    rest, currency = _take_currency(text)
    rest, approximate = _take_any(rest, _ABOUT)
    rest, least = _take_ends(rest, _AT_LEAST_BEFORE, _AT_LEAST_AFTER)
    rest, most = (rest, False) if least else _take_ends(rest, _AT_MOST_BEFORE, _AT_MOST_AFTER)
    fallback = _unit(unit) if unit else (Decimal(1), "CNY")
    low, high = _ends(rest, fallback[0], written)
    return _amount(
        None if most else low,
        None if least else high,
        currency or fallback[1],
        approximate=approximate,
        written=written,
    )


def _ends(text: str, fallback: Decimal, written: str) -> tuple[int, int]:
    if single := _scaled(text):
        number, scale = single
        minor = _minor(number * (fallback if scale is None else scale))
        return minor, minor
    parts = _RANGE.match(text)
    left, right = (_scaled(parts[1]), _scaled(parts[2])) if parts else (None, None)
    if left is None or right is None:
        raise AmountError(f"看不懂金额「{written}」，请写成如 3.5亿元、2000万元、1-1.5亿元 或 待定")
    right_scale = fallback if right[1] is None else right[1]
    left_scale = right_scale if left[1] is None else left[1]
    low, high = _minor(left[0] * left_scale), _minor(right[0] * right_scale)
    if low > high:
        raise AmountError(f"金额区间「{written}」的下限大于上限，请核对")
    return low, high


def _scaled(text: str) -> tuple[Decimal, Decimal | None] | None:
    """A number and its scale in major units; None for the scale where the text is a bare number."""
    match = _ONE.match(text)
    if match is None:
        return None
    bare = match[2] is None and not text.endswith("元")
    return Decimal(match[1]), None if bare else Decimal(_SCALES[match[2] or ""])


def _unit(unit: str) -> tuple[Decimal, str]:
    rest, currency = _take_currency(_plain(unit))
    rest = rest.removesuffix("元")
    if rest not in _SCALES:
        raise AmountError(f"不认识的金额单位「{unit}」，可用 元、万元、亿元、万美元 等")
    return Decimal(_SCALES[rest]), currency or "CNY"


def _take_currency(text: str) -> tuple[str, str | None]:
    for name in sorted(_CURRENCIES, key=len, reverse=True):
        if name in text:
            return text.replace(name, ""), _CURRENCIES[name]
    return text, None


def _take_any(text: str, words: tuple[str, ...]) -> tuple[str, bool]:
    found = False
    for word in sorted(words, key=len, reverse=True):
        if word in text:
            text, found = text.replace(word, ""), True
    return text, found


def _take_ends(text: str, before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, bool]:
    for word in sorted(before, key=len, reverse=True):
        if text.startswith(word):
            return text.removeprefix(word), True
    for word in sorted(after, key=len, reverse=True):
        if text.endswith(word):
            return text.removesuffix(word), True
    return text, False


def _minor(major: Decimal) -> int:
    return int((major * 100).to_integral_value(ROUND_HALF_UP))


def _amount(low: int | None, high: int | None, currency: str, *, approximate: bool, written: str | None) -> Amount:
    for end in (low, high):
        if end is not None and end < 0:
            raise AmountError("金额不能是负数")
        if end is not None and end > MAX_STATED:
            raise AmountError("金额超过10万亿元，请核对单位")
    return Amount(low=low, high=high, currency=currency, approximate=approximate, as_written=written)


def _short(minor: int, currency: str) -> str:
    name = _CURRENCY_NAMES.get(currency, currency)
    if abs(minor) >= YI:
        return f"{_trim(Decimal(minor) / YI)}亿{name}"
    if abs(minor) >= WAN:
        return f"{_trim(Decimal(minor) / WAN)}万{name}"
    return f"{_trim(Decimal(minor) / 100)}{name}"


def _trim(number: Decimal) -> str:
    text = f"{number.quantize(Decimal('0.0001'), ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".")
