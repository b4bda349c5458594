"""What a move refuses when it looks at real servers: those that run, hold something, are narrower, or have gaps."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.brokers.servers import free_port, kafka, mongo
from deploy.migration.journal import FILE
from kit.clock import SystemClock
from kit.leases import StoreLeases
from kit.mongo import open_client
from kit.store.mongo import MongoStore
from operating.opening import brokers_of, database_of
from tests.deploy.moves import DOWN, KILLED, UP, Servers, migrate, moved, quce, refused
from tests.deploy.test_migration_parts import LEFT

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A broker and a database server of these tests alone."""
    folder = tmp_path_factory.mktemp("servers")
    with kafka(folder / "kafka", free_port()) as bus, mongo(folder / "mongo", free_port()) as store:
        yield Servers(bus, store)


@pytest.fixture
def cluster(servers: Servers) -> Iterator[dict[str, str]]:
    """Settings of an empty cluster."""
    with servers.fresh() as settings:
        yield settings


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What a suite left behind; nothing of it may change by being refused."""
    with zipfile.ZipFile(LEFT) as archive:
        archive.extractall(tmp_path / "data")
    return tmp_path / "data"


def test_a_target_in_use(data: Path, cluster: dict[str, str]) -> None:
    name = database_of(cluster["QUCE_STORE_URL"], "notify")

    async def write() -> None:
        client = open_client(cluster["QUCE_STORE_URL"])
        await client[name]["others"].insert_one({"_id": "theirs"})
        client.close()

    asyncio.run(write())
    assert f"数据库 {name}" in refused(data, UP, **cluster)
    assert (data / "leads.db").exists()
    assert not (data / FILE).exists()


def test_topics_of_another_width_or_that_forget(data: Path, servers: Servers, cluster: dict[str, str]) -> None:
    topic = "quce.leads"
    with servers.admin() as admin:
        admin.create_topics(
            {topic: {"num_partitions": 8, "replication_factor": 1, "configs": {"retention.ms": "1000"}}}
        )
    said = refused(data, UP, **cluster)
    assert "quce.leads 的 retention.ms 是 1000，应为 -1" in said
    assert "quce.leads（8）" in refused(data, UP, QUCE_PARTITIONS="16", **cluster)


def test_a_running_cluster(data: Path, servers: Servers, cluster: dict[str, str]) -> None:
    moved(data, UP, **cluster)
    reader = KafkaConsumer("quce.leads", **brokers_of(servers.bus), group_id="leads")
    while not reader.assignment():
        reader.poll(timeout_ms=200)
    assert "消费组 leads 有成员在线" in refused(data, DOWN, **cluster)
    reader.close()

    asyncio.run(hold_lease(cluster["QUCE_STORE_URL"]))
    assert "租约 notify-relay（notify-2，到 " in refused(data, DOWN, **cluster)
    assert list(data.glob("*.db")) == []


async def hold_lease(url: str) -> None:
    """As a relay does that was killed a moment ago."""
    store = MongoStore(url, database_of(url, "notify"))
    leases = StoreLeases(store, SystemClock())
    await leases.ensure()
    assert await leases.acquire("notify-relay", "notify-2", timedelta(minutes=5)) is not None
    await store.close()


def test_a_log_that_was_shortened(data: Path, servers: Servers, cluster: dict[str, str]) -> None:
    [(place, _), *_] = moved(data, UP, **cluster)["positions"]["leads"].items()
    topic, _, partition = place.partition("/")
    with servers.admin() as admin:
        admin.delete_records({TopicPartition(topic, int(partition)): 1})
    said = refused(data, DOWN, **cluster)
    assert f"主题 {topic} 分区 {partition} 缺第 0 条事件" in said
    assert "请从备份恢复" in said


def test_a_source_that_ran_since(data: Path, cluster: dict[str, str]) -> None:
    assert migrate(data, UP, QUCE_FAILPOINT="migrate.records:3", **cluster).returncode == KILLED
    elsewhere = {**cluster, "QUCE_STORE_URL": cluster["QUCE_STORE_URL"] + "x"}
    assert "还没有做完" in refused(data, UP, **elsewhere)
    assert "还没有做完" in refused(data, DOWN, **cluster)
    assert quce(data, "seed").returncode == 0
    assert "源又运行过" in refused(data, UP, **cluster)
    (data / FILE).unlink()
    assert "目标不是空的" in refused(data, UP, **cluster)
