"""What a policy gives, as it is written: a fixed sum, a rate of a base, bands of a base, or a text.

Every kind may carry a cap; every kind with money may be paid in yearly instalments.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, FactError, parse_value
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import EdgeText, MoneyText, RateText, Text, Written, ppm_of

MAX_BANDS = 30
MAX_INSTALMENTS = 15


class _Paid(Written):
    """What all benefits have in common."""

    text: Text
    instalments: list[RateText] | None = Field(None, min_length=1, max_length=MAX_INSTALMENTS)

    @field_validator("instalments")
    @classmethod
    def _whole(cls, instalments: list[Any] | None) -> list[Any] | None:
        if instalments is not None and sum(map(ppm_of, instalments)) != 1_000_000:
            raise ValueError("各年比例之和应为 100%，请核对")
        return instalments


class Fixed(_Paid):
    """A sum that does not depend on size."""

    kind: Literal["fixed"]
    amount: MoneyText


class Rate(_Paid):
    """A share of an amount."""

    kind: Literal["rate"]
    rate: RateText
    base: str
    cap: MoneyText | None = None

    @field_validator("base")
    @classmethod
    def _an_amount(cls, base: str) -> str:
        if fact_named(base).kind != "amount":
            raise ValueError(f"「{FACTS[base].label}」不是金额，不能按比例计算")
        return base


class Band(Written):
    """From ``from`` (inclusive) to ``to`` (exclusive; null: no end), a sum or a rate."""

    from_: EdgeText = Field(alias="from")
    to: EdgeText | None = None
    amount: MoneyText | None = None
    rate: RateText | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.amount is None) == (self.rate is None):
            raise ValueError("每一档写 amount 或 rate 之一")
        return self


class Banded(_Paid):
    """Bands of a base: ``step`` takes the band the base lies in, ``marginal`` adds up each band's part."""

    kind: Literal["banded"]
    base: str
    mode: Literal["step", "marginal"] = "step"
    bands: list[Band] = Field(min_length=1, max_length=MAX_BANDS)
    cap: MoneyText | None = None

    @field_validator("base")
    @classmethod
    def _countable(cls, base: str) -> str:
        if fact_named(base).kind not in ("amount", "integer"):
            raise ValueError(f"「{FACTS[base].label}」不能分档，请用金额或整数")
        return base

    @field_validator("bands")
    @classmethod
    def _in_order(cls, bands: list[Band], info: ValidationInfo) -> list[Band]:
        base, mode = info.data.get("base"), info.data.get("mode")
        if base is None:
            return bands
        edges = [(band_edge(base, band.from_), None if band.to is None else band_edge(base, band.to)) for band in bands]
        for number, (low, high) in enumerate(edges, 1):
            if high is not None and high <= low:
                raise ValueError(f"第{number}档的上限应大于下限")
        for number, ((_, high), (low, _)) in enumerate(pairwise(edges), 2):
            if high is None or high > low:
                raise ValueError(f"第{number}档与上一档重叠，请按从小到大书写")
            if mode == "marginal" and high != low:
                raise ValueError(f"超额累进的第{number}档应从上一档的上限开始")
        if (mode == "marginal" or FACTS[base].kind == "integer") and not _fits(bands, base, mode):
            raise ValueError("超额累进的每一档都写 rate、以金额为基数；按整数分档的每一档都写 amount")
        return bands


class TextOnly(_Paid):
    """A benefit that is not computed: in kind, or by a rule the engine does not know yet."""

    kind: Literal["text"]


def _fits(bands: list[Band], base: str, mode: str | None) -> bool:
    if FACTS[base].kind == "integer":
        return mode == "step" and all(band.rate is None for band in bands)
    return all(band.amount is None for band in bands)


def band_edge(base: str, written: str | int | float) -> int:
    """An edge of a band in the units of its base.

    Raises:
        ValueError: it does not fit the base; the message says what would, in Chinese.
    """
    try:
        value = parse_value(FACTS[base], written)
    except FactError as error:
        raise ValueError(str(error)) from error
    if isinstance(value, Amount):
        if not value.is_exact or value.approximate or value.currency != "CNY":
            raise ValueError("档位应为确定的人民币金额，如 5000万元")
        return value.low or 0
    assert isinstance(value, int)  # noqa: S101 - a band's base is an amount or an integer
    return value


def _kind(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"kind:{kind}"


Benefit = Annotated[
    Annotated[Fixed, Tag("kind:fixed")]
    | Annotated[Rate, Tag("kind:rate")]
    | Annotated[Banded, Tag("kind:banded")]
    | Annotated[TextOnly, Tag("kind:text")],
    Discriminator(
        _kind,
        custom_error_type="benefit_kind",
        custom_error_message="kind 应为 fixed、rate、banded 或 text",
    ),
]
