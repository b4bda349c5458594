"""The bus port's contract: every adapter passes this same suite."""

from __future__ import annotations

import asyncio

from kit.bus.port import Bus, Delivery, Message


async def take(bus: Bus, topic: str, group: str, count: int, *, commit: bool = True) -> list[Delivery]:
    subscription = await bus.subscribe(f"{topic}-{group}", [topic])
    found: list[Delivery] = []
    while len(found) < count:
        batch = await subscription.poll(50, 10.0)
        if not batch:
            break
        found += batch
    if commit and found:
        await subscription.commit({(d.topic, d.partition): d.offset + 1 for d in found})
    await subscription.close()
    return found


async def test_messages_of_a_key_keep_their_order(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, f"k{n % 7}", str(n).encode()) for n in range(200)])
    found = await take(bus, topic, "g", 200)
    assert len(found) == 200
    for key in range(7):
        numbers = [int(d.value) for d in found if d.key == f"k{key}"]
        assert numbers == sorted(numbers)
        assert len({d.partition for d in found if d.key == f"k{key}"}) == 1


async def test_each_group_reads_everything_and_goes_on_where_it_committed(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, "k", b"1"), Message(topic, "k", b"2")])
    assert [d.value for d in await take(bus, topic, "a", 2)] == [b"1", b"2"]
    assert [d.value for d in await take(bus, topic, "b", 2, commit=False)] == [b"1", b"2"]
    await bus.publish([Message(topic, "k", b"3")])
    assert [d.value for d in await take(bus, topic, "a", 1)] == [b"3"]
    assert [d.value for d in await take(bus, topic, "b", 3)] == [b"1", b"2", b"3"]


async def test_a_named_partition_is_obeyed(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, "any", str(n).encode(), partition=n) for n in range(bus.partitions(topic))])
    found = await take(bus, topic, "g", bus.partitions(topic))
    assert sorted((d.partition, int(d.value)) for d in found) == [(n, n) for n in range(bus.partitions(topic))]


async def test_a_waiting_reader_wakes_at_once(bus: Bus, topic: str) -> None:
    subscription = await bus.subscribe(f"{topic}-g", [topic])
    waiting = asyncio.create_task(subscription.poll(10, 5.0))
    await asyncio.sleep(0.05)
    started = asyncio.get_running_loop().time()
    await bus.publish([Message(topic, "k", b"x", headers={"reason": "测试"})])
    found = await waiting
    assert found[0].headers == {"reason": "测试"}
    assert asyncio.get_running_loop().time() - started < 1.0
    await subscription.close()


async def test_an_empty_topic_gives_nothing_in_time(bus: Bus, topic: str) -> None:
    subscription = await bus.subscribe(f"{topic}-g", [topic])
    assert await subscription.poll(10, 0.05) == []
    await subscription.close()


async def test_positions_tell_the_lag(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, "k", str(n).encode()) for n in range(5)])
    [unread] = await bus.positions(f"{topic}-g", [topic])
    assert (unread.lag, unread.oldest_unread_at is None) == (5, False)
    [unread] = await bus.positions(f"{topic}-g", [topic], ages=False)
    assert (unread.lag, unread.oldest_unread_at is None) == (5, True)
    await take(bus, topic, "g", 5)
    positions = await bus.positions(f"{topic}-g", [topic])
    assert sum(position.lag for position in positions) == 0
    assert all(position.oldest_unread_at is None for position in positions)


async def test_a_late_commit_never_goes_back(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, "k", str(n).encode(), partition=0) for n in range(5)])
    subscription = await bus.subscribe(f"{topic}-g", [topic])
    assert len(await subscription.poll(5, 10.0)) > 0
    await subscription.commit({(topic, 0): 4})
    await subscription.commit({(topic, 0): 2})
    await subscription.close()
    assert [d.value for d in await take(bus, topic, "g", 1)] == [b"4"]
