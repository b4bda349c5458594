"""Working days of mainland China: chinesecalendar's years, checked-in years over them, weekends beyond.

The State Council publishes a year's holidays in the autumn before, and chinesecalendar ends with 2026. A later
year is a file ``calendars/2027.yaml`` with ``source`` (the notice's number), ``published``, ``holidays`` (days off
that are no weekend, or all) and ``workdays`` (weekend days worked instead). A due date in a year not yet known
is computed from weekends and marked as assumed (暂按周末推算).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

import chinese_calendar
import yaml

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = 5
CALENDARS: Traversable = files("contracts.vocabulary") / "calendars"


class CalendarError(ValueError):
    """A checked-in year is not what it should be; the message names the file and the day."""


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, and whether a year without a published calendar was crossed."""

    at: datetime
    assumed: bool


@dataclass(frozen=True, slots=True)
class _Year:
    """Days off and weekend days worked of one year."""

    holidays: frozenset[date]
    workdays: frozenset[date]


@lru_cache(maxsize=1024)
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
    file = CALENDARS / f"{year}.yaml"
    return read_year(file.read_text(encoding="utf-8"), year) if file.is_file() else None


def forget_years() -> None:
    """Read checked-in years anew, as after one was added."""
    _checked_in.cache_clear()
    is_working_day.cache_clear()


def read_year(text: str, year: int) -> _Year:
    """A checked-in year.

    Raises:
        CalendarError: a key is missing, a day is of another year, or a weekday is listed as worked.
    """
    content = yaml.safe_load(text)
    if not isinstance(content, dict) or not {"source", "published", "holidays", "workdays"} <= content.keys():
        raise CalendarError(f"{year}.yaml：应有 source、published、holidays、workdays 四项")
    for day in (*content["holidays"], *content["workdays"]):
        if not isinstance(day, date) or day.year != year:
            raise CalendarError(f"{year}.yaml：{day} 不是 {year} 年的日期")
    for day in content["workdays"]:
        if day.weekday() < SATURDAY or day in content["holidays"]:
            raise CalendarError(f"{year}.yaml：{day} 不是调休上班的周末")
    return _Year(frozenset(content["holidays"]), frozenset(content["workdays"]))
