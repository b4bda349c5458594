"""Work under a lease: alone, cancelled where the lease is lost, and never deaf to its own cancellation."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kit.leases import Lease, StoreLeases
from kit.store.sqlite import SqliteStore
from operating.leading import Leader, LeaseLost, under_lease
from tests.clocks import ManualClock
from tests.notify.virtual_time import VirtualLoop

LONG, SHORT = timedelta(seconds=30), timedelta(seconds=1)


async def nothing() -> None:
    """Work that is done at once."""


async def for_ever() -> None:
    """Work that never ends."""
    await asyncio.Event().wait()


async def test_one_does_it_and_the_other_hears_that(leases: StoreLeases) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await for_ever()

    first = asyncio.create_task(under_lease(leases, "work", "a", LONG, work))
    await begun.wait()
    assert await under_lease(leases, "work", "b", LONG, nothing) is False
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await under_lease(leases, "work", "b", LONG, nothing) is True


async def test_a_lost_lease_ends_the_work(store: SqliteStore, leases: StoreLeases, clock: ManualClock) -> None:
    """Others have seen time pass, who holds it has not."""
    cancelled, own = asyncio.Event(), StoreLeases(store, clock)

    async def work() -> None:
        assert await leases.acquire("work", "b", LONG) is None
        clock.advance(LONG)
        assert await leases.acquire("work", "b", LONG) is not None
        try:
            await for_ever()
        finally:
            cancelled.set()

    with pytest.raises(LeaseLost):
        await under_lease(own, "work", "a", SHORT, work)
    assert cancelled.is_set()


class LateLeases(StoreLeases):
    """Leases of a store that takes its time to answer, and when they were to be renewed."""

    def __init__(self, acquiring: float, renewing: float) -> None:
        self.elapsed = asyncio.get_running_loop().time
        self._acquiring, self._renewing = acquiring, renewing
        self.asked: list[float] = []

    async def acquire(self, name: str, holder: str, _length: timedelta) -> Lease:
        """It is free."""
        await asyncio.sleep(self._acquiring)
        return Lease(name, holder, 1)

    async def renew(self, lease: Lease, _length: timedelta) -> Lease:
        """Nobody has taken it."""
        self.asked.append(self.elapsed())
        await asyncio.sleep(self._renewing)
        return lease

    async def release(self, lease: Lease) -> None:
        """Nobody asks."""


@pytest.mark.parametrize(
    ("acquiring", "renewing", "asked", "ends"),
    [
        (0, 0, [7.5, 15, 22.5, 30, 37.5, 45], TimeoutError),
        (0, 20, [7.5, 27.5, 47.5], TimeoutError),
        (10, 5, [10, 17.5, 25, 32.5, 40, 47.5], TimeoutError),
        (35, 0, [], LeaseLost),
    ],
)
def test_a_lease_is_renewed_a_quarter_of_its_length_after_it_was_asked_for(
    acquiring: float, renewing: float, asked: list[float], ends: type[Exception]
) -> None:
    """Others have seen it since then: who waits for another quarter after a late answer finds that it has lapsed."""

    async def go() -> list[float]:
        leases = LateLeases(acquiring, renewing)
        with pytest.raises(ends):
            async with asyncio.timeout(50):
                await under_lease(leases, "work", "a", LONG, for_ever)
        return leases.asked

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(go()) == asked


async def test_what_the_work_raises_is_raised(leases: StoreLeases) -> None:
    async def work() -> None:
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        await under_lease(leases, "work", "a", LONG, work)
    assert await under_lease(leases, "work", "b", LONG, nothing) is True


async def test_whoever_is_cancelled_at_any_step_ends(leases: StoreLeases) -> None:
    async def loop() -> None:
        while True:
            await under_lease(leases, "work", "a", LONG, nothing)

    for steps in range(400):
        working = asyncio.create_task(loop())
        for _ in range(steps % 40):
            await asyncio.sleep(0)
        await asyncio.sleep(steps % 7 / 10_000)
        working.cancel()
        done, _ = await asyncio.wait([working], timeout=5)
        assert done, "it went on although it was cancelled"
        assert working.cancelled()


async def test_a_leader_that_was_away_for_a_lease_leads_no_more(leases: StoreLeases, clock: ManualClock) -> None:
    one, other = (Leader(leases, "work", name, LONG) for name in ("a", "b"))
    assert await one.leads()
    assert await one.leads()
    assert not await other.leads()
    clock.advance(LONG)
    assert await other.leads()
    assert not await one.leads()
    await other.stop()
    assert await one.leads()
