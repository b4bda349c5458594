"""What a policy gives, as it is written: a sum, a rate, so much a unit, bands, interest, a match, or things in kind.

Every kind with money may be multiplied under conditions, capped, and paid over years. A figure that nobody published
is written ``未公布``: the benefit is then without a figure, bounded by its cap if it has one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, PPM, FactError, parse_value
from services.incentives.policy.aftercare import Borne, Clawback, Instalment, Lifetime, Recheck, share_of
from services.incentives.policy.figures import Base, Cap, Money, Multiplier, Share
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import EdgeText, MoneyText, PartError, RateText, Text, Written, ppm_of

MAX_BANDS = 30
MAX_YEARS = 15
Level = Literal["national", "province", "city", "zone"]


def _one_to(written: Any) -> Any:
    """``1:0.5`` is a half."""
    return written.replace("：", ":").removeprefix("1:") if isinstance(written, str) else written


class _Given(Written):
    """What all benefits have in common."""

    text: Text


class _Paid(_Given):
    """A benefit in money.

    ``instalments`` divide one sum among years; ``yearly`` pays it anew each year, so much of it in each.
    """

    instalments: list[Instalment] | None = Field(None, min_length=1, max_length=MAX_YEARS)
    yearly: list[RateText] | None = Field(None, min_length=1, max_length=MAX_YEARS)
    cap: Cap | None = None
    cap_per_year: MoneyText | None = None
    multipliers: list[Multiplier] | None = Field(None, min_length=1, max_length=5)
    lifetime: Lifetime | None = None
    recheck: Recheck | None = None
    clawback: Clawback | None = None
    borne: Borne | None = None

    @field_validator("instalments")
    @classmethod
    def _whole(cls, instalments: list[Any] | None) -> list[Any] | None:
        if instalments is not None and sum(map(share_of, instalments)) != PPM:
            raise ValueError("各年比例之和应为 100%，请核对；每年都按比例另算的写 yearly")
        return instalments

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if self.instalments is not None and self.yearly is not None:
            raise ValueError("instalments（一笔钱分年拨付）和 yearly（每年另算一笔）只写一项")
        return self

    @model_validator(mode="after")
    def _checked_again(self) -> Self:
        if self.recheck is not None and self.recheck.from_year > len(self.shares):
            raise ValueError(f"recheck 从第{self.recheck.from_year}笔起，但只拨付{len(self.shares)}笔，请核对")
        return self

    @property
    def again(self) -> bool:
        """Whether each payment is a sum of its own, and not a part of one."""
        return self.yearly is not None

    @property
    def shares(self) -> list[int]:
        """The millionths of each payment, one after another."""
        if self.yearly is not None:
            return [ppm_of(each) for each in self.yearly]
        return [share_of(each) for each in self.instalments or ()] or [PPM]

    @property
    def asked(self) -> list[Any]:
        """Every condition on which its sum depends."""
        parts = [*(self.multipliers or ()), *(self.instalments or ()), self.recheck, self.clawback]
        return [each.when for each in parts if getattr(each, "when", None) is not None]


class Fixed(_Paid):
    """A sum that does not depend on size."""

    kind: Literal["fixed"]
    amount: Money


class Rate(_Paid):
    """A share of an amount, or of several together."""

    kind: Literal["rate"]
    rate: Share
    base: Base


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
                raise PartError(f"第{number}档的上限应大于下限", number - 1)
        for number, ((_, high), (low, _)) in enumerate(pairwise(edges), 2):
            if high is None or high > low:
                raise PartError(f"第{number}档与上一档重叠，请按从小到大书写", number - 1)
            if mode == "marginal" and high != low:
                raise PartError(f"超额累进的第{number}档应从上一档的上限开始", number - 1)
        if (mode == "marginal" or FACTS[base].kind == "integer") and not _fits(bands, base, mode):
            raise ValueError("超额累进的每一档都写 rate、以金额为基数；按整数分档的每一档都写 amount")
        return bands


class Unit(Written):
    """What a price is multiplied by: a fact, up to a bound where there is one."""

    fact: str
    up_to: int | None = Field(None, ge=1, le=1_000_000_000)

    @field_validator("fact")
    @classmethod
    def _countable(cls, name: str) -> str:
        if fact_named(name).kind not in ("integer", "decimal"):
            raise ValueError(f"「{FACTS[name].label}」不是数量，请用整数或小数")
        return name


def _unit(value: Any) -> str:
    return "number:" if isinstance(value, int) else "unit:"


class PerUnit(_Paid):
    """A price for each unit: by area and months, by head; numbers among the units are simply multiplied."""

    kind: Literal["per_unit"]
    price: Money
    units: list[
        Annotated[
            Annotated[int, Field(ge=1, le=1000), Tag("number:")] | Annotated[Unit, Tag("unit:")], Discriminator(_unit)
        ]
    ] = Field(min_length=1, max_length=5)

    @field_validator("units")
    @classmethod
    def _counts_something(cls, units: list[Any]) -> list[Any]:
        if not any(isinstance(each, Unit) for each in units):
            raise ValueError("至少写一个数量，如 {fact: rent_area_sqm}；固定金额请用 kind: fixed")
        return units


class Interest(_Paid):
    """So many points of a loan for each year."""

    kind: Literal["interest"]
    points: Share
    loan: Base
    years: int = Field(ge=1, le=MAX_YEARS)

    @model_validator(mode="after")
    def _by_the_year(self) -> Self:
        if self.instalments is not None or self.yearly is not None:
            raise ValueError("贴息按年计算，请用 years 写年数")
        return self

    @property
    def again(self) -> bool:
        """Every year anew."""
        return True

    @property
    def shares(self) -> list[int]:
        """The whole of it in each year."""
        return [PPM] * self.years


class Match(_Paid):
    """So much beside every yuan that another level paid."""

    kind: Literal["match"]
    level: Level
    ratio: Annotated[RateText, BeforeValidator(_one_to)]
    base: Base


class InKind(_Given):
    """A service, a space, a ticket: no money, though what is saved may be estimated."""

    kind: Literal["in_kind"]
    worth: MoneyText | None = None


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


KINDS: Final = (Fixed, Rate, Banded, PerUnit, Interest, Match, InKind)


def _kind(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"kind:{kind}"


Benefit = Annotated[
    Annotated[Fixed, Tag("kind:fixed")]
    | Annotated[Rate, Tag("kind:rate")]
    | Annotated[Banded, Tag("kind:banded")]
    | Annotated[PerUnit, Tag("kind:per_unit")]
    | Annotated[Interest, Tag("kind:interest")]
    | Annotated[Match, Tag("kind:match")]
    | Annotated[InKind, Tag("kind:in_kind")],
    Discriminator(
        _kind,
        custom_error_type="benefit_kind",
        custom_error_message="kind 应为 fixed、rate、banded、per_unit、interest、match 或 in_kind",
    ),
]
