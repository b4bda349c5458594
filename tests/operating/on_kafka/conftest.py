"""One broker for all of these tests, which a test may stop and start again, as a machine that shuts down."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from deploy.brokers.installation import apply_topics
from deploy.brokers.servers import free_port, kafka
from deploy.kafka_topics import make_topics
from tests.brokers import mongo_url
from tests.operating.on_kafka.stranger import Stranger

__all__ = ["mongo_url"]


class Broker:
    """A real Kafka node with a log of its own, on the same port each time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.servers = [f"127.0.0.1:{self.port}"]
        self._running = ExitStack()

    @property
    def url(self) -> str:
        """Its address in settings."""
        return f"kafka://{self.servers[0]}"

    def start(self) -> None:
        """Start it on what it kept."""
        self._running.enter_context(kafka(self.folder, self.port))

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended."""
        self._running.close()

    def make_topic(self, partitions: int = 1) -> str:
        """A topic that is nobody else's, and the one of its dead letters."""
        name = f"t-{uuid.uuid4().hex}"
        self.make_again(name, partitions)
        return name

    def make_again(self, name: str, partitions: int = 1) -> None:
        """Make one of that name."""
        options = {"num_partitions": partitions, "replication_factor": 1}
        make_topics({"bootstrap_servers": self.servers}, dict.fromkeys((name, f"{name}.dead"), options))

    def delete(self, name: str) -> None:
        """Delete a topic and the one of its dead letters."""
        with closing(KafkaAdminClient(bootstrap_servers=self.servers)) as admin:
            admin.delete_topics([name, f"{name}.dead"])


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with the topics of an installation."""
    running = Broker(tmp_path_factory.mktemp("kafka"))
    running.start()
    try:
        apply_topics(running.url)
        yield running
    finally:
        running.stop()


@pytest.fixture
def stranger(broker: Broker) -> Iterator[Stranger]:
    """Somebody else who writes to the broker."""
    producer = Stranger(broker.servers)
    yield producer
    producer.close()
