"""The servers of the cluster tests: those that ``KAFKA_URL`` and ``MONGO_URL`` name, else the ones from Maven."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from deploy.brokers.servers import free_port, kafka, mongo

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
def _server(name: str, start: Callable[[Path, int], AbstractContextManager[str]], folder: Path) -> Iterator[str]:
    if named := os.environ.get(name):
        yield named
        return
    with start(folder, free_port()) as url:
        yield url
