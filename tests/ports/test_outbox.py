"""The store port's outbox: each event of a save waits, in order, until published, whatever becomes of its cause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kit.store.port import Store, Write
from tests.ports.things import ALL, THINGS, event, thing


async def test_events_wait_in_order_until_settled(store: Store) -> None:
    woken: list[None] = []
    store.on_pending(lambda: woken.append(None))
    await store.save("things", thing("a"), [event("1"), event("2")])
    await store.save("things", thing("b"), [event("3")])
    pending = await store.pending(10)
    assert [each.event.id for each in pending] == ["1", "2", "3"]
    await store.settle([pending[0].position, pending[1].position])
    assert [each.event.id for each in await store.pending(10)] == ["3"]
    assert len(woken) == 2


async def test_events_outlive_the_record_that_caused_them(store: Store) -> None:
    saved = await store.save("things", thing("a"), [event("1"), event("2")])
    await store.save("things", saved, [event("3")])
    await store.settle([(await store.pending(1))[0].position])
    await store.erase("things", "a")
    assert await store.get("things", ALL, "a") is None
    assert [each.event.id for each in await store.pending(10)] == ["2", "3"]
    await store.save("things", thing("a"), [event("4")])
    pending = await store.pending(10)
    assert sorted(each.event.id for each in pending) == ["2", "3", "4"]
    await store.settle([each.position for each in pending])
    assert await store.pending(10) == []


async def test_what_another_process_saved_is_pending_too(reopen: Callable[[], Store]) -> None:
    one, other = reopen(), reopen()
    for store in (one, other):
        await store.ensure(THINGS)
    assert await one.pending(10) == []
    await other.save("things", thing("a"), [event("1")])
    async with asyncio.timeout(5):
        while not await one.pending(10):  # noqa: ASYNC110 - the port tells one process nothing of another
            await asyncio.sleep(0.05)


async def test_settling_the_first_events_leaves_the_later_ones(store: Store) -> None:
    saved = await store.save("things", thing("a"), [event("1")])
    first = await store.pending(10)
    await store.save("things", saved, [event("2")])
    await store.settle([each.position for each in first])
    await store.settle([each.position for each in first])
    assert [each.event.id for each in await store.pending(10)] == ["2"]


async def test_settling_later_events_leaves_the_first(store: Store) -> None:
    """As the relay must where the bus refuses one event of a record and has the others."""
    await store.save("things", thing("a"), [event("1"), event("2"), event("3")])
    await store.settle([each.position for each in (await store.pending(10))[1:]])
    assert [each.event.id for each in await store.pending(10)] == ["1"]


async def test_a_backlog_is_given_without_a_pause(store: Store) -> None:
    await store.save_many([Write("things", thing(str(number)), (event(f"e{number}"),)) for number in range(7)])
    given: list[str] = []
    while pending := await store.pending(2):
        given += [each.event.id for each in pending]
        await store.settle([each.position for each in pending])
    assert sorted(given) == [f"e{number}" for number in range(7)]


async def test_what_others_published_meanwhile_does_not_hide_what_waits(reopen: Callable[[], Store]) -> None:
    """As after a change of the lease: who takes over remembers what its predecessor has published since."""
    one, other = reopen(), reopen()
    for store in (one, other):
        await store.ensure(THINGS)
    await one.save_many([Write("things", thing(str(number)), (event(f"e{number}"),)) for number in range(5)])
    await other.settle([each.position for each in await other.pending(10)])
    await one.save("things", thing("last"), [event("e-last")])
    assert [each.event.id for each in await one.pending(2)] == ["e-last"]
