"""What a payment waits for and what may follow it: milestones, a yearly check, what was had before, what goes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from contracts.vocabulary.facts import FACTS, PPM
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Line, MoneyText, RateText, Written, ppm_of
from services.incentives.policy.terms import DateFact
from services.incentives.policy.tree import Condition

LEVELS: Final[Mapping[str, str]] = {"national": "中央", "province": "省级", "city": "市级", "zone": "区级"}
"""Who may bear a share, from the top."""


class Tranche(Written):
    """A part that is paid when a milestone is reached, in the year of its date where that is known.

    Where ``when`` is written, it is paid only to those for whom it holds.
    """

    share: RateText
    at: Line
    evidence: Line
    by: DateFact | None = None
    when: Condition | None = None


class Recheck(Written):
    """From the ``from_year``-th payment on it goes on only to those for whom ``when`` holds."""

    text: Line
    when: Condition
    from_year: int = Field(2, ge=2, le=15)


class Lifetime(Written):
    """No more over a firm's lifetime than ``cap``, less what it received before."""

    cap: MoneyText
    received: str

    @model_validator(mode="after")
    def _of_money(self) -> Self:
        if fact_named(self.received).kind != "amount":
            raise ValueError(f"「{FACTS[self.received].label}」不是金额")
        return self


class Clawback(Written):
    """What goes back where ``when`` turns out to hold.

    All of it (``full``), so much as is left of the years for which it was given (``pro_rata``), or all with interest of
    ``rate`` for each year since (``interest``); ``held`` is the fact that counts the years since the payment.
    """

    text: Line
    when: Condition
    how: Literal["full", "pro_rata", "interest"]
    years: int | None = Field(None, ge=1, le=50)
    held: str | None = None
    rate: RateText | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = {"full": set(), "pro_rata": {"years", "held"}, "interest": {"held", "rate"}}[self.how]
        written = {name for name in ("years", "held", "rate") if getattr(self, name) is not None}
        if written != wanted:
            names = "、".join(sorted(wanted)) or "其他都不写"
            raise ValueError(f"追回方式 {self.how} 应写：{names}")
        if self.held is not None and fact_named(self.held).kind != "integer":
            raise ValueError(f"「{FACTS[self.held].label}」不是年数")
        return self


class Borne(Written):
    """Who pays: each level's share; together they make the whole."""

    national: RateText | None = None
    province: RateText | None = None
    city: RateText | None = None
    zone: RateText | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(self.shares.values()) != PPM:
            raise ValueError("各级分担比例之和应为 100%，请核对")
        return self

    @property
    def shares(self) -> dict[str, int]:
        """Millionths by level."""
        written = ((level, getattr(self, level)) for level in LEVELS)
        return {level: ppm_of(share) for level, share in written if share is not None}


def _tranche(value: Any) -> str:
    return "tranche:" if isinstance(value, Tranche | dict) else "share:"


Instalment = Annotated[
    Annotated[RateText, Tag("share:")] | Annotated[Tranche, Tag("tranche:")], Discriminator(_tranche)
]


def share_of(instalment: Any) -> int:
    """The millionths of an instalment."""
    return ppm_of(instalment.share if isinstance(instalment, Tranche) else instalment)
