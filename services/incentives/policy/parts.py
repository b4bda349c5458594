"""What all parts of a policy file share: strictness, short texts, money and rates as people write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contracts.vocabulary.amount import AmountError, parse_amount
from contracts.vocabulary.facts import PPM
from contracts.vocabulary.form import Form

Slug = Annotated[
    str, Form(r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", "只用小写字母、数字，中间用 - 或 _ 连接"), Field(max_length=80)
]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class PartError(ValueError):
    """One part of a list or mapping is wrong; ``steps`` lead there from the field that says so."""

    def __init__(self, message: str, *steps: str | int) -> None:
        super().__init__(message)
        self.steps = steps


class Written(BaseModel):
    """A part of a file people write: no word is ignored, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def fen_of(written: str | int) -> int:
    """A sum of money in fen.

    Raises:
        ValueError: it is no single sum in yuan; the message says what would be, in Chinese.
    """
    try:
        amount = parse_amount(written)
    except AmountError as error:
        raise ValueError(str(error)) from error
    if not amount.is_exact or amount.approximate or amount.currency != "CNY":
        raise ValueError("应为一个确定的人民币金额，如 200万元")
    return amount.low or 0


def fen_between(written: str | int) -> tuple[int, int]:
    """Both ends of a sum of money in fen; a figure that is known only within bounds is written as a range.

    Raises:
        ValueError: it is neither; the message says what would be, in Chinese.
    """
    try:
        amount = parse_amount(written)
    except AmountError as error:
        raise ValueError(str(error)) from error
    if amount.low is None or amount.high is None or amount.approximate or amount.currency != "CNY":
        raise ValueError("应为一个确定的人民币金额，如 200万元；只知道范围的写 2000-5000万元")
    return amount.low, amount.high


def ppm_of(written: str | int | float) -> int:
    """A rate between 0 and 100 % in millionths: ``10%``, ``2‰`` or ``0.1``.

    Raises:
        ValueError: it is none; the message says what would be, in Chinese.
    """
    text = str(written).strip().replace("％", "%")
    scale = {"%": 100, "‰": 1000}.get(text[-1:], 1)
    try:
        millionths = Decimal(text.rstrip("%‰")) / scale * PPM
    except ArithmeticError as error:
        raise ValueError("应为比例，如 10%、2‰ 或 0.1") from error
    if not millionths.is_finite() or not 0 <= millionths <= PPM or millionths != int(millionths):
        raise ValueError("应为0到100%之间的比例，最多精确到百万分之一，如 10%")
    return int(millionths)


def multiple_of(written: str | int | float) -> int:
    """A multiplier such as ``1.2`` in millionths.

    Raises:
        ValueError: it is none; the message says what would be, in Chinese.
    """
    try:
        millionths = Decimal(str(written).strip().rstrip("倍")) * PPM
    except ArithmeticError as error:
        raise ValueError("应为倍数，如 1.2") from error
    if not millionths.is_finite() or not 0 < millionths <= 100 * PPM or millionths != int(millionths):
        raise ValueError("应为0到100之间的倍数，如 1.2")
    return int(millionths)


def _money(written: Any) -> Any:
    if isinstance(written, bool) or not isinstance(written, int | str):
        raise ValueError("应为金额，如 200万元；整数按分计")
    fen_of(written)
    return written


def _rate(written: Any) -> Any:
    if isinstance(written, bool) or not isinstance(written, int | float | str) or len(str(written)) > 30:
        raise ValueError("应为比例，如 10%、2‰ 或 0.1")
    ppm_of(written)
    return written


def _edge(written: Any) -> Any:
    if isinstance(written, bool) or not isinstance(written, int | float | str) or len(str(written)) > 100:
        raise ValueError("应为金额或整数，如 5000万元")
    return written


MoneyText = Annotated[int | str, BeforeValidator(_money)]
RateText = Annotated[int | float | str, BeforeValidator(_rate)]
EdgeText = Annotated[int | float | str, BeforeValidator(_edge)]
