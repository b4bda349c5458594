"""Weeks of Shanghai and working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import calendar
from contracts.vocabulary.calendar import SHANGHAI, CalendarError, add_working_days, is_working_day, read_year
from contracts.vocabulary.weeks import Week, WeekError

INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
YEAR = """
source: 示例通知
published: 2027-11-01
holidays: [2028-01-03, 2028-01-26, 2028-01-27]
workdays: [2028-01-08]
"""


def at(text: str) -> datetime:
    """An instant of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_week_48_ends_before_it_is_sent() -> None:
    week = Week.parse("2026-W48")
    assert (week.monday, week.sunday) == (date(2026, 11, 23), date(2026, 11, 29))
    assert week.start == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert week.end == at("2026-11-30T00:00:00")
    assert (week.previous.id, week.next.id) == ("2026-W47", "2026-W49")


def test_the_turn_of_a_year() -> None:
    assert Week.of_date(date(2027, 1, 1)).id == "2026-W53"
    assert Week.parse("2026-W53").next.id == "2027-W01"


@pytest.mark.parametrize(
    "text", ["2026-W00", "2026-W54", "2027-W53", "2026W48", "2026-48", "", "2026-W４8", "2026-W48\n"]
)
def test_what_is_no_week(text: str) -> None:
    with pytest.raises(WeekError):
        Week.parse(text)


@given(INSTANTS)
def test_every_instant_lies_in_its_week_alone(instant: datetime) -> None:
    week = Week.of(instant)
    assert week.start <= instant < week.end
    assert week.end - week.start == timedelta(days=7)
    assert Week.parse(week.id) == week == week.next.previous
    assert week < week.next


def test_holidays_and_worked_weekends_of_2026() -> None:
    assert is_working_day(date(2026, 10, 1)) == (False, False)
    assert is_working_day(date(2026, 2, 14)) == (True, False)
    assert is_working_day(date(2026, 11, 23)) == (True, False)


def test_a_working_day_later_is_the_same_hour() -> None:
    due = add_working_days(at("2026-11-20T15:30:00"), 1)
    assert (due.at, due.assumed) == (at("2026-11-23T15:30:00"), False)
    assert due.at.tzinfo is UTC


def test_what_comes_in_on_a_day_off_counts_from_the_next_morning() -> None:
    assert add_working_days(at("2026-11-21T15:30:00"), 1).at == at("2026-11-24T09:00:00")
    assert add_working_days(at("2026-09-30T18:00:00"), 1).at == at("2026-10-08T18:00:00")


def test_a_year_nobody_has_published_is_assumed() -> None:
    assert add_working_days(at("2026-12-31T10:00:00"), 1).assumed
    assert is_working_day(date(2099, 1, 3)) == (False, True)


@given(INSTANTS, st.integers(0, 30))
def test_due_dates_are_worked_and_in_order(instant: datetime, days: int) -> None:
    due, later = add_working_days(instant, days), add_working_days(instant, days + 1)
    assert instant <= due.at < later.at or days == 0
    assert is_working_day(due.at.astimezone(SHANGHAI).date())[0]


def test_a_checked_in_year_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "2028.yaml").write_text(YEAR, encoding="utf-8")
    monkeypatch.setattr(calendar, "CALENDARS", tmp_path)
    calendar.forget_years()
    try:
        assert is_working_day(date(2028, 1, 3)) == (False, False)
        assert is_working_day(date(2028, 1, 8)) == (True, False)
        assert is_working_day(date(2028, 1, 9)) == (False, False)
        assert is_working_day(date(2028, 1, 10)) == (True, False)
        assert add_working_days(at("2028-01-07T10:00:00"), 1) == calendar.Due(
            at("2028-01-08T10:00:00").astimezone(UTC), False
        )
    finally:
        calendar.forget_years()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("source", "origin"), "应有 source"), (("2028-01-03", "2027-01-03"), "2027-01-03 不是 2028"),
        (("[2028-01-08]", "[2028-01-10]"), "2028-01-10 不是调休"), (("2028-01-26", "x"), "x 不是 2028"),
    ],
)  # fmt: skip
def test_a_wrong_year_is_refused(change: tuple[str, str], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        read_year(YEAR.replace(*change), 2028)


def test_the_years_that_are_checked_in_are_right() -> None:
    for file in calendar.CALENDARS.iterdir() if calendar.CALENDARS.is_dir() else []:
        read_year(file.read_text(encoding="utf-8"), int(file.name.removesuffix(".yaml")))
