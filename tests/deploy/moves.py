"""What the tests of moving share: the command as an operator types it, servers of their own, what must not change."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient

from bench.suite import QUCE, ROOT, environment
from deploy.brokers.servers import free_port
from deploy.topics import names
from kit.sqlite import connect, rows
from operating.opening import brokers_of
from tests.flows.settling import SERVICES, come_to_peace
from tests.flows.test_cluster_adapters import content_of
from tests.flows.world import World

__all__ = ["SERVICES", "come_to_peace", "content_of"]

UP, DOWN = ("embedded", "cluster"), ("cluster", "embedded")
KILLED = -9


def quce(data: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The command line, with the settings that these tests start suites with."""
    settings = {**environment(data, free_port()), **env}
    return subprocess.run([*QUCE, *arguments], cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


def migrate(data: Path, way: tuple[str, str], **env: str) -> subprocess.CompletedProcess[str]:
    """``quce migrate --json``."""
    return quce(data, "migrate", "--from", way[0], "--to", way[1], "--json", **env)


def moved(data: Path, way: tuple[str, str], **env: str) -> dict[str, Any]:
    """The figures of a move that must succeed."""
    done = migrate(data, way, **env)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def refused(data: Path, way: tuple[str, str], **env: str) -> str:
    """The words with which a move is refused."""
    done = migrate(data, way, **env)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr


@dataclass(frozen=True)
class Servers:
    """A broker and a database server."""

    bus: str
    store: str

    @contextmanager
    def fresh(self) -> Iterator[dict[str, str]]:
        """Settings of a cluster in which nothing is; its topics are deleted at the end."""
        store = f"{self.store}/m{uuid.uuid4().hex[:10]}"
        yield {"QUCE_BUS_URL": self.bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}
        self.empty_broker()

    def empty_broker(self) -> None:
        """Delete topics and groups."""
        with self.admin() as admin:
            if there := sorted(set(admin.list_topics()) & set(names())):
                admin.delete_topics(there)
            if groups := [each["group_id"] for each in admin.list_groups()]:
                admin.delete_groups(groups)
            while set(admin.list_topics()) & set(names()):
                time.sleep(0.1)

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """A client that makes and deletes topics."""
        client = KafkaAdminClient(**brokers_of(self.bus))
        try:
            yield client
        finally:
            client.close()


def tables(data: Path) -> dict[str, dict[str, int]]:
    """How many records each collection of each service holds, as its file says."""
    found = {}
    for service in SERVICES:
        connection = connect(data / f"{service}.db")
        listed = rows(
            connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'c\\_%' ESCAPE '\\'"
        )
        counts = {name[2:]: rows(connection, f"SELECT COUNT(*) FROM {name}")[0][0] for (name,) in listed}  # noqa: S608
        connection.close()
        found[service] = counts
    return found


def event_ids(data: Path) -> list[str]:
    """The ids of all events in the log, and none of them twice."""
    connection = connect(data / "bus.db")
    found = [id for (id,) in rows(connection, "SELECT value ->> 'id' FROM log WHERE topic NOT LIKE '%.dead'")]
    connection.close()
    return found


def leads_of(world: World) -> int:
    """How many leads the bureau sees."""
    board = world.get("bureau", "/leads/board")
    return int(sum(each["count"] for each in board["columns"]) + board["on_hold"] + board["closed"])


def told(world: World) -> dict[str, Any]:
    """Whatever reached anybody: mails, and notifications of the officer and the manager."""
    seen = {who: world.get(who, "/notifications?limit=200")["items"] for who in ("donghu", "manager")}
    return {"mails": sorted(path.name for path in (world.settings.data / "mail").glob("*.eml")), **seen}
