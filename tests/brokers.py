"""The servers of the cluster tests: those that ``KAFKA_URL`` and ``MONGO_URL`` name, else the ones from Maven."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.brokers.installation import server
from deploy.brokers.servers import kafka, mongo


@pytest.fixture(scope="session")
def kafka_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker, as ``kafka://host:port``."""
    with server("KAFKA_URL", kafka, tmp_path_factory.mktemp("kafka")) as url:
        yield url


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database server, as ``mongodb://host:port``."""
    with server("MONGO_URL", mongo, tmp_path_factory.mktemp("mongo")) as url:
        yield url
