"""The servers of the cluster tests: those that ``KAFKA_URL`` and ``MONGO_URL`` name, else the ones from Maven."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from deploy import topics
from deploy.brokers.servers import free_port, kafka, mongo
from kit.settings import Settings

NAMED = ("KAFKA_URL", "MONGO_URL")
PROGRAMS = ("java", "mvn")


def missing_programs() -> list[str]:
    """What this machine lacks to bring the servers up; nothing where others are named."""
    if all(os.environ.get(name) for name in NAMED):
        return []
    return [program for program in PROGRAMS if shutil.which(program) is None]


@pytest.fixture(scope="session")
def kafka_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker, as ``kafka://host:port``."""
    with _server("KAFKA_URL", kafka, tmp_path_factory.mktemp("kafka")) as url:
        yield url


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database server, as ``mongodb://host:port``."""
    with _server("MONGO_URL", mongo, tmp_path_factory.mktemp("mongo")) as url:
        yield url


@contextmanager
def installation(folder: Path) -> Iterator[dict[str, str]]:
    """A broker with its topics and a database, both empty, as settings of the suite.

    Servers that are named have to be empty: an installation has them for itself.
    """
    with _server("KAFKA_URL", kafka, folder / "kafka") as bus, _server("MONGO_URL", mongo, folder / "mongo") as store:
        apply_topics(bus)
        yield {"QUCE_LOG_LEVEL": "INFO", "QUCE_BUS_URL": bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}


def apply_topics(bus: str) -> None:
    """Make the topics of an installation."""
    with ThreadPoolExecutor(1) as apart:  # playwright keeps a loop of its own in this thread
        apart.submit(asyncio.run, topics.apply(Settings(bus_url=bus))).result()


@contextmanager
def _server(name: str, start: Callable[[Path, int], AbstractContextManager[str]], folder: Path) -> Iterator[str]:
    if named := os.environ.get(name):
        yield named
        return
    with start(folder, free_port()) as url:
        yield url
