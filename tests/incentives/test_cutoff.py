"""A week is closed only when nothing older waits to be published; here nobody relays, so that something does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.incentives import PolicyPublished
from contracts.vocabulary.weeks import Week
from kit.settings import Settings
from kit.store.port import Record
from operating.announcing import ANNOUNCEMENTS, StillPublishing
from operating.opening import open_bus, open_ports
from services.incentives.jobs import announce_cutoff
from services.incentives.repository import POLICIES, events_of
from tests.clocks import ManualClock
from tests.incentives.conftest import NOW

WEEK = Week.of(NOW)


async def test_a_week_stays_open_while_something_older_waits(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    clock, bus = ManualClock(NOW), open_bus(settings)
    ports = await open_ports("incentives", settings, bus, clock)
    store = ports.store
    await store.ensure(POLICIES, ANNOUNCEMENTS)
    said = PolicyPublished(
        policy="a", version=1, title="甲", standing="in_force", scope="city:wuhan", catalogue_version="c"
    )
    await store.save(POLICIES.name, Record("a", {}, frozenset()), events_of(ports, "policy-a", 1, said))
    clock.instant = WEEK.end + timedelta(seconds=1)
    with pytest.raises(StillPublishing):
        await announce_cutoff(ports, WEEK.end)
    await store.settle([each.position for each in await store.pending(10)])
    for _ in range(2):
        await announce_cutoff(ports, WEEK.end)
    told = [each.event for each in await store.pending(100)]
    assert sorted(event.partitionkey for event in told) == [f"partition:{number}" for number in range(8)]
    assert {event.data["week"] for event in told} == {WEEK.id}
    await ports.close()
    await bus.close()
