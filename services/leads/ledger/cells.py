"""What a single cell means: text, dates in the styles offices use, areas, amounts, codes, people."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from contracts.vocabulary.amount import Amount, AmountError, currency_in, parse_amount
from contracts.vocabulary.industry import is_code
from services.leads.ledger.workbook import Cell, Formula

FIRST_SERIAL, LAST_SERIAL = 32_874, 73_415
"""Excel's day numbers of 1990 and 2100: a bare number between them in a date column is a date."""
_EPOCH = date(1899, 12, 30)
YEARS = range(1990, 2101)

_BLANK = {"/", "\\", "-", "--", "---", "—", "——", "－", "无", "空", "n/a", "na", "null", "none", "*"}
LONGEST_BLANK = 8
_BROKEN = {"#ref!", "#value!", "#div/0!", "#name?", "#n/a", "#null!", "#num!"}
_DAY = re.compile(r"^(\d{4}|\d{2})[年./-](\d{1,2})[月./-](\d{1,2})[日号]?$")
_MONTH = re.compile(r"^(\d{4}|\d{2})[年./-](\d{1,2})月?(?:份|初|上旬|中旬|下旬|底|末)?$")
_SERIAL = re.compile(r"[0-9]{5}")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})?$")
_YEARLESS = re.compile(r"^\d{1,2}(?:月|[./-]\d{1,2}$)")
_AFTER_DATE = re.compile(r"(?:T?\d{1,2}:\d{2}.*|上午|下午|(?:周|星期)[一二三四五六日天]|前后|左右)$")
_BRACKETED = re.compile(r"\((.*?)\)")
_AREA = re.compile(r"^(?:约|大约|需)?(\d+(?:\.\d+)?)(亩|公顷|平方米|平米|㎡|m2)?(?:地|左右)?$")
_SQUARE_METRES_PER_MU = Decimal("2000") / 3
_MU_IN = {
    "亩": Decimal(1), "公顷": Decimal(15), "平方米": 1 / _SQUARE_METRES_PER_MU, "平米": 1 / _SQUARE_METRES_PER_MU,
    "㎡": 1 / _SQUARE_METRES_PER_MU, "m2": 1 / _SQUARE_METRES_PER_MU,
}  # fmt: skip
_NO_LAND = ("租", "厂房", "写字楼", "楼宇", "办公", "建筑面积")
LONGEST_PERSON = 50
LONGEST_VALUE = 300
_MAX_MU = 1_000_000
_MOBILE = re.compile(r"(?:\+?86[- ]?)?(1[3-9]\d(?:[- ]?\d){8})(?!\d)")
_LANDLINE = re.compile(r"0\d{2,3}[- ]?\d{7,8}(?:-\d{1,6})?")
_DATE_HINT = "请写成如 2026-11-23 或 2026年11月"


class CellError(ValueError):
    """A cell is not what its column holds; the message says what would be."""


def text_of(cell: Cell) -> str | None:
    """A cell as text; whole numbers without a decimal point; None where it says nothing."""
    if cell is None or isinstance(cell, Formula):
        return None
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    text = cell.isoformat() if isinstance(cell, date | time) else str(cell).strip()
    return None if not text or (len(text) <= LONGEST_BLANK and flat(text) in _BLANK) else text


def flat(text: str) -> str:
    """Half-width, lower case, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def company_of(cell: Cell) -> str | None:
    """A company's or a project's name on one line; brackets in Chinese names as registered, （）."""
    text = text_of(cell)
    if text is None:
        return None
    name = " ".join(text.split())
    if any("\u4e00" <= character <= "\u9fff" for character in name):
        name = re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", name)
        name = name.replace("(", "（").replace(")", "）")
    return name


def checked(cell: Cell) -> Cell:
    """The cell, unless it is the error of a formula.

    Raises:
        CellError: it is ``#REF!`` or the like.
    """
    if isinstance(cell, str) and cell.strip().casefold() in _BROKEN:
        raise CellError("这一格是公式的错误值，请改正公式或填写数值")
    return cell


def short(cell: Cell) -> Cell:
    """The cell, unless it is a whole paragraph where a value should be.

    Raises:
        CellError: it is longer than any value.
    """
    if isinstance(cell, str) and len(cell) > LONGEST_VALUE:
        raise CellError(f"这一格有 {len(cell):,} 字，不像这一列的内容，请核对是否填错了列")
    return cell


def date_of(cell: Cell) -> str | None:
    """A date as ``2026-11-23``, a month alone as ``2026-11``.

    Raises:
        CellError: it is neither.
    """
    if isinstance(cell, datetime | date):
        return _day(cell.year, cell.month, cell.day)
    if isinstance(cell, float) and not cell.is_integer() and YEARS.start < cell < YEARS.stop:
        return _month_number(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and FIRST_SERIAL <= cell <= LAST_SERIAL:
        return (_EPOCH + timedelta(days=int(cell))).isoformat()
    text = text_of(cell)
    return None if text is None else _date_text(text)


def _month_number(cell: float) -> str:
    """2026.4 typed as a number; 2026.1 may have been 2026.10."""
    digits = repr(cell).partition(".")[2]
    if digits == "1" or int(digits) not in range(1, 13):
        raise CellError(f"{cell} 分不清是1月还是10月，{_DATE_HINT}")
    return f"{int(cell):04d}-{int(digits):02d}"


def _date_text(text: str) -> str:
    written = flat(_BRACKETED.sub("", unicodedata.normalize("NFKC", text)))
    written = _AFTER_DATE.sub("", written)
    if match := _DAY.match(written):
        return _day(_year(match[1]), int(match[2]), int(match[3]))
    if match := _MONTH.match(written):
        return _day(_year(match[1]), int(match[2]), 1)[:7]
    if _SERIAL.fullmatch(written) and FIRST_SERIAL <= int(written) <= LAST_SERIAL:
        return (_EPOCH + timedelta(days=int(written))).isoformat()
    if match := _COMPACT.match(written):
        day = _day(int(match[1]), int(match[2]), int(match[3] or 1))
        return day if match[3] else day[:7]
    if _YEARLESS.match(written):
        raise CellError(f"日期没有年份，{_DATE_HINT}")
    raise CellError(f"看不懂日期，{_DATE_HINT}")


def _year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    if int(digits) < 15:
        raise CellError(f"看不出年份，{_DATE_HINT}")
    return 2000 + int(digits)


def _day(year: int, month: int, day: int) -> str:
    if year not in YEARS:
        raise CellError(f"年份 {year} 不像是真的，请核对")
    try:
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise CellError(f"没有 {year}年{month}月{day}日 这一天，请核对") from error


def amount_of(cell: Cell, unit: str | None) -> Amount | None:
    """An amount; bare numbers in the column's unit.

    Raises:
        CellError: it is none.
        AmountError: the same, by the vocabulary.
    """
    if isinstance(cell, datetime | date | time):
        raise CellError("这一格是日期，可能是「3-5」一类的区间被表格自动改成了日期；请设为文本后重填，如 3-5亿元")
    if isinstance(cell, bool):
        raise CellError("应为金额，如 3.5亿元 或 2000万元")
    text = text_of(cell)
    if text is None:
        return None
    if unit is None and re.fullmatch(r"[\d.,\-~—至]+", flat(text)):
        raise CellError("没有写单位，无法判断大小；请写成如 3.5亿元，或在表头注明单位")
    if isinstance(cell, int | float):
        return parse_amount(cell, unit)
    try:
        return parse_amount(text, unit)
    except AmountError:
        return _without_remark(text, unit)


def _without_remark(text: str, unit: str | None) -> Amount:
    """「3亿元（一期1亿元）」 is 3亿元: what brackets add is kept as written; 「3000万（美元）」 keeps its currency."""
    normal = unicodedata.normalize("NFKC", text)
    amount = parse_amount(_BRACKETED.sub("", normal), unit)
    named = [currency for part in _BRACKETED.findall(normal) if not re.search(r"\d", part)
             if (currency := currency_in(part))]  # fmt: skip
    return amount.model_copy(update={"as_written": text[:100], "currency": [*named, amount.currency][0]})


def land_of(cell: Cell, unit: str | None) -> int | None:
    """An area in 1e-6 亩; None for rented space and the like, which stays in words.

    Raises:
        CellError: it holds a number that is no single area.
    """
    text = text_of(cell)
    if text is None or needs_no_land(text):
        return None
    match = _AREA.match(flat(text).replace(",", ""))
    if match is None:
        raise CellError("看不懂用地面积，请写成一个数，如 80亩")
    mu = Decimal(match[1]) * _MU_IN[match[2] or unit or "亩"]
    if mu > _MAX_MU:
        raise CellError("用地面积超过100万亩，请核对单位")
    return int((mu * 1_000_000).to_integral_value(ROUND_HALF_UP))


def needs_no_land(text: str) -> bool:
    """Whether a land cell speaks of something else: 「租赁」, 「租赁厂房5000平米」, 「待定」."""
    return not any(character.isdigit() for character in text) or any(word in text for word in _NO_LAND)


def industry_code_of(cell: Cell) -> str | None:
    """A GB/T 4754 code, also from 「C3962」 and 「3962 智能车载设备制造」.

    Raises:
        CellError: it is none.
    """
    text = text_of(cell)
    if text is None:
        return None
    match = re.match(r"^([a-t])?(\d{2,4})(?!\d)|^([a-t])(?![a-z0-9])", flat(text))
    code = (match[2] or match[3].upper()) if match else ""
    if not is_code(code):
        raise CellError("不是国民经济行业代码（GB/T 4754-2017），请核对")
    return code


def person_of(name: Cell, phone: Cell) -> tuple[str | None, str | None]:
    """A contact's name and number, also from one cell that holds both."""
    who, number = text_of(name), text_of(phone)
    found = _number_in(who) if who else None
    if who and found:
        who = re.sub(r"[()（）/,，、:：;；]+", " ", who.replace(found, " ")).strip() or None
        number = number or found
    if number:
        number = _tidy(_number_in(number) or number)
    who = who or ("（未填姓名）" if number else None)
    return (who[:LONGEST_PERSON] if who else None), number


def _number_in(text: str) -> str | None:
    match = _MOBILE.search(text) or _LANDLINE.search(text)
    return match[0] if match else None


def _tidy(number: str) -> str:
    mobile = _MOBILE.fullmatch(number)
    return re.sub(r"[- ]", "", mobile[1]) if mobile else number.strip()[:40]
