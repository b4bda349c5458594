"""ISO weeks in Shanghai: from Monday 00:00 to the next Monday 00:00."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_FORM = re.compile(r"([0-9]{4})-W([0-9]{2})")


class WeekError(ValueError):
    """A text names no ISO week."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-W48``.

        Raises:
            WeekError: it is no ISO week of that year.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise WeekError(f"「{text}」不是周次，应写成如 2026-W48")
        week = cls(int(match[1]), int(match[2]))
        try:
            date.fromisocalendar(week.year, week.number, 1)
        except ValueError as error:
            raise WeekError(f"{week.year}年没有第{week.number}周") from error
        return week

    @classmethod
    def of(cls, instant: datetime) -> Self:
        """The week of an instant."""
        return cls.of_date(instant.astimezone(SHANGHAI).date())

    @classmethod
    def of_date(cls, day: date) -> Self:
        """The week of a Shanghai date."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def id(self) -> str:
        """``2026-W48``."""
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def monday(self) -> date:
        """Its first date."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Its last date."""
        return self.monday + timedelta(6)

    @property
    def start(self) -> datetime:
        """Its first instant, in UTC."""
        return datetime.combine(self.monday, time(), SHANGHAI).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first instant after it, in UTC."""
        return self.next.start

    @property
    def next(self) -> Self:
        """The week after."""
        return type(self).of_date(self.monday + timedelta(7))

    @property
    def previous(self) -> Self:
        """The week before."""
        return type(self).of_date(self.monday - timedelta(7))
