"""What a single cell means: dates in the styles offices use, areas, codes, phone numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000
"""Excel's day numbers of 1954 and 2119: a bare number between them in a date column is a date."""
_EPOCH = date(1899, 12, 30)

_DAY = re.compile(r"^(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?$")
_MONTH = re.compile(r"^(\d{4})[年./-](\d{1,2})月?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_AREA = re.compile(r"^约?(\d+(?:\.\d+)?)(亩|公顷|平方米|平米|m2|㎡)?(?:左右)?$")
_MU_PER = {
    "亩": 1.0,
    None: 1.0,
    "公顷": 15.0,
    "平方米": 1 / 666.67,
    "平米": 1 / 666.67,
    "m2": 1 / 666.67,
    "㎡": 1 / 666.67,
}
NOT_LAND = ("租赁", "租用", "厂房", "写字楼", "无", "不需要", "/", "-", "待定")


class CellError(ValueError):
    """A cell is not what its column holds; the message says what would be."""


def text_of(cell: Any) -> str | None:
    """A cell as text; whole numbers without a decimal point; None where empty."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | datetime):
        return cell.isoformat()[:10]
    return str(cell).strip() or None


def date_of(cell: Any) -> str | None:
    """A date as ``2026-11-23``, a month alone as ``2026-11``.

    Raises:
        CellError: it is neither.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_serial(float(cell))
    return _from_text(str(cell))


def land_of(cell: Any) -> int | None:
    """An area in 1e-6 亩; None for rented space and the like.

    Raises:
        CellError: it is no area.
    """
    text = text_of(cell)
    if text is None or any(word in text for word in NOT_LAND):
        return None
    plain = "".join(unicodedata.normalize("NFKC", text).split()).replace(",", "")
    match = _AREA.match(plain)
    if match is None:
        raise CellError("看不懂用地面积，请写成如 80 或 80亩")
    return round(float(match[1]) * _MU_PER[match[2]] * 1_000_000)


def _from_serial(number: float) -> str:
    if FIRST_SERIAL <= number <= LAST_SERIAL:
        return (_EPOCH + timedelta(days=int(number))).isoformat()
    raise CellError("看不懂日期，请写成如 2026-11-23 或 2026年11月")


def _from_text(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    plain = re.sub(r"\d{1,2}:\d{2}(:\d{2})?$", "", plain)
    try:
        if match := _DAY.match(plain) or _COMPACT.match(plain):
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        if match := _MONTH.match(plain):
            return date(int(match[1]), int(match[2]), 1).isoformat()[:7]
    except ValueError as error:
        raise CellError("没有这一天，请核对") from error
    if plain.isdigit():
        return _from_serial(float(plain))
    raise CellError("看不懂日期，请写成如 2026-11-23 或 2026年11月")
