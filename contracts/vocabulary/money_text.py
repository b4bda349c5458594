"""Reads money as people write it in Chinese: 约1.2亿元, 1-1.5亿, 三千万元, 1亿2000万, 7143万美元, 不低于500万元.

万元 and 亿元 exist only here and where amounts are shown; everything behind is minor units.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal


class AmountError(ValueError):
    """A text is no amount; the message says what would be, in Chinese."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says, in major units; an end that is None is open. ``bare`` numbers took the given unit."""

    low: Decimal | None
    high: Decimal | None
    currency: str
    approximate: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a column or field: how many major units, of which currency."""

    scale: Decimal
    currency: str


YUAN = Unit(Decimal(1), "CNY")
PENDING = frozenset({
    "待定", "暂定", "面议", "待议", "未定", "暂无", "待确认", "待明确", "未明确", "尚未确定", "不详", "待核实",
    "商谈中", "洽谈中", "待商", "待测算", "保密", "tbd",
})  # fmt: skip
LONGEST = 100

CURRENCIES: Mapping[str, str] = {
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
_SCALES: Mapping[str, Decimal] = {
    name: Decimal(10) ** zeros
    for name, zeros in (
        ("万亿", 12), ("千亿", 11), ("百亿", 10), ("十亿", 9), ("亿", 8), ("千万", 7), ("百万", 6), ("十万", 5),
        ("万", 4), ("千", 3), ("", 0),
    )
}  # fmt: skip
_LONGEST_CURRENCY = sorted(CURRENCIES, key=len, reverse=True)
_LONGEST_SCALE = "|".join(sorted((name for name in _SCALES if name), key=len, reverse=True))

_ABOUT_BEFORE = ("约为", "大约", "约", "近", "预计", "预估", "估计", "计划", "拟")
_ABOUT_AFTER = ("左右", "上下", "+/-")
_LEAST_BEFORE = ("大于等于", "不低于", "不少于", "不小于", "至少", "最低", "超过", "高于", "大于", "超", ">=", "≥", ">")
_MOST_BEFORE = (
    "小于等于", "不超过", "不高于", "不多于", "不大于", "至多", "最高", "最多", "低于", "少于", "小于", "<=", "≤", "<",
)  # fmt: skip
_LEAST_AFTER = ("及以上", "以上", "起", "+")
_MOST_AFTER = ("及以下", "以下", "以内", "之内", "封顶")
_INCLUDED = re.compile(r"\((?:不?含|含本数|包含)\)")
_SOME_MORE = re.compile(rf"(?<=[\d{_LONGEST_SCALE.replace('|', '')}十百])(?:余|多)(?=(?:{_LONGEST_SCALE})?元?$)")

_DIGITS = {digit: value for value, digits in enumerate(["零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九"])
           for digit in digits}  # fmt: skip
_TENS = {"十": 10, "百": 100, "千": 1000}
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟億萬圆", "一二三四五六七八九十百千亿万元")
_HAN = "[零〇一二两三四五六七八九十百千]"
_TERM = re.compile(rf"(\d+(?:\.\d+)?|\.\d+|{_HAN}+(?:点[零〇一二两三四五六七八九]+)?)(万亿|亿|万)?|$")
_LATIN = re.compile(rf"^(\d+(?:\.\d+)?|\.\d+)({_LONGEST_SCALE})?$")
_BARE = re.compile(r"^[\d.\-~至到—–]+$")
_THOUSANDS = re.compile(r"[\d.]千(?:$|[-~至到—–])")
_RANGE = re.compile(r"^(.+?)(?:-{1,2}|~|至|到|—{1,2}|–)(.+)$")


def plain(text: str) -> str:
    """Half-width, lower case, without white space and thousands separators."""
    flat = "".join(unicodedata.normalize("NFKC", text).split()).casefold().translate(_FORMAL)
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", flat)


def read_unit(unit: str) -> Unit:
    """A unit such as ``亿元``, ``万美元``.

    Raises:
        AmountError: it is none.
    """
    rest, currency = _take_currency(plain(unit))
    rest = rest.removesuffix("元")
    if rest not in _SCALES:
        raise AmountError(f"不认识的金额单位「{unit}」，可用 元、万元、亿元、万美元 等")
    return Unit(_SCALES[rest], currency or "CNY")


def currency_in(text: str) -> str | None:
    """The currency a text names; None where it names none."""
    return _take_currency(plain(text))[1]


def read_money(written: str, unit: Unit) -> Said:
    """Read a text that is not 待定; bare numbers are in ``unit``.

    Raises:
        AmountError: it is no amount, or a range that ends below its start.
    """
    text, currency = _take_currency(_INCLUDED.sub("", plain(written)))
    text, open_end, about = _strip(text)
    # 「5000000美元」 in a column of 亿元 means what it says
    literal = replace_unit(unit, currency)
    if len(text) > LONGEST:
        raise AmountError("这段文字太长，不像金额，请写成如 3.5亿元 或 2000万元")
    if literal.scale != 1 and _THOUSANDS.search(text):
        raise AmountError(f"「{written.strip()}」分不清是千元还是千万元，请写成如 3000万元")
    ends = _ends(text, literal, written)
    return Said(
        low=None if open_end == "low" else ends[0],
        high=None if open_end == "high" else ends[1],
        currency=literal.currency,
        approximate=about,
        bare=_BARE.match(text) is not None and literal.scale != 1,
    )


def replace_unit(unit: Unit, currency: str | None) -> Unit:
    """The unit of bare numbers beside a named currency."""
    if currency is None or currency == unit.currency:
        return unit
    return replace(YUAN, currency=currency)


def _strip(text: str) -> tuple[str, str | None, bool]:
    """Take off words before and after, saying which end is open and whether the figure is approximate."""
    open_end: str | None = None
    about = False
    before = (("high", _LEAST_BEFORE), ("low", _MOST_BEFORE), ("", _ABOUT_BEFORE))
    after = (("high", _LEAST_AFTER), ("low", _MOST_AFTER), ("", _ABOUT_AFTER))
    while True:
        rest, kind = _take_one(text, before, after)
        if kind is None:
            rest = _SOME_MORE.sub("", text)
            return rest, open_end, about or rest != text
        text = rest
        about = about or kind == ""
        open_end = kind or open_end


def _take_one(text: str, before: tuple[tuple[str, tuple[str, ...]], ...],
              after: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, str | None]:  # fmt: skip
    for kind, words in before:
        for word in words:
            if text.startswith(word):
                return text.removeprefix(word), kind
    for kind, words in after:
        for word in words:
            if text.endswith(word):
                return text.removesuffix(word), kind
    return text, None


def _ends(text: str, unit: Unit, written: str) -> tuple[Decimal, Decimal]:
    single = _single(text)
    if single is not None:
        value = _in_unit(single, unit.scale)
        return value, value
    parts = _RANGE.match(text)
    left, right = (_single(_strip(parts[1])[0]), _single(_strip(parts[2])[0])) if parts else (None, None)
    if left is None or right is None:
        raise AmountError(f"看不懂金额「{written.strip()[:100]}」，请写成如 3.5亿元、2000万元、1-1.5亿元 或 待定")
    # in 「1-1.5亿」 the first number takes the scale of the second
    low, high = _in_unit(left, right[1] or unit.scale), _in_unit(right, unit.scale)
    if low > high:
        raise AmountError(f"金额区间「{written.strip()[:100]}」的下限大于上限，请核对")
    return low, high


Single = tuple[Decimal, Decimal | None]
"""A number and the scale it names; None where it is a bare number."""


def _in_unit(single: Single, scale: Decimal) -> Decimal:
    return single[0] * (scale if single[1] is None else single[1])


def _single(text: str) -> Single | None:
    number = text.removesuffix("元")
    if match := _LATIN.match(number):
        bare = match[2] is None and number == text
        return Decimal(match[1]), None if bare else _SCALES[match[2] or ""]
    total = _sum_of_terms(number)
    return None if total is None else (total, Decimal(1))


def _sum_of_terms(text: str) -> Decimal | None:
    """「1亿2000万」 and 「三千五百万」, in major units: each scale below the one before it."""
    total, above, place = Decimal(0), Decimal(10) ** 16, 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or not match[1]:
            return None
        scale = _SCALES[match[2] or ""]
        value = _number(match[1]) * scale
        if scale >= above or value >= above:
            return None
        total, above, place = total + value, scale, match.end()
    return total if total and not text[-1].isdecimal() else None


def _number(text: str) -> Decimal:
    if text[0] == "." or text[0].isdecimal():
        return Decimal(text)
    whole, _, fraction = text.partition("点")
    value = tail = 0
    for character in whole:
        if character in _TENS:
            value, tail = value + (tail or 1) * _TENS[character], 0
        else:
            tail = tail * 10 + _DIGITS[character]
    digits = "".join(str(_DIGITS[character]) for character in fraction)
    return Decimal(f"{value + tail}.{digits or 0}")


def _take_currency(text: str) -> tuple[str, str | None]:
    for name in _LONGEST_CURRENCY:
        if name in text:
            # 「万美元」 keeps a mark that the number is in major units; 「人民币3亿」 needs none
            mark = "元" if name[-1] in "元币金镑" and name != "人民币" else ""
            return text.replace(name, mark), CURRENCIES[name]
    return text, None
