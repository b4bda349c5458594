"""An installation for a while: a broker with its topics and a database, named ones or the ones from Maven."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

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


@contextmanager
def installation(folder: Path, memory: str = "256m") -> Iterator[dict[str, str]]:
    """A broker with its topics and a database, both empty, as settings of the suite; ``memory`` is the database's.

    Servers that are named have to be empty: an installation has them for itself.
    """
    database = partial(mongo, memory=memory)
    with (
        server("KAFKA_URL", kafka, folder / "kafka") as bus,
        server("MONGO_URL", database, folder / "mongo") as store,
    ):
        apply_topics(bus)
        yield {"QUCE_LOG_LEVEL": "INFO", "QUCE_BUS_URL": bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}


def apply_topics(bus: str) -> None:
    """Make the topics of an installation."""
    with ThreadPoolExecutor(1) as apart:  # playwright keeps a loop of its own in this thread
        apart.submit(asyncio.run, topics.apply(Settings(bus_url=bus))).result()


@contextmanager
def server(name: str, start: Callable[[Path, int], AbstractContextManager[str]], folder: Path) -> Iterator[str]:
    """The server that the variable ``name`` names, else one that is started in ``folder``; gives its address."""
    if named := os.environ.get(name):
        yield named
        return
    with start(folder, free_port()) as url:
        yield url
