"""A backlog in some partitions keeps a reader from none of the others."""

from __future__ import annotations

from pathlib import Path

from kit.bus.port import Message
from kit.bus.sqlite import SqliteBus

PARTITIONS, LIMIT, BACKLOG = 8, 16, 100


async def test_every_partition_has_its_turn(tmp_path: Path) -> None:
    bus = SqliteBus(tmp_path / "bus.db", PARTITIONS)
    early = [Message("early", "k", b"x", partition) for partition in range(PARTITIONS) for _ in range(BACKLOG)]
    await bus.publish([*early, Message("late", "k", b"y", PARTITIONS - 1)])
    subscription = await bus.subscribe("g", ["early", "late"])
    read = [each for _ in range(4) for each in await subscription.poll(LIMIT, 1.0)]
    assert [each.value for each in read if each.topic == "late"] == [b"y"]
    while more := await subscription.poll(LIMIT, 0.0):
        read += more
    for partition in range(PARTITIONS):
        offsets = [each.offset for each in read if (each.topic, each.partition) == ("early", partition)]
        assert offsets == list(range(BACKLOG))
    await subscription.close()
    await bus.close()
