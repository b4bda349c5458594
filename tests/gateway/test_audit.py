"""The audit log: every act once, in one chain for each office; whatever is changed in it afterwards is found."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.audit import AuditedChange
from contracts.gateway import GatewayAudited
from contracts.leads import LeadsAudited
from gateway.audit.chain import sealed, sealing_key
from gateway.audit.keeping import COLLECTIONS, Keeper, months_before
from gateway.audit.log import ENTRIES, HEADS, READERS, SCOPE, AuditLog, Filter, entry_id
from gateway.audit.verifying import Verdict, verify
from kit.bus.sqlite import SqliteBus
from kit.clock import ManualClock, to_text
from kit.ports import Ports, open_ports, open_store
from kit.secrets import read_secret
from kit.store.port import Record
from tests.conftest import Effort
from tests.gateway.conftest import START, PlainSettings, World

OFFICES = ("donghu", "jingkai", "city")
ACTS = 40
"""Of each office."""
DAYS = 4
ANCHORED = 36
"""How many of them the last anchor counts. Whoever has the keys may cut what came after it, and leave no trace."""
TAMPERINGS = {"ci": 100, "full": 1000}
Tampering = Callable[[random.Random, Path], None]


def act(office: str, number: int, at: str) -> LeadsAudited:
    changes = [AuditedChange(field="stage", before="new", after="assessing")]
    return LeadsAudited(
        office=office, who=f"officer-{number % 3}", role="officer", what="lead.moved", subject=f"lead:{number}",
        changes=changes, at=at,
    )  # fmt: skip


@asynccontextmanager
async def opened(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[tuple[Ports, AuditLog, Keeper]]:
    """The log of a data folder."""
    bus = SqliteBus(folder / "bus.db", 2)
    ports = await open_ports("gateway", PlainSettings(data=folder), bus, clock or ManualClock(START))
    await ports.store.ensure(*COLLECTIONS)
    log = AuditLog(ports)
    try:
        yield ports, log, Keeper(ports, log)
    finally:
        await ports.close()
        await bus.close()


async def written(folder: Path) -> None:
    """A log of some days, anchored each day."""
    clock = ManualClock(START)
    async with opened(folder, clock) as (_, log, keeper):
        for number in range(ACTS):
            for office in OFFICES:
                await log.append(f"{office}-{number}", act(office, number, to_text(clock.now())))
            if number % (ACTS // DAYS) == 5:
                await keeper.anchor()
                clock.advance(timedelta(days=1))


async def verdict_of(folder: Path) -> Verdict:
    """What an operator is told."""
    settings = PlainSettings(data=folder)
    store = open_store("gateway", settings)
    try:
        await store.ensure(*COLLECTIONS)
        return await verify(store, read_secret(folder / "keys" / "installation.key"), settings.audit_anchor_file)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    asyncio.run(written(folder))
    return folder


def sql(folder: Path, statement: str, *values: Any) -> list[Any]:
    connection = sqlite3.connect(folder / "gateway.db")
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def an_entry(chance: random.Random, folder: Path) -> tuple[str, dict[str, Any]]:
    id, body = chance.choice(sql(folder, "SELECT id, body FROM c_audit"))
    return id, json.loads(body)


def put(folder: Path, table: str, id: str, body: Any) -> None:
    sql(folder, f"UPDATE {table} SET body = ? WHERE id = ?", json.dumps(body).encode(), id)  # noqa: S608 - own table


def edit(chance: random.Random, folder: Path) -> None:
    """Another value in one field of one entry."""
    id, body = an_entry(chance, folder)
    name = chance.choice(sorted(body))
    body[name] = body[name] + 1 if isinstance(body[name], int) else f"{body[name]}x"
    put(folder, "c_audit", id, body)


def edit_and_hash(chance: random.Random, folder: Path) -> None:
    """The same by somebody who knows how digests are made, and has no key."""
    id, body = an_entry(chance, folder)
    content = {name: value for name, value in body.items() if name not in ("hash", "seal")} | {"who": "nobody"}
    put(folder, "c_audit", id, sealed(b"another key", content))


def delete(chance: random.Random, folder: Path) -> None:
    id, _ = an_entry(chance, folder)
    sql(folder, "DELETE FROM c_audit WHERE id = ?", id)
    sql(folder, "DELETE FROM r_audit WHERE id = ?", id)


def truncate(chance: random.Random, folder: Path) -> None:
    """The end of one office's chain."""
    office, left = chance.choice(OFFICES), chance.randrange(ACTS)
    sql(folder, "DELETE FROM c_audit WHERE id LIKE ? AND id > ?", f"{office}:%", entry_id(office, left))


def truncate_with_head(chance: random.Random, folder: Path) -> None:
    """The same to before the last anchor by somebody who has the keys, and who puts the head back to it."""
    office, left = chance.choice(OFFICES), chance.randrange(1, ANCHORED)
    key = sealing_key(read_secret(folder / "keys" / "installation.key"))
    [(body,)] = sql(folder, "SELECT body FROM c_audit WHERE id = ?", entry_id(office, left))
    [(head,)] = sql(folder, "SELECT body FROM c_audit_heads WHERE id = ?", office)
    content = {name: value for name, value in json.loads(head).items() if name not in ("hash", "seal")}
    content |= {"number": left, "digest": json.loads(body)["hash"]}
    put(folder, "c_audit_heads", office, sealed(key, content))
    sql(folder, "DELETE FROM c_audit WHERE id LIKE ? AND id > ?", f"{office}:%", entry_id(office, left))


def swap(chance: random.Random, folder: Path) -> None:
    """Two entries in each other's place."""
    one, other = chance.sample(sql(folder, "SELECT id, body FROM c_audit"), 2)
    sql(folder, "UPDATE c_audit SET body = ? WHERE id = ?", other[1], one[0])
    sql(folder, "UPDATE c_audit SET body = ? WHERE id = ?", one[1], other[0])


def hide(chance: random.Random, folder: Path) -> None:
    """An entry that administrators do not see."""
    id, _ = an_entry(chance, folder)
    sql(folder, "UPDATE r_audit SET reader = 'nobody' WHERE id = ?", id)


def mislead(chance: random.Random, folder: Path) -> None:
    """A column by which people search, the entry itself untouched."""
    id, _ = an_entry(chance, folder)
    column = chance.choice(("office", "who", "what"))
    sql(folder, f"UPDATE c_audit SET i_{column} = 'somebody' WHERE id = ?", id)  # noqa: S608 - own column


def spoil(chance: random.Random, folder: Path) -> None:
    """Bytes that are no document."""
    id, body = an_entry(chance, folder)
    text = json.dumps(body).encode()
    at = chance.randrange(len(text))
    sql(folder, "UPDATE c_audit SET body = ? WHERE id = ?", text[:at], id)


def edit_head(chance: random.Random, folder: Path) -> None:
    id, body = chance.choice(sql(folder, "SELECT id, body FROM c_audit_heads"))
    head = json.loads(body)
    head[chance.choice(["number", "first"])] += chance.choice([-1, 1, 7])
    put(folder, "c_audit_heads", id, head)


def delete_head(chance: random.Random, folder: Path) -> None:
    sql(folder, "DELETE FROM c_audit_heads WHERE id = ?", chance.choice(OFFICES))


def anchor(folder: Path) -> Path:
    return PlainSettings(data=folder).audit_anchor_file


def edit_anchor(chance: random.Random, folder: Path) -> None:
    lines = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    at = chance.randrange(len(lines))
    line = json.loads(lines[at])
    line["heads"][chance.choice(OFFICES)][0] += 1
    lines[at] = json.dumps(line) + "\n"
    anchor(folder).write_text("".join(lines), "utf-8")


def cut_anchor(chance: random.Random, folder: Path) -> None:
    """Lines gone from anywhere, the end included, or the whole file."""
    lines = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    del lines[chance.randrange(len(lines)) :]
    anchor(folder).write_text("".join(lines), "utf-8")


def lose_anchor(_chance: random.Random, folder: Path) -> None:
    anchor(folder).unlink()


TAMPERINGS_OF: tuple[Tampering, ...] = (
    *(edit, edit_and_hash, delete, truncate, truncate_with_head, swap, hide, mislead, spoil),
    *(edit_head, delete_head, edit_anchor, cut_anchor, lose_anchor),
)


async def test_an_untouched_log_is_whole(pristine: Path) -> None:
    verdict = await verdict_of(pristine)
    assert verdict.ok, verdict.findings
    assert (verdict.entries, verdict.offices, verdict.anchors) == (ACTS * len(OFFICES), len(OFFICES), DAYS)


async def test_every_tampering_is_found(
    pristine: Path, tmp_path: Path, effort: Effort, record_figure: Callable[[str, object], None]
) -> None:
    chance, found = random.Random(20261123), 0  # noqa: S311 - a fixed seed repeats the run
    for number in range(TAMPERINGS[effort]):
        folder = tmp_path / str(number)
        shutil.copytree(pristine, folder)
        tampering = TAMPERINGS_OF[number % len(TAMPERINGS_OF)]
        tampering(chance, folder)
        verdict = await verdict_of(folder)
        assert not verdict.ok, (number, tampering.__name__)
        found += 1
        shutil.rmtree(folder)
    record_figure("audit.tamperings_found", found)


async def rewritten(folder: Path) -> None:
    """Another history, whole in itself, by somebody who has the keys and not the anchor file."""
    key = sealing_key(read_secret(folder / "keys" / "installation.key"))
    async with opened(folder) as (ports, _, _):
        prev = None
        async for entry in ports.store.scan(ENTRIES.name, SCOPE):
            if not entry.id.startswith("donghu:"):
                continue
            content = {name: value for name, value in entry.body.items() if name not in ("hash", "seal")}
            content |= {"who": "nobody"} | ({"prev": prev} if prev else {})
            body = sealed(key, content)
            prev = body["hash"]
            await ports.store.erase(ENTRIES.name, entry.id)
            await ports.store.save(ENTRIES.name, Record(entry.id, body, READERS))
        head = await ports.store.get(HEADS.name, SCOPE, "donghu")
        assert head is not None
        content = {name: value for name, value in head.body.items() if name not in ("hash", "seal")}
        await ports.store.save(HEADS.name, head.with_body(sealed(key, content | {"digest": prev})))


async def test_the_anchor_catches_a_wholesale_rewrite(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rewritten"
    shutil.copytree(pristine, folder)
    await rewritten(folder)
    [finding] = (await verdict_of(folder)).findings
    assert finding.office == "donghu"
    assert "锚定" in finding.what


async def test_an_event_heard_twice_is_one_entry(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, log, _):
        for _ in range(3):
            await log.append("event-1", act("donghu", 1, to_text(START)))
        assert len((await log.page(Filter(), 50, None)).records) == 1


async def test_two_who_append_at_once_take_different_places(tmp_path: Path) -> None:
    async with opened(tmp_path) as (ports, log, _):
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


async def test_a_kill_between_entry_and_head_is_mended(tmp_path: Path) -> None:
    async with opened(tmp_path) as (ports, log, _):
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
        await keeper.begin()
        await log.append("event-4", act("donghu", 4, to_text(START)))
        numbers = [each.body["number"] for each in (await log.page(Filter(), 50, None)).records]
        assert sorted(numbers) == [1, 2, 3, 4, 5]
    assert (await verdict_of(tmp_path)).ok


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
    assert (await admin.get("/audit", params={"since": "soon"})).status_code == 422
