"""Backups as work of the edge: one after another, closed after a restart, the latest nightly ones kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backup_routes import ADMINISTRATION
from gateway.backups import BACKUPS, CUT_SHORT, MANUAL, NIGHTLY, Backups, Make, Progress, unavailable
from kit.auth import Principal
from kit.bus.sqlite import SqliteBus
from kit.clock import SHANGHAI
from kit.ports import Ports
from kit.store.port import Record
from operating.jobs import daily
from operating.opening import open_ports
from tests.clocks import ManualClock
from tests.gateway.conftest import START, PlainSettings

ADMIN = Principal("admin-id", "administrator")
PATIENCE = 5.0
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    settings = PlainSettings(data=tmp_path, backup_at=time(2, 30), backup_keep=2)
    bus = SqliteBus(tmp_path / "bus.db", 2)
    opened = await open_ports("gateway", settings, bus, ManualClock(START))
    await opened.store.ensure(BACKUPS)
    yield opened
    await opened.close()
    await bus.close()


@asynccontextmanager
async def at_work(ports: Ports, make: Make) -> AsyncIterator[Backups]:
    backups = Backups(ports, make)
    await backups.start()
    try:
        yield backups
    finally:
        await backups.stop()


def write(target: Path, progress: Progress) -> int:
    """A backup of six bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"backup")
    progress(6, 6)
    return 6


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what becomes true soon."""
    async with asyncio.timeout(PATIENCE):
        while not await what():  # noqa: ASYNC110 - the store has no event for it
            await asyncio.sleep(0.01)


async def ended(backups: Backups, id: str) -> Record:
    """A backup that is no longer under way."""

    async def is_ended() -> bool:
        return (await backups.read(id)).body["state"] not in ("queued", "running")

    await until(is_ended)
    return await backups.read(id)


async def test_a_backup_is_queued_made_and_told_to_the_audit_log(ports: Ports) -> None:
    async with at_work(ports, write) as backups:
        record = await backups.request(ADMIN, "one")
        body = (await ended(backups, record.id)).body
    assert (body["state"], body["size"], body["done"], body["total"]) == ("finished", 6, 6, 6)
    assert body["file"] == str(ports.settings.backup_folder / _files(ports, MANUAL)[0])
    (pending,) = await ports.store.pending(10)
    assert pending.event.type == "quce.gateway.audited.v1"
    assert pending.event.data["what"] == "backup.requested"
    assert pending.event.data["who"] == ADMIN.account


async def test_a_repeat_is_the_same_backup(ports: Ports) -> None:
    async with at_work(ports, write) as backups:
        first, again = await backups.request(ADMIN, "one"), await backups.request(ADMIN, "one")
        other = await backups.request(ADMIN, "two")
        await ended(backups, other.id)
        listed = (await backups.list(ADMINISTRATION, 50, None)).records
    assert first.id == again.id != other.id
    assert {each.id for each in listed} == {first.id, other.id}


@pytest.mark.parametrize(
    ("make", "words"),
    [(unavailable, "数据库自带的工具"), (lambda _target, _progress: _broken(RuntimeError("磁盘只剩 3 MB")), "3 MB"),
     (lambda _target, _progress: _broken(OSError("secret detail")), "已记入日志")],
)  # fmt: skip
async def test_a_failure_says_why_and_the_next_one_is_made(ports: Ports, make: Make, words: str) -> None:
    async with at_work(ports, make) as backups:
        body = (await ended(backups, (await backups.request(ADMIN, "one")).id)).body
        assert body["state"] == "failed"
        assert words in body["detail"]
        assert "secret" not in body["detail"]
        second = await ended(backups, (await backups.request(ADMIN, "two")).id)
        assert second.body["state"] == "failed"


async def test_one_under_way_at_a_stop_is_closed_at_the_next_start(ports: Ports) -> None:
    def never(_target: Path, progress: Progress) -> int:
        while True:
            progress(1, 2)
            sleep(0.01)

    async with at_work(ports, never) as backups:
        record = await backups.request(ADMIN, "one")

        async def is_running() -> bool:
            return bool((await backups.read(record.id)).body["state"] == "running")

        await until(is_running)
    async with at_work(ports, write) as backups:
        body = (await backups.read(record.id)).body
    assert (body["state"], body["detail"]) == ("failed", CUT_SHORT)


async def test_every_night_has_one_and_the_latest_are_kept(ports: Ports) -> None:
    clock = ports.clock
    assert isinstance(clock, ManualClock)
    async with at_work(ports, write) as backups:
        (schedule,) = backups.schedules()
        manual = await backups.request(ADMIN, "one")
        await ended(backups, manual.id)
        slots = schedule.slots(START, START + timedelta(days=1))
        assert slots == [datetime(2026, 11, 23, 18, 30, tzinfo=UTC)]
        for _night in range(4):
            clock.advance(timedelta(days=1))
            await schedule.run(clock.now())
            await schedule.run(clock.now())
            (latest,) = (await backups.list(ADMINISTRATION, 1, None)).records
            await ended(backups, latest.id)

        async def is_tidy() -> bool:
            return len(_files(ports, NIGHTLY)) == 2

        await until(is_tidy)
    assert len(_files(ports, MANUAL)) == 1
    assert [name[:21] for name in _files(ports, NIGHTLY)] == ["quce-nightly-20261126", "quce-nightly-20261127"]


def _files(ports: Ports, origin: str) -> list[str]:
    return sorted(path.name for path in ports.settings.backup_folder.glob(f"quce-{origin}-*.tar"))


def _broken(error: Exception) -> int:
    raise error


@given(after=INSTANTS, until=INSTANTS)
def test_a_day_has_its_instant_once_and_only_the_latest_counts(after: datetime, until: datetime) -> None:
    found = daily(time(2, 30))(after, until)
    for slot in found:
        assert after < slot <= until < slot + timedelta(days=1)
        assert slot.astimezone(SHANGHAI).time() == time(2, 30)
    assert found or until - after < timedelta(days=1)
