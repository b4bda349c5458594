"""The time of a policy beyond its validity: who keeps it afterwards, when to apply, and for how long to stay.

Each adds a condition to those that the author wrote; what follows a payment is in ``aftercare``.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, date
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from contracts.vocabulary.facts import FACTS
from services.incentives.policy.dated import Applicable, Entitled, date_fact
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Line, Written
from services.incentives.policy.tree import Leaf, Term

GRANDFATHERED: Final = "grandfathered"
APPLICATION: Final = "application"
RETENTION: Final = "retention"
SINCE: Final = "since_this_version"
BEFORE: Final = "before_next_version"
TERMS: Final = (GRANDFATHERED, APPLICATION, RETENTION, SINCE, BEFORE)
"""The ids of the conditions that follow from terms; no author's may be called so."""

_MONTH_DAY: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
DateFact = Annotated[str, AfterValidator(date_fact)]


class Validity(Written):
    """From when until when (inclusive); ``assumed`` marks a term nobody published; both null: unknown."""

    from_: date | None = Field(None, alias="from")
    until: date | None = None
    assumed: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ and self.until and self.from_ > self.until:
            raise ValueError("有效期的开始日期晚于结束日期，请核对")
        return self

    @property
    def known(self) -> bool:
        """Whether a date can be inside it at all."""
        return self.from_ is not None

    def holds(self, day: date) -> bool:
        """Whether ``day`` is inside; never where the beginning is unknown."""
        return self.from_ is not None and self.from_ <= day and (self.until is None or day <= self.until)


class Grandfathering(Written):
    """After the policy ends it goes on, until ``until``, for those whose date (``by``) fell into its validity."""

    by: DateFact
    until: date | None = None
    text: Line

    def leaf(self, valid: Validity) -> Leaf | None:
        """The condition; None where the validity is not known, or has no end."""
        if valid.from_ is None or valid.until is None:
            return None
        term = Entitled(by=self.by, start=valid.from_, end=valid.until)
        return Term(id=GRANDFATHERED, text=self.text, op="eq", value=True, term=term)


class Transition(Written):
    """Who came (``by``) before this version began keeps the former one, until ``until`` or the end of its own term."""

    by: DateFact
    until: date | None = None
    text: Line

    def since(self, start: date) -> Leaf:
        """What this version asks: to have come once it had begun."""
        text = f"{FACTS[self.by].label}在{start}或以后（此前的按上一版）"
        return Leaf(id=SINCE, text=text, fact=self.by, op="ge", value=start.isoformat())

    def before(self, start: date) -> Leaf:
        """What the former version asks from then on."""
        return Leaf(id=BEFORE, text=self.text, fact=self.by, op="lt", value=start.isoformat())


class Season(Written):
    """Days of every year, ``03-01`` to ``04-30``, both included; it may run over the turn of the year."""

    from_: Line = Field(alias="from")
    until: Line

    @model_validator(mode="after")
    def _days(self) -> Self:
        for each in (self.from_, self.until):
            if not _MONTH_DAY.fullmatch(each) or _in(2023, each) is None:
                raise ValueError(f"「{each}」应为月和日，如 03-01（2月29日请写 02-28）")
        return self

    def of(self, year: int) -> tuple[date, date]:
        """The season that begins in a year."""
        start, end = _in(year, self.from_), _in(year, self.until)
        assert start is not None and end is not None  # noqa: S101, PT018 - checked when it was read
        if end >= start:
            return start, end
        return start, date.max if year == MAXYEAR else end.replace(year=year + 1)


def _in(year: int, month_day: str) -> date | None:
    try:
        return date.fromisoformat(f"{year:04}-{month_day}")
    except ValueError:
        return None


class Application(Written):
    """When one can apply: between two days, in a season of each year, or within months of an event."""

    text: Line
    from_: date | None = Field(None, alias="from")
    until: date | None = None
    yearly: Season | None = None
    after: DateFact | None = None
    months: int | None = Field(None, ge=1, le=240)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.until is not None, self.yearly is not None, self.after is not None)
        if sum(ways) != 1 or (self.from_ is not None and self.until is None):
            raise ValueError(
                "申报期写一种：from 和 until（起止日期）、yearly（每年的月日）、after 加 months（几个月内）"
            )
        if (self.after is None) != (self.months is None):
            raise ValueError("after（从哪一天起算）和 months（几个月内）要一起写")
        if self.from_ and self.until and self.from_ > self.until:
            raise ValueError("申报期的开始日期晚于结束日期，请核对")
        return self

    def leaf(self, valid: Validity) -> Leaf:
        """The condition that one may apply yet."""
        term = Applicable(last=self._last(valid), after=self.after, months=self.months or 0)
        return Term(id=APPLICATION, text=self.text, op="eq", value=True, term=term)

    def _last(self, valid: Validity) -> date | None:
        """The last day on which anybody can apply; None where there is no such."""
        if self.yearly is None or valid.until is None:
            return self.until
        years = (max(MINYEAR, valid.until.year - back) for back in range(2))
        seasons = map(self.yearly.of, years)
        return next((min(end, valid.until) for start, end in seasons if start <= valid.until), valid.until)

    def next(self, day: date) -> tuple[date | None, date | None]:
        """When one can apply from ``day`` on: the first and last day, None where no day bounds it."""
        if self.yearly is None:
            return self.from_, self.until
        seasons = (self.yearly.of(min(max(MINYEAR, day.year + ahead), MAXYEAR)) for ahead in range(-1, 2))
        return next((start, end) for start, end in seasons if end >= day)


class Retention(Written):
    """So many years one must promise to stay; only clauses of the past ask for it (公平竞争审查条例第九条)."""

    years: int = Field(ge=1, le=50)
    of: str
    text: Line

    @model_validator(mode="after")
    def _years_of(self) -> Self:
        if fact_named(self.of).kind != "integer":
            raise ValueError(f"「{FACTS[self.of].label}」不是年数")
        return self

    def leaf(self) -> Leaf:
        """The condition."""
        return Leaf(id=RETENTION, text=self.text, fact=self.of, op="ge", value=self.years)
