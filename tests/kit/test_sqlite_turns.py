"""A backlog in some partitions keeps a reader from none of the others."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kit.bus import sqlite
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


async def test_what_another_process_publishes_is_found_beside_news_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "ACROSS_PROCESSES", 0.05)
    own, other = SqliteBus(tmp_path / "bus.db", PARTITIONS), SqliteBus(tmp_path / "bus.db", PARTITIONS)
    subscription = await own.subscribe("g", ["own", "others"])
    assert await subscription.poll(LIMIT, 0.0) == []
    await other.publish([Message("others", "k", b"theirs")])
    found: list[bytes] = []
    until = time.monotonic() + 10
    while b"theirs" not in found and time.monotonic() < until:
        await own.publish([Message("own", "k", b"ours")])
        found += [each.value for each in await subscription.poll(LIMIT, 1.0)]
    assert found.count(b"theirs") == 1
    await subscription.close()
    await own.close()
    await other.close()
