"""The parts of a move by themselves, without servers: what is counted, what goes on, what is refused in words."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.lock import hold
from deploy.migration import documents, files, log
from deploy.migration.collections import COLLECTIONS
from deploy.migration.commands import migrate
from deploy.migration.documents import digest_of
from deploy.migration.embedded import Embedded
from deploy.migration.errors import MoveRefused
from deploy.migration.files import FolderFiles
from deploy.migration.journal import FILE, EndName, Figure, Journal, servers_of
from deploy.migration.log import Span
from deploy.migration.moving import Move
from deploy.migration.progress import Progress
from deploy.migration.sqlite_documents import SqliteDocuments
from deploy.migration.sqlite_log import SqliteLog
from kit.bus.port import Delivery, partition_of
from kit.settings import Settings
from kit.sqlite import connect
from kit.store.port import Matches, Record, Scope, Sort
from kit.store.sqlite import SqliteStore
from tests.deploy.moves import UP, quce, refused, tables
from tests.ports.things import THINGS

LEFT = Path(__file__).resolve().parents[1] / "data" / "0.1.0" / "data.zip"
SYSTEM = Scope.system("tests")
CLUSTER = {"store_url": "mongodb://127.0.0.1:9", "bus_url": "kafka://127.0.0.1:9", "blob_url": "mongodb://127.0.0.1:9"}
NOON = "2026-11-28T04:00:00.123456Z"
PLACE = ("quce.leads", 3)


def thing(number: int, revision: int = 1) -> Record:
    """A document as a store holds it."""
    body = {"name": f"智能车{number}", "amount": number, "deep": {"note": None, "ratio": 0.5}}
    requests = ({"key": f"k{number}", "digest": "d", "receipt": {"revision": revision}},)
    return Record(f"t{number}", body, frozenset({"zone:donghu", f"org:{number}"}), revision, requests)


def event(offset: int, partition: int = 3, time: str = NOON) -> Delivery:
    """An event as a bus holds it."""
    return Delivery("quce.leads", partition, offset, f"钥匙{offset}", b"%d" % offset, {"reason": "测试"}, time)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A data folder that a suite left behind."""
    with zipfile.ZipFile(LEFT) as archive:
        archive.extractall(tmp_path / "data")
    return tmp_path / "data"


def cluster_at(data: Path) -> Settings:
    """Settings of a cluster where nobody answers."""
    return Settings(data=data).model_copy(update=CLUSTER)


def ask(settings: Settings, source: EndName = "embedded", target: EndName = "cluster") -> str:
    """The words with which a move is refused."""
    with pytest.raises(MoveRefused) as said:
        asyncio.run(migrate(settings, source, target))
    return str(said.value)


class TestDocuments:
    """Documents of one file copied into another."""

    @pytest.fixture
    async def ends(self, tmp_path: Path) -> Sequence[SqliteDocuments]:
        found = [SqliteDocuments(tmp_path / f"{name}.db") for name in ("source", "target")]
        for each in found:
            await each.ensure(THINGS)
        return found

    async def test_they_are_the_same_at_both_ends(self, ends: Sequence[SqliteDocuments], tmp_path: Path) -> None:
        source, target = ends
        things = [thing(number, revision=number % 5 + 1) for number in range(1200)]
        await source.place(THINGS, things)
        done: list[int] = []
        await documents.copy_collection(source, target, THINGS, done.append)
        assert sum(done) == await target.count(THINGS) == 1200
        assert await documents.figure_of(source, THINGS) == await documents.figure_of(target, THINGS)
        store = SqliteStore(tmp_path / "target.db")
        await store.ensure(THINGS)
        found = await store.find("things", Scope.of({"org:77"}), [Matches("智能车77")], sort=Sort("amount"))
        assert found.records == (things[77],)
        saved = await store.save("things", found.records[0].with_body({"name": "x"}))
        assert saved.revision == things[77].revision + 1
        await store.close()
        for each in ends:
            await each.close()

    async def test_what_an_interruption_left_is_gone_on_with(self, ends: Sequence[SqliteDocuments]) -> None:
        source, target = ends
        await source.place(THINGS, [thing(number) for number in range(700)])
        await target.place(THINGS, [thing(number) for number in range(300)])
        await documents.copy_collection(source, target, THINGS, lambda _: None)
        assert await documents.figure_of(source, THINGS) == await documents.figure_of(target, THINGS)
        for each in ends:
            await each.close()

    @pytest.mark.parametrize(
        "other",
        [
            replace(thing(1), id="t2"),
            replace(thing(1), revision=2),
            replace(thing(1), readers=frozenset({"zone:donghu"})),
            replace(thing(1), requests=()),
            thing(1).with_body({**thing(1).body, "amount": 1.0}),
            thing(1).with_body({**thing(1).body, "deep": {"ratio": 0.5}}),
        ],
        ids=["id", "revision", "readers", "requests", "kind of a value", "a null"],
    )
    def test_whatever_differs_shows_in_the_digest(self, other: Record) -> None:
        assert digest_of(thing(1)) == digest_of(thing(1).with_body(dict(reversed(thing(1).body.items()))))
        assert digest_of(other) != digest_of(thing(1))


class TestLog:
    """Partitions of one file copied into another."""

    @pytest.fixture
    def ends(self, tmp_path: Path) -> Iterator[tuple[SqliteLog, SqliteLog]]:
        with closing(SqliteLog(tmp_path / "source.db")) as source, closing(SqliteLog(tmp_path / "target.db")) as target:
            yield source, target

    def test_it_goes_on_where_the_target_ends(self, ends: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = ends
        source.append([event(offset) for offset in range(1300)])
        target.append([event(offset) for offset in range(400)])
        done: list[int] = []
        log.copy_partition(source, target, PLACE, 400, 1300, done.append)
        assert (done[0], sum(done)) == (400, 1300)
        assert target.spans() == source.spans() == {PLACE: Span(0, 1300)}
        assert log.figure_of(source, PLACE, 1300) == log.figure_of(target, PLACE, 1300)

    def test_times_count_to_the_millisecond_as_brokers_keep_them(self, ends: tuple[SqliteLog, SqliteLog]) -> None:
        for end, time in zip(ends, (NOON, "2026-11-28T04:00:00.123000Z"), strict=True):
            end.append([event(0, time=time)])
        ends[1].append([event(0, 4, "2026-11-28T04:00:00.124000Z")])
        held, kept, later = (
            log.figure_of(end, at, 1) for end, at in ((ends[0], PLACE), (ends[1], PLACE), (ends[1], (PLACE[0], 4)))
        )
        assert held == kept
        assert later != kept

    def test_a_gap_is_refused(self, ends: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = ends
        source.append([event(offset) for offset in (*range(5), *range(6, 10))])
        with pytest.raises(MoveRefused, match="缺第 5 条"):
            log.copy_partition(source, target, PLACE, 0, 10, lambda _: None)
        source.append([event(0, 4)])
        with pytest.raises(MoveRefused, match="缺第 1 条"):
            log.figure_of(source, (PLACE[0], 4), 2)

    def test_a_longer_target_is_refused(self, ends: tuple[SqliteLog, SqliteLog]) -> None:
        ends[1].append([event(0), event(1)])
        with pytest.raises(MoveRefused, match="比源多"):
            log.copy_partition(*ends, PLACE, 2, 1, lambda _: None)

    def test_unread_counts_partitions_without_a_position(self) -> None:
        spans = {("a", 0): Span(0, 5), ("a", 1): Span(0, 2), ("b", 0): Span(0, 9)}
        assert log.unread({"g": {("a", 0): 4}, "h": {("b", 0): 9}}, spans) == {"g": 3, "h": 0}


async def test_files_keep_their_keys_and_damage_is_refused(tmp_path: Path) -> None:
    source, target = (FolderFiles(tmp_path / name, b"secret") for name in ("source", "target"))
    keys = sorted([await source.blobs.put(b"%d" % number * 1000) for number in range(5)])
    await files.copy_files(source, target, lambda _: None)
    assert await source.keys() == await target.keys() == keys
    assert await files.figure_of(source) == await files.figure_of(target)
    (tmp_path / "source" / keys[0][:2] / keys[0]).write_bytes(b"something else")
    assert await files.figure_of(source) != await files.figure_of(target)
    await target.blobs.delete(keys[0])
    with pytest.raises(MoveRefused, match=keys[0][:12]):
        await files.copy_files(source, target, lambda _: None)


def test_a_key_has_one_partition_on_every_bus() -> None:
    assert [partition_of(key, 8) for key in ("lead-1", "lead-2", "线索")] == [7, 0, 6]


def test_no_collection_is_left_out(tmp_path: Path) -> None:
    assert quce(tmp_path, "seed").returncode == 0
    held = {service: set(counts) for service, counts in tables(tmp_path).items()}
    assert held == {service: {each.name for each in own} for service, own in COLLECTIONS.items()}


def test_a_collection_that_nobody_knows_is_not_left_behind(left: Path) -> None:
    connection = connect(left / "notify.db")
    connection.execute("CREATE TABLE c_omens (n INTEGER PRIMARY KEY)")
    connection.close()
    source = Embedded(Settings(data=left))
    move = Move(source, source, Journal(source="embedded", target="cluster", servers=""), left, b"", Progress(), False)
    with pytest.raises(MoveRefused, match="notify 的数据里有本版本不认识的内容：omens"):
        asyncio.run(move.prepare())
    assert not (left / FILE).exists()


class TestRefusals:
    """What is said before anything moves."""

    def test_one_end(self, left: Path) -> None:
        assert "--from" in ask(cluster_at(left), "cluster", "cluster")

    def test_no_addresses(self, left: Path) -> None:
        said = ask(Settings(data=left, store_url="mongodb://127.0.0.1:9"))
        assert "QUCE_BUS_URL、QUCE_BLOB_URL" in said
        assert "QUCE_STORE_URL" not in said

    def test_a_running_suite(self, left: Path) -> None:
        with hold(left, "http://127.0.0.1:8000"), pytest.raises(RuntimeError, match="请先停止它"):
            asyncio.run(migrate(cluster_at(left), "embedded", "cluster"))

    def test_no_data_and_no_keys(self, left: Path) -> None:
        (left / "bus.db").unlink()
        assert "缺 bus.db" in ask(cluster_at(left))
        shutil.rmtree(left / "keys")
        assert "installation.key" in ask(cluster_at(left))

    def test_fewer_partitions_than_were_used(self, left: Path) -> None:
        assert "QUCE_PARTITIONS=4" in ask(cluster_at(left).model_copy(update={"partitions": 4}))

    def test_another_move_under_way(self, left: Path) -> None:
        Journal(source="cluster", target="embedded", servers="elsewhere").keep(left)
        assert "还没有做完" in ask(cluster_at(left))

    @pytest.mark.parametrize("name", ["leads.db", "bus.db", "blobs/leads/aa/x"])
    async def test_an_embedded_target_in_use(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"mine")
        with pytest.raises(MoveRefused, match="不会覆盖"):
            await Embedded(Settings(data=tmp_path), arriving=True).check_target(None)
        assert (tmp_path / name).read_bytes() == b"mine"

    async def test_an_embedded_target_of_another_move(self, tmp_path: Path) -> None:
        end, journal = (
            Embedded(Settings(data=tmp_path), arriving=True),
            Journal(source="cluster", target="embedded", servers=""),
        )
        await end.begin(journal)
        await end.check_target(journal)
        with pytest.raises(MoveRefused, match="另一次"):
            await end.check_target(None)
        (tmp_path / "arriving").rmdir()
        await end.check_target(journal)
        journal.verified["files/leads"] = Figure(count=0, checksum="")
        with pytest.raises(MoveRefused, match="没有上次迁移写下的内容"):
            await end.check_target(journal)

    def test_servers_that_are_away(self, left: Path) -> None:
        where = {f"QUCE_{name.upper()}": address for name, address in CLUSTER.items()}
        assert "QUCE_STORE_URL" in refused(left, UP, **where)
        assert not (left / FILE).exists()
        assert (left / "leads.db").exists()


def test_a_journal_says_where_it_was_whoever_logs_in(tmp_path: Path) -> None:
    settings = cluster_at(tmp_path)
    journal = Journal(source="embedded", target="cluster", servers=servers_of(settings))
    journal.keep(tmp_path)
    assert Journal.begun(tmp_path) == journal
    named = settings.model_copy(update={"store_url": "mongodb://quce:geheim@127.0.0.1:9"})
    assert servers_of(named) == servers_of(settings)
    assert servers_of(settings) != servers_of(settings.model_copy(update={"partitions": 4}))
    assert servers_of(settings) != servers_of(settings.model_copy(update={"store_url": "mongodb://127.0.0.1:9/other"}))
    journal.forget(tmp_path)
    assert Journal.begun(tmp_path) is None


def test_an_embedded_source_is_put_aside_whole(left: Path) -> None:
    journal = Journal(source="embedded", target="cluster", servers="", started_at="2026-11-28T05:06:07.000000Z")
    connection = connect(left / "leads.db")
    said = asyncio.run(Embedded(Settings(data=left)).settle_source(journal))
    connection.close()
    aside = left / "before-cluster-20261128T050607"
    assert str(aside) in said
    assert sorted(path.name for path in aside.glob("*.db")) == sorted(
        ["bus.db", "gateway.db", "incentives.db", "leads.db", "notify.db"]
    )
    assert list(left.glob("*.db*")) == []
    assert (left / "keys").exists()
