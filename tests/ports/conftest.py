"""Every adapter of every port, each opened as production opens it, on ground of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from kit.blobs.folder import FolderBlobs
from kit.blobs.mongo import MongoBlobs
from kit.blobs.port import Blobs
from kit.bus.kafka import KafkaBus
from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from kit.store.mongo import MongoStore
from kit.store.port import Store
from kit.store.sqlite import SqliteStore
from operating.opening import brokers_of
from tests.brokers import kafka_url, mongo_url
from tests.ports.things import THINGS

__all__ = ["kafka_url", "mongo_url"]

MONGO = pytest.param("mongo", marks=pytest.mark.cluster)
KAFKA = pytest.param("kafka", marks=pytest.mark.cluster)
PARTITIONS = 4


@pytest.fixture(params=["sqlite", MONGO])
async def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], Store]]:
    """Opens the same store each time it is called; all are closed at the end."""
    opened: list[Store] = []
    if request.param == "mongo":
        url, database = request.getfixturevalue("mongo_url"), f"ports_{uuid.uuid4().hex}"

    def open_store() -> Store:
        opened.append(MongoStore(url, database) if request.param == "mongo" else SqliteStore(tmp_path / "store.db"))
        return opened[-1]

    yield open_store
    for store in opened:
        await store.close()


@pytest.fixture
async def store(reopen: Callable[[], Store]) -> Store:
    """An empty store that knows of things."""
    opened = reopen()
    await opened.ensure(THINGS)
    return opened


@pytest.fixture(params=["sqlite", KAFKA])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    """A bus, on which every topic has as many partitions."""
    if request.param == "kafka":
        adapter: Bus = KafkaBus(brokers_of(request.getfixturevalue("kafka_url")), PARTITIONS)
    else:
        adapter = SqliteBus(tmp_path / "bus.db", PARTITIONS)
    yield adapter
    await adapter.close()


@pytest.fixture
def topic(bus: Bus, request: pytest.FixtureRequest) -> str:
    """An empty topic; its name is good for groups that are of this test alone."""
    name = f"t-{uuid.uuid4().hex}"
    if isinstance(bus, KafkaBus):
        admin = KafkaAdminClient(**brokers_of(request.getfixturevalue("kafka_url")))
        admin.create_topics([NewTopic(name, PARTITIONS, 1)])
        admin.close()
    return name


@pytest.fixture(params=["folder", MONGO])
async def open_blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[bytes], Blobs]]:
    """Opens blobs under a secret, all on the same ground; they are closed at the end."""
    adapter: Callable[[bytes], Blobs] = partial(FolderBlobs, tmp_path / "blobs")
    if request.param == "mongo":
        adapter = partial(MongoBlobs, request.getfixturevalue("mongo_url"), f"ports_{uuid.uuid4().hex}")
    opened: list[Blobs] = []

    def open_under(secret: bytes) -> Blobs:
        opened.append(adapter(secret))
        return opened[-1]

    yield open_under
    for each in opened:
        await each.close()


@pytest.fixture
def blobs(open_blobs: Callable[[bytes], Blobs]) -> Blobs:
    """Blobs of one installation."""
    return open_blobs(b"secret")
