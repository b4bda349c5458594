"""Due work: each slot once, in order, under a lease; what was missed is made up for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import SHANGHAI
from kit.leases import StoreLeases
from kit.store.sqlite import SqliteStore
from operating.jobs import LENGTH, Jobs, Schedule, Slots, every, weekly
from tests.clocks import ManualClock

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


class Work:
    """Due work that remembers what it did, and fails while told to."""

    def __init__(self) -> None:
        self.done: list[datetime] = []
        self.broken = False

    async def __call__(self, slot: datetime) -> None:
        if self.broken:
            raise RuntimeError("not today")
        self.done.append(slot)


def jobs(
    store: SqliteStore, leases: StoreLeases, clock: ManualClock, slots: Slots, work: Work, look_back: int = 0
) -> Jobs:
    schedule = Schedule("weekly-work", slots, work, timedelta(days=look_back))
    return Jobs(store, leases, clock, [schedule], service="test", holder="this")


async def run(due: Jobs) -> None:
    await due.start()
    await due.run_due()
    await due.stop()


async def test_missed_weeks_are_made_up_for_in_order(
    store: SqliteStore, leases: StoreLeases, clock: ManualClock
) -> None:
    work = Work()
    due = jobs(store, leases, clock, weekly(0, time(8, 53)), work, look_back=8)
    await run(due)
    assert work.done == [datetime(2026, 11, 16, 8, 53, tzinfo=SHANGHAI), datetime(2026, 11, 23, 8, 53, tzinfo=SHANGHAI)]
    clock.advance(timedelta(weeks=3))
    await run(due)
    await run(due)
    assert work.done[2:] == [datetime(2026, 11, 30, 8, 53, tzinfo=SHANGHAI) + timedelta(weeks=n) for n in range(3)]


async def test_a_slot_that_failed_is_tried_again(store: SqliteStore, leases: StoreLeases, clock: ManualClock) -> None:
    work = Work()
    due = jobs(store, leases, clock, weekly(0, time(8, 53)), work, look_back=1)
    work.broken = True
    await due.start()
    await due.stop()
    with pytest.raises(ExceptionGroup) as failed:
        await due.run_due()
    assert [str(each) for each in failed.value.exceptions] == ["not today"]
    work.broken = False
    await due.run_due()
    assert len(work.done) == 1


async def test_what_fails_holds_up_nothing_else(store: SqliteStore, leases: StoreLeases, clock: ManualClock) -> None:
    broken, other = Work(), Work()
    broken.broken = True
    day = timedelta(days=1)
    schedules = [
        Schedule("broken", weekly(0, time(8, 53)), broken, day),
        Schedule("other", weekly(0, time(8, 53)), other, day),
    ]
    due = Jobs(store, leases, clock, schedules, service="test", holder="this")
    await due.start()
    await due.stop()
    with pytest.raises(ExceptionGroup):
        await due.run_due()
    assert (broken.done, len(other.done)) == ([], 1)


async def test_another_holder_keeps_it_away_until_the_lease_lapses(
    store: SqliteStore, leases: StoreLeases, clock: ManualClock
) -> None:
    work = Work()
    assert await leases.acquire("test-weekly-work", "another", LENGTH)
    due = jobs(store, leases, clock, weekly(0, time(8, 53)), work, look_back=1)
    await run(due)
    assert work.done == []
    clock.advance(LENGTH)
    await run(due)
    assert len(work.done) == 1


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=60)), st.integers(0, 6))
def test_weekly_slots_are_every_such_day_once(after: datetime, length: timedelta, weekday: int) -> None:
    until = after + length
    slots = weekly(weekday, time(8, 53))(after, until)
    days = [after.astimezone(SHANGHAI).date() + timedelta(n) for n in range(length.days + 2)]
    expected = [datetime.combine(day, time(8, 53), SHANGHAI) for day in days if day.weekday() == weekday]
    assert slots == [slot for slot in expected if after < slot <= until]


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_regular_slot_is_the_latest_only(after: datetime, length: timedelta) -> None:
    slots = every(timedelta(minutes=5))(after, after + length)
    assert len(slots) <= 1
    assert all(after < slot <= after + length and slot.timestamp() % 300 == 0 for slot in slots)
