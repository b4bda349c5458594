"""What is true or not on the day of the answer: a recognition in force, a ruling, a term that still runs.

Each is a yes or no computed from facts and the day, so that a condition on it is decided, shown and asked about like
one on a fact.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.vocabulary.fact_list import RECORDED_BY_OFFICE
from contracts.vocabulary.facts import FACTS, Fact
from services.incentives.policy.operands import fact_named
from services.incentives.policy.parts import Line, Written


def date_fact(name: str) -> str:
    """The name, if it is that of a date.

    Raises:
        ValueError: it is none.
    """
    if fact_named(name).kind != "date":
        raise ValueError(f"「{FACTS[name].label}」不是日期")
    return name


def _yes_no(key: str, label: str) -> Fact:
    return Fact(key, "boolean", label, key, "")


class Held(Written):
    """A recognition that is in force: a status, within the dates between which it holds.

    ``until`` is the fact with its last day; where none is written on it, it runs ``years`` from the day ``on``.
    """

    halves: ClassVar = False
    daily: ClassVar = True
    status: str
    tag: Line | None = None
    on: str | None = None
    until: str | None = None
    years: int | None = Field(None, ge=1, le=50)

    @model_validator(mode="after")
    def _a_dated_status(self) -> Self:
        fact = fact_named(self.status)
        if fact.kind not in ("boolean", "tags") or (fact.kind == "tags") != (self.tag is not None):
            raise ValueError(f"「{fact.label}」：status 写一个是否，或多选加 tag")
        if self.tag is not None and self.tag not in fact.choices:
            raise ValueError(f"tag 应为以下之一：{'、'.join(fact.choices)}")
        for name in (self.on, self.until):
            if name is not None:
                date_fact(name)
        if self.on is None and self.until is None:
            raise ValueError("写明认定日期 on 或有效期至 until；不问日期的资格请用 fact")
        if self.years is not None and (self.on is None or self.until is not None):
            raise ValueError("years 从认定日期 on 起算，与 until 只写一项")
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(name for name in (self.status, self.on, self.until) if name is not None)

    @property
    def fact(self) -> Fact:
        """A yes or no."""
        fact = FACTS[self.status]
        return _yes_no(self.key, f"{fact.choices[self.tag] if self.tag else fact.label}在有效期内")

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return f"held:{self.status}.{self.tag}:{self.on}+{self.years}:{self.until}"


class Ruling(Written):
    """A judgement that the office records (一事一议), which no applicant can state."""

    halves: ClassVar = False
    daily: ClassVar = False
    of: str
    by: Line

    @model_validator(mode="after")
    def _a_yes_or_no(self) -> Self:
        fact_named(self.of)
        if self.of not in RECORDED_BY_OFFICE:
            known = "、".join(sorted(RECORDED_BY_OFFICE))
            raise ValueError(f"「{FACTS[self.of].label}」不是由招商部门记录的认定；可用：{known}")
        return self

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of,)

    @property
    def fact(self) -> Fact:
        """A yes or no."""
        return _yes_no(self.key, f"{FACTS[self.of].label}（由{self.by}认定）")

    @property
    def key(self) -> str:
        """The same for the same quantity, whoever rules."""
        return f"ruled:{self.of}"


class Entitled(Written):
    """Whether a term still runs, or ran when the project came: what is grandfathered keeps its policy."""

    halves: ClassVar = False
    daily: ClassVar = True
    by: str
    start: date
    end: date

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.by,)

    @property
    def fact(self) -> Fact:
        """A yes or no."""
        return _yes_no(self.key, f"{FACTS[self.by].label}在政策有效期内")

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return f"entitled:{self.by}:{self.start}:{self.end}"


class Applicable(Written):
    """Whether one may still apply: until a last day, or for some months after an event."""

    halves: ClassVar = False
    daily: ClassVar = True
    last: date | None = None
    after: str | None = None
    months: int = 0

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is computed from."""
        return () if self.after is None else (self.after,)

    @property
    def fact(self) -> Fact:
        """A yes or no."""
        return _yes_no(self.key, "还在申报期内")

    @property
    def key(self) -> str:
        """The same for the same quantity."""
        return f"applicable:{self.last}:{self.after}+{self.months}"


Dated = Held | Ruling | Entitled | Applicable
