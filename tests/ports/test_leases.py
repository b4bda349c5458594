"""The lease port's contract."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from kit.leases import StoreLeases
from kit.store.port import Store
from tests.clocks import ManualClock

LONG = timedelta(seconds=30)
OFF = timedelta(minutes=10)

Open = Callable[..., Awaitable[StoreLeases]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture
def replica(reopen: Callable[[], Store], clock: ManualClock) -> Open:
    """Opens the leases as one replica sees them, by a clock that is off; ``clock`` is what really passes."""

    async def open_leases(off: timedelta = timedelta(0)) -> StoreLeases:
        origin = random.random() * 1e6  # noqa: S311 - what passed before it began says nothing
        own = StoreLeases(reopen(), ManualClock(clock.now() + off), lambda: clock.now().timestamp() + origin)
        await own.ensure()
        return own

    return open_leases


@pytest.fixture
async def leases(replica: Open) -> StoreLeases:
    return await replica()


async def test_one_holder_at_a_time(leases: StoreLeases) -> None:
    assert await leases.acquire("relay", "a", LONG) is not None
    assert await leases.acquire("relay", "b", LONG) is None
    assert await leases.acquire("other", "b", LONG) is not None


async def test_a_lapsed_lease_changes_hands_with_a_higher_token(leases: StoreLeases, clock: ManualClock) -> None:
    first = await leases.acquire("relay", "a", LONG)
    assert await leases.acquire("relay", "b", LONG) is None
    clock.advance(LONG)
    second = await leases.acquire("relay", "b", LONG)
    assert first is not None
    assert second is not None
    assert second.token > first.token
    assert await leases.renew(first, LONG) is None


@pytest.mark.parametrize("off", [OFF, -OFF], ids=["ahead", "behind"])
async def test_a_clock_that_is_off_makes_a_lease_neither_longer_nor_shorter(
    replica: Open, clock: ManualClock, off: timedelta
) -> None:
    wrong, right = await replica(off), await replica()
    held = await wrong.acquire("relay", "a", LONG)
    assert await right.acquire("relay", "b", LONG) is None
    clock.advance(LONG / 2)
    assert held is not None
    assert await wrong.renew(held, LONG) is not None
    assert await right.acquire("relay", "b", LONG) is None
    clock.advance(LONG - timedelta(seconds=1))
    assert await right.acquire("relay", "b", LONG) is None
    clock.advance(timedelta(seconds=1))
    assert await right.acquire("relay", "b", LONG) is not None
    assert await wrong.acquire("relay", "a", LONG) is None


async def test_who_comes_anew_watches_for_a_whole_length(replica: Open, clock: ManualClock) -> None:
    before, anew = await replica(), await replica()
    assert await before.acquire("relay", "a", LONG) is not None
    clock.advance(2 * LONG)
    assert await anew.acquire("relay", "b", LONG) is None
    clock.advance(LONG)
    assert await anew.acquire("relay", "b", LONG) is not None


async def test_a_holder_that_was_away_for_two_lengths_hears_that_it_lost(replica: Open, clock: ManualClock) -> None:
    one, other = await replica(), await replica()
    held = await one.acquire("relay", "a", LONG)
    assert held is not None
    assert await other.acquire("relay", "b", LONG) is None
    clock.advance(2 * LONG)
    assert await other.acquire("relay", "b", LONG) is not None
    assert await one.renew(held, LONG) is None
    assert await one.acquire("relay", "a", LONG) is None


async def test_the_holder_renews_and_releases(replica: Open) -> None:
    leases, other = await replica(), await replica()
    lease = await leases.acquire("relay", "a", LONG)
    assert lease is not None
    renewed = await leases.renew(lease, LONG)
    assert renewed is not None
    assert await other.acquire("relay", "b", LONG) is None
    await leases.release(renewed)
    assert await other.acquire("relay", "b", LONG) is not None


async def test_a_holder_that_comes_back_takes_its_own(leases: StoreLeases) -> None:
    await leases.acquire("relay", "embedded", LONG)
    assert await leases.acquire("relay", "embedded", LONG) is not None
