"""What a publication or the date overtakes is matched again: by every replica for its share, each lead once."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import to_text
from kit.courtesy import giving_way
from kit.errors import Stale
from kit.leases import LEASES
from kit.ports import Ports
from kit.settings import Settings
from kit.store.port import In, Record, Scope
from operating.opening import open_bus, open_ports
from services.incentives.commands.matches import match_lead
from services.incentives.commands.publication import published_body
from services.incentives.commands.rematch import LEASE, Share, Unmatched, rematch
from services.incentives.commands.seeding import seed_policies
from services.incentives.following import Following
from services.incentives.policy import policy_from
from services.incentives.repository import (
    COLLECTIONS,
    MATCHES,
    POLICIES,
    CodeTables,
    Library,
    basis_of,
    overtaken_by,
    part_of,
    today,
)
from tests.brokers import mongo_url
from tests.clocks import ManualClock
from tests.incentives.conftest import FACTS, NOW, Desk, snapshot
from tests.incentives.test_authoring_api import city, published

__all__ = ["mongo_url"]

SCOPE = Scope.system("test")
LEADS = 60
PARTITIONS = 8
AFTER_THEY_END = datetime(2029, 1, 2, tzinfo=UTC)
"""By then policies have ended, so that every match is overtaken."""


@dataclass
class Replica:
    """One replica as far as it matches leads."""

    ports: Ports
    library: Library

    @property
    def basis(self) -> str:
        return self.library.basis(today(self.ports))

    async def hear(self, number: int, revision: int = 1) -> None:
        """A lead is registered or changed."""
        said = snapshot(f"lead-{number}", revision, {**FACTS, "jobs": revision}, ("city",))
        await match_lead(self.ports, self.library, said, revision * 100)

    async def rematch(self) -> int:
        return await rematch(self.ports, self.library)

    async def matches(self) -> list[Record]:
        return [record async for record in self.ports.store.scan(MATCHES.name, SCOPE)]

    async def overtaken(self) -> list[Record]:
        """The matches made from anything but what counts now, wherever they may be."""
        return [record for record in await self.matches() if basis_of(record.body["basis"]) != self.basis]

    async def until_overtaken(self, leads: Sequence[str]) -> None:
        """Wait until no others are."""
        async with asyncio.timeout(60):
            while True:
                if {record.id for record in await self.overtaken()} == set(leads):
                    return
                await asyncio.sleep(0.02)


Start = Callable[[str], Awaitable[Replica]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.cluster)])
async def start(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Start]:
    """Starts replicas by name, all on the same store."""
    url = "sqlite:"
    if request.param == "mongo":
        url = f"{request.getfixturevalue('mongo_url')}/rematch_{uuid.uuid4().hex[:8]}"
    opened: list[Ports] = []

    async def start_one(name: str) -> Replica:
        settings = Settings(data=tmp_path, store_url=url, replica=name, partitions=PARTITIONS)
        ports = await open_ports("incentives", settings, open_bus(settings), clock)
        opened.append(ports)
        await ports.store.ensure(*COLLECTIONS)
        await seed_policies(ports)
        library = Library(ports)
        await library.start()
        return Replica(ports, library)

    yield start_one
    for ports in opened:
        await ports.close()
        await ports.bus.close()


def wait_out(replica: Replica) -> None:
    """Let a lease's length pass, as this replica sees it."""
    replica.ports.leases.elapsed = lambda: time.monotonic() + LEASE.total_seconds()


async def test_replicas_share_the_leads_and_do_each_once(start: Start, clock: ManualClock) -> None:
    one, other = await start("one"), await start("other")
    for number in range(LEADS):
        await one.hear(number)
    assert await one.rematch() == 0
    clock.instant = AFTER_THEY_END
    assert len(await one.overtaken()) == LEADS
    done = await asyncio.gather(one.rematch(), other.rematch())
    assert sum(done) == LEADS
    assert min(done) >= LEADS // PARTITIONS // 2
    assert not await one.overtaken()
    assert {record.revision for record in await one.matches()} == {2}
    told = Counter(
        each.event.partitionkey
        for each in await one.ports.store.pending(10 * LEADS)
        if each.event.id.startswith("match-")
    )
    assert set(told.values()) == {2}
    assert (await one.rematch(), await other.rematch()) == (0, 0)


async def test_what_a_replica_left_half_done_another_finishes(start: Start, clock: ManualClock) -> None:
    one, other = await start("one"), await start("other")
    for number in range(LEADS):
        await one.hear(number)
    clock.instant = AFTER_THEY_END
    share = Share(one.ports, one.library)
    part, marks = next(iter((await share.overtaken()).items()))
    half = [record.id async for record in one.ports.store.scan(MATCHES.name, SCOPE, (In("basis", tuple(marks)),))]
    died = await one.ports.leases.acquire(f"incentives-rematch-{part}", "one:dead", LEASE)
    assert died is not None
    await share.save(half[:1])
    await share.save(half[:1])
    assert share.done == 1
    going_on = asyncio.create_task(other.rematch())
    await one.until_overtaken(half[1:])
    assert not going_on.done()
    wait_out(other)
    async with asyncio.timeout(30):
        assert await going_on == LEADS - 1
    assert {record.revision for record in await one.matches()} == {2}


async def test_a_replica_that_was_paused_for_too_long_lets_go(start: Start, clock: ManualClock) -> None:
    one, other = await start("one"), await start("other")
    await one.hear(0)
    clock.instant = AFTER_THEY_END
    share = Share(one.ports, one.library)
    part, marks = (await share.overtaken()).popitem()
    lease = f"incentives-rematch-{part}"
    async with asyncio.timeout(30), giving_way():  # nobody else's turn comes meanwhile
        taking = asyncio.create_task(share.take(part, marks))
        while True:
            held = await one.ports.store.get(LEASES.name, SCOPE, lease)
            if held is not None:
                break
            await asyncio.sleep(0.02)
        assert not await Share(other.ports, other.library).take(part, marks)
        wait_out(other)
        assert await other.ports.leases.acquire(lease, "other", LEASE) is not None
        assert not await taking
    assert share.done == 0
    assert len(await one.overtaken()) == 1


async def test_a_lead_heard_of_meanwhile_keeps_its_newer_match(start: Start, clock: ManualClock) -> None:
    one, other = await start("one"), await start("other")
    for number in range(LEADS):
        await one.hear(number)
    clock.instant = AFTER_THEY_END
    late = await one.ports.store.get(MATCHES.name, SCOPE, "lead-0")
    assert late is not None
    write = Share(one.ports, one.library).write(late)
    assert write is not None
    await other.hear(0, revision=2)
    (outcome,) = await one.ports.store.save_many([write])
    assert isinstance(outcome, Stale)

    async def change_all() -> None:
        for number in range(LEADS):
            await other.hear(number, revision=3)

    await asyncio.gather(one.rematch(), other.rematch(), change_all())
    matches = await one.matches()
    assert {(record.body["lead_revision"], record.body["facts"]["jobs"]["value"]) for record in matches} == {(3, 3)}
    assert not await one.overtaken()


async def test_a_lead_that_cannot_be_matched_holds_up_no_other(start: Start, clock: ManualClock) -> None:
    one = await start("one")
    for number in range(LEADS):
        await one.hear(number)
    broken = await one.ports.store.get(MATCHES.name, SCOPE, "lead-7")
    assert broken is not None
    await one.ports.store.save(MATCHES.name, broken.with_body(broken.body | {"facts": {"jobs": "many"}}))
    clock.instant = AFTER_THEY_END
    with pytest.raises(Unmatched, match="1 leads"):
        await one.rematch()
    assert [record.id for record in await one.overtaken()] == ["lead-7"]


async def test_matches_of_the_first_release_are_found(start: Start, clock: ManualClock) -> None:
    """They were marked by the basis alone."""
    one = await start("one")
    for number, mark in enumerate((one.basis, "0" * 16, "f" * 16)):
        await one.hear(number)
        record = await one.ports.store.get(MATCHES.name, SCOPE, f"lead-{number}")
        assert record is not None
        await one.ports.store.save(MATCHES.name, record.with_body(record.body | {"basis": mark}))
    assert await one.rematch() == 2
    clock.instant = AFTER_THEY_END
    assert await one.rematch() == 3


@given(st.text("0123456789abcdef", min_size=16, max_size=16), st.sampled_from(["", ":00", ":63"]), st.data())
def test_a_match_is_overtaken_unless_it_was_made_from_the_basis(basis: str, part: str, data: st.DataObject) -> None:
    other = data.draw(st.one_of(st.just(basis), st.text("0123456789abcdef", min_size=16, max_size=16)))
    mark = other + part
    found = [
        each
        for each in overtaken_by(basis)
        if (each.low is None or mark >= str(each.low)) and (each.high is None or mark < str(each.high))
    ]
    assert len(found) == (other != basis)
    assert (basis_of(mark), part_of(mark)) == (other, int(part[1:] or 0))


async def test_a_replica_acts_at_once_on_what_another_published(start: Start, clock: ManualClock) -> None:
    one, other = await start("one"), await start("other")
    for number in range(10):
        await one.hear(number)
    bases = [one.basis]
    following = Following(other.ports, other.library, CodeTables(other.ports))
    await following.start()
    try:
        policy = policy_from({**city("city-gift"), "version": 1}, "city-gift")
        body = published_body(policy, at=to_text(clock.now()), origin="editor", seed=None)
        await one.ports.store.save(POLICIES.name, Record(policy.id, body, frozenset({"public"})))
        await one.library.refresh()
        bases.append(one.basis)
        await one.until_overtaken(())
        clock.instant = AFTER_THEY_END
        bases.append(one.basis)
        await one.until_overtaken(())
    finally:
        await following.stop()
    assert len(set(bases)) == 3
    assert {record.revision for record in await one.matches()} == {3}


async def test_leads_are_matched_again_once_a_policy_is_published(desk: Desk) -> None:
    await desk.lead()
    before = await desk.get("/leads/lead-1/matches", "jingkai")
    await published(desk, "city-gift")
    async with asyncio.timeout(30):
        while True:
            after = await desk.get("/leads/lead-1/matches", "jingkai")
            if after["catalogue_version"] != before["catalogue_version"]:
                break
            await asyncio.sleep(0.02)
    assert after["zones"][0]["certain_fen"] == before["zones"][0]["certain_fen"] + 200_000_000
