"""The lease port's contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from kit.clock import ManualClock
from kit.leases import StoreLeases
from kit.store.port import Store

LONG = timedelta(seconds=30)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture
async def leases(reopen: Callable[[], Store], clock: ManualClock) -> StoreLeases:
    leases = StoreLeases(reopen(), clock)
    await leases.ensure()
    return leases


async def test_one_holder_at_a_time(leases: StoreLeases) -> None:
    assert await leases.acquire("relay", "a", LONG) is not None
    assert await leases.acquire("relay", "b", LONG) is None
    assert await leases.acquire("other", "b", LONG) is not None


async def test_a_lapsed_lease_changes_hands_with_a_higher_token(leases: StoreLeases, clock: ManualClock) -> None:
    first = await leases.acquire("relay", "a", LONG)
    clock.advance(LONG + timedelta(seconds=1))
    second = await leases.acquire("relay", "b", LONG)
    assert first is not None
    assert second is not None
    assert second.token > first.token
    assert await leases.renew(first, LONG) is None


async def test_the_holder_renews_and_releases(leases: StoreLeases) -> None:
    lease = await leases.acquire("relay", "a", LONG)
    assert lease is not None
    renewed = await leases.renew(lease, LONG)
    assert renewed is not None
    await leases.release(renewed)
    assert await leases.acquire("relay", "b", LONG) is not None


async def test_a_holder_that_comes_back_takes_its_own(leases: StoreLeases) -> None:
    await leases.acquire("relay", "embedded", LONG)
    assert await leases.acquire("relay", "embedded", LONG) is not None
