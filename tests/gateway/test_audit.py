"""The audit log: every act once, in one chain for each office, kept for its time and read by administrators."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.gateway import GatewayAudited
from gateway.audit.keeping import COLLECTIONS, Keeper, months_before
from gateway.audit.log import ENTRIES, HEADS, SCOPE, AuditLog, Filter
from gateway.audit.verifying import verify
from gateway.pages.acts import DID, KINDS
from kit.clock import to_text
from kit.store.port import Clause, Record, Scope
from kit.store.sqlite import SqliteStore
from tests.gateway.audit_logs import ACTS, DAYS, OFFICES, act, opened, sql, verdict_of, written
from tests.gateway.conftest import START, PlainSettings, World


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    asyncio.run(written(folder))
    return folder


async def test_an_event_heard_twice_is_one_entry(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, log, _):
        for _ in range(3):
            await log.append("event-1", act("donghu", 1, to_text(START)))
        assert len((await log.page(Filter(), 50, None)).records) == 1


async def test_two_who_append_at_once_take_different_places(tmp_path: Path) -> None:
    async with opened(tmp_path) as (ports, log, keeper):
        await keeper.begin()
        other = AuditLog(ports)
        await asyncio.gather(
            *(
                each.append(f"{n}-{id(each)}", act("donghu", n, to_text(START)))
                for n in range(30)
                for each in (log, other)
            )
        )
        assert len((await log.page(Filter(office="donghu"), 200, None)).records) == 60
    assert (await verdict_of(tmp_path)).ok


class Busy(SqliteStore):
    """Serves while it is read: what is to be written meanwhile is written before the entries are read."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def scan(self, collection: str, scope: Scope, where: Sequence[Clause] = ()) -> AsyncIterator[Record]:
        """As ever, after the writing."""
        if collection == ENTRIES.name and self.meanwhile is not None:
            writing, self.meanwhile = self.meanwhile, None
            await writing()
        async for record in super().scan(collection, scope, where):
            yield record


@pytest.mark.parametrize("pruning", [False, True])
async def test_a_log_that_is_written_meanwhile_is_whole(pristine: Path, tmp_path: Path, pruning: bool) -> None:
    folder = tmp_path / "busy"
    shutil.copytree(pristine, folder)
    async with opened(folder) as (ports, log, _):
        busy = Busy(folder / "gateway.db")
        await busy.ensure(*COLLECTIONS)

        async def write() -> None:
            if pruning:
                await log.prune(to_text(START + timedelta(days=2)))
            for number in range(5):
                for office in ("donghu", "qingshan"):
                    await log.append(f"busy-{office}-{number}", act(office, number, to_text(START)))

        busy.meanwhile = write
        verdict = await verify(busy, ports.secret, ports.settings.audit_anchor_file)
        await busy.close()
    assert verdict.ok, verdict.findings


async def test_a_log_that_was_never_anchored_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, log, _):
        await log.append("event-1", act("donghu", 1, to_text(START)))
    assert "锚定" in str((await verdict_of(tmp_path)).findings)


@pytest.mark.parametrize("first", ["the start", "an append"])
async def test_a_kill_between_entry_and_head_is_mended(tmp_path: Path, first: str) -> None:
    async with opened(tmp_path) as (ports, log, keeper):
        await keeper.begin()
        for number in range(3):
            await log.append(f"event-{number}", act("donghu", number, to_text(START)))
        before = await ports.store.get(HEADS.name, SCOPE, "donghu")
        assert before is not None
        await log.append("event-3", act("donghu", 3, to_text(START)))
        latest = await ports.store.get(HEADS.name, SCOPE, "donghu")
        assert latest is not None
        await ports.store.save(HEADS.name, latest.with_body(before.body))
    assert (await verdict_of(tmp_path)).ok, "an entry that the head does not know yet is no tampering"
    async with opened(tmp_path) as (ports, log, keeper):
        await log.append("event-3", act("donghu", 3, to_text(START)))
        if first == "the start":
            await keeper.begin()
            mended = await ports.store.get(HEADS.name, SCOPE, "donghu")
            assert mended is not None
            assert mended.body == latest.body
        await log.append("event-4", act("donghu", 4, to_text(START)))
        numbers = [each.body["number"] for each in (await log.page(Filter(), 50, None)).records]
        assert sorted(numbers) == [1, 2, 3, 4, 5]
    assert (await verdict_of(tmp_path)).ok


async def test_a_line_that_a_kill_cut_in_two_costs_nothing(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "torn"
    shutil.copytree(pristine, folder)
    path = PlainSettings(data=folder).audit_anchor_file
    with path.open("ab") as file:
        file.write(path.read_bytes()[:40])
    assert (await verdict_of(folder)).ok
    async with opened(folder) as (_, _, keeper):
        await keeper.anchor()
        await keeper.anchor()
    verdict = await verdict_of(folder)
    assert verdict.ok, verdict.findings
    assert verdict.anchors == DAYS + 2


async def test_an_anchor_that_cannot_be_written_is_told_and_stops_nothing(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unwritten"
    shutil.copytree(pristine, folder)
    path = PlainSettings(data=folder).audit_anchor_file
    lines = path.read_bytes()
    path.unlink()
    path.mkdir()
    async with opened(folder) as (ports, _, keeper):
        await keeper.begin()
        await keeper.schedule.run(ports.clock.now())
        checked = await keeper.checked()
        assert checked is not None
        assert [each for each in checked.body["findings"] if "写不进" in each]
    path.rmdir()
    path.write_bytes(lines)
    async with opened(folder) as (ports, _, keeper):
        await keeper.schedule.run(ports.clock.now())
        assert (await keeper.check()).ok


async def test_what_is_pruned_leaves_a_chain_that_still_verifies(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pruned"
    shutil.copytree(pristine, folder)
    async with opened(folder) as (ports, log, _):
        await log.prune(to_text(START + timedelta(days=2)))
        left = (await log.page(Filter(office="donghu"), 200, None)).records
        assert 0 < len(left) < ACTS
        told = [each.event for each in await ports.store.pending(50)]
        assert {each.data["what"] for each in told} == {"audit.pruned"}
        assert {each.data["office"] for each in told} == set(OFFICES)
    assert (await verdict_of(folder)).ok
    sql(folder, "DELETE FROM c_audit WHERE id = ?", left[0].id)
    assert not (await verdict_of(folder)).ok


async def test_everything_may_be_pruned(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    shutil.copytree(pristine, folder)
    async with opened(folder) as (_, log, keeper):
        await log.prune(to_text(START + timedelta(days=400)))
        assert (await log.page(Filter(), 50, None)).records == ()
        await log.append("later", act("donghu", 1, to_text(START + timedelta(days=401))))
        await keeper.anchor()
    assert (await verdict_of(folder)).ok


def test_a_month_is_counted_back_to_a_day_that_there_is() -> None:
    assert months_before(replace_day(START, 31, 8), 6).day == 28
    assert months_before(START, 36).year == START.year - 3


def replace_day(instant: Any, day: int, month: int) -> Any:
    return instant.replace(month=month, day=day)


def test_it_is_kept_for_half_a_year_at_least() -> None:
    with pytest.raises(ValueError, match="至少留存 6 个月"):
        PlainSettings(audit_months=5)


async def entries(world: World, browser: Any, **query: str) -> list[dict[str, Any]]:
    answer = await browser.get("/api/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_act_stands_in_the_log_soon(world: World) -> None:
    admin = await world.signed_in("admin")
    async with asyncio.timeout(10):
        while not (found := await entries(world, admin, what="session.opened")):  # noqa: ASYNC110 - as a person looks
            await asyncio.sleep(0.02)
    assert found[0]["office"] == "city"
    assert found[0]["role"] == "administrator"
    one = await admin.get(f"/api/v1/audit/{found[0]['id']}")
    assert one.json() == found[0]
    assert (await admin.get("/api/v1/audit/donghu:000000099")).status_code == 404


async def test_nobody_else_reads_it(world: World) -> None:
    officer = await world.signed_in("donghu")
    for path in ("/api/v1/audit", "/api/v1/audit/verdict", "/api/v1/audit/city:000000001"):
        assert (await officer.get(path)).status_code == 403
        assert (await world.browser().get(path)).status_code == 401


async def test_the_night_verifies_and_anchors(world: World) -> None:
    admin = await world.signed_in("admin")
    assert (await admin.get("/api/v1/audit/verdict")).json()["at"] is None
    keeper: Keeper = world.app.state.audit_keeper
    await keeper.schedule.run(world.clock.now())
    verdict = (await admin.get("/api/v1/audit/verdict")).json()
    assert verdict["findings"] == []
    assert verdict["anchors"] >= 1


async def test_filters_and_the_file(world: World) -> None:
    log: AuditLog = world.app.state.audit_log
    at = to_text(world.clock.now())
    said = GatewayAudited(
        office="donghu", who="=cmd()", role="officer", what="account.changed", subject="account:=1+1", why="+1", at=at
    )
    await log.append("formula", said)
    admin = await world.signed_in("admin")
    assert "+1" in [each["why"] for each in await entries(world, admin, office="donghu", what="account.")]
    assert [each["why"] for each in await entries(world, admin, subject="account:=1+1")] == ["+1"]
    assert await entries(world, admin, subject="account:=1+1", until=at) == []
    assert (await admin.get("/api/v1/audit", params={"what": "no act"})).status_code == 422
    page = await admin.get("/audit", params={"office": "donghu"})
    assert page.status_code == 200
    file = (await admin.get("/audit/file", params={"office": "donghu"})).text
    assert file.startswith("\ufeff")
    assert "'=cmd()" in file
    assert ",'+1," in file
    for day in ("soon", "0001-01-01", "0002-01-01", "9999-12-31"):
        assert (await admin.get("/audit", params={"since": day, "until": day})).status_code in {200, 422}, day
    assert (await admin.get("/audit", params={"since": "soon"})).status_code == 422
    assert (await admin.get("/audit/file", params={"since": "0001-01-01"})).status_code == 422
    assert (await admin.get("/api/v1/audit", params={"since": "2026-13-45T00:00:00Z"})).status_code == 422


async def test_a_second_begins_with_its_first_microsecond(world: World) -> None:
    log: AuditLog = world.app.state.audit_log
    for number, at in enumerate(("2026-01-05T08:00:00.000001Z", "2026-01-05T08:00:01.500000Z")):
        await log.append(f"second-{number}", act("donghu", number, at))
    admin = await world.signed_in("admin")
    found = await entries(world, admin, since="2026-01-05T08:00:00Z", until="2026-01-05T08:00:01Z")
    assert [each["at"] for each in found] == ["2026-01-05T08:00:00.000001Z"]


async def test_a_file_that_is_cut_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    log: AuditLog = world.app.state.audit_log
    for number in range(3):
        await log.append(f"long-{number}", act("jiangxia", number, to_text(START)))
    admin = await world.signed_in("admin")
    whole = (await admin.get("/audit/file", params={"office": "jiangxia"})).text
    assert "没有列出" not in whole
    assert len(whole.splitlines()) == 4
    monkeypatch.setattr("gateway.pages.audit.MOST", 2)
    monkeypatch.setattr("gateway.pages.audit.AT_ONCE", 2)
    assert "一次最多 2 条" in (await admin.get("/audit/file", params={"office": "jiangxia"})).text


def test_every_act_is_of_a_kind_that_people_may_choose() -> None:
    assert {each.partition(".")[0] for each in DID} == set(KINDS)
