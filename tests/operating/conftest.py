"""A store, a bus and a clock of the embedded default, for what runs a service on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.bus.sqlite import SqliteBus
from kit.clock import to_text
from kit.events import Event
from kit.leases import StoreLeases
from kit.store.port import Collection
from kit.store.sqlite import SqliteStore
from tests.clocks import ManualClock

THINGS = Collection("things")
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def event(subject: str, number: int, traceparent: str | None = None) -> Event:
    """The ``number``-th thing that happened to ``subject``."""
    return Event(
        id=f"{subject}:{number}:0",
        source="/quce/test",
        type="quce.thing.changed.v1",
        subject=subject,
        time=to_text(NOON),
        partitionkey=subject,
        sequence=number * 100,
        traceparent=traceparent,
        data={"number": number},
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    adapter = SqliteStore(tmp_path / "store.db")
    await adapter.ensure(THINGS)
    yield adapter
    await adapter.close()


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[SqliteBus]:
    adapter = SqliteBus(tmp_path / "bus.db", 4)
    yield adapter
    await adapter.close()


@pytest.fixture
async def leases(store: SqliteStore, clock: ManualClock) -> StoreLeases:
    kept = StoreLeases(store, clock, lambda: clock.instant.timestamp())
    await kept.ensure()
    return kept
