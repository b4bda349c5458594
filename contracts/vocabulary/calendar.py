"""Working days of mainland China: chinesecalendar's years, checked-in years after them, weekends beyond.

The State Council publishes a year's holidays in the autumn before; a due date in a year not yet known is
computed from weekends and marked as assumed (暂按周末推算).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import chinese_calendar
import yaml

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, and whether a year without a published calendar was crossed."""

    at: datetime
    assumed: bool


@dataclass(frozen=True, slots=True)
class _Year:
    holidays: frozenset[date]
    workdays: frozenset[date]


def is_working_day(day: date) -> tuple[bool, bool]:
    """Whether ``day`` is worked, and whether that is only assumed."""
    if (year := _checked_in(day.year)) is not None:
        worked = day in year.workdays or (day.weekday() < SATURDAY and day not in year.holidays)
        return worked, False
    try:
        return bool(chinese_calendar.is_workday(day)), False
    except NotImplementedError:
        return day.weekday() < SATURDAY, True


def add_working_days(instant: datetime, days: int) -> Due:
    """The same time of day, ``days`` working days later, in UTC.

    Work handed in on a day off counts from the start of the next working day's morning (09:00).
    """
    local = instant.astimezone(SHANGHAI)
    day, assumed = local.date(), False
    worked, guess = is_working_day(day)
    if not worked:
        local = local.replace(hour=9, minute=0, second=0, microsecond=0)
        day, assumed = _next_working_day(day, assumed=guess)
    for _ in range(days):
        day, assumed = _next_working_day(day, assumed=assumed)
    return Due(datetime.combine(day, local.timetz()).astimezone(UTC), assumed)


def _next_working_day(day: date, *, assumed: bool) -> tuple[date, bool]:
    while True:
        day += timedelta(1)
        worked, guess = is_working_day(day)
        assumed = assumed or guess
        if worked:
            return day, assumed


@cache
def _checked_in(year: int) -> _Year | None:
    file = files("contracts.vocabulary") / "calendars" / f"{year}.yaml"
    if not file.is_file():
        return None
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return _Year(frozenset(content["holidays"]), frozenset(content["workdays"]))
