"""What the folder holds, read past the suite: the log of the bus, documents, backlogs, mails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.inspecting import integrity
from kit.sqlite import Connection, connect, rows

SERVICES = ("leads", "incentives", "notify", "gateway")
LEAD_EVENTS = ("quce.lead.registered.v1", "quce.lead.changed.v1")
MATCHED = "quce.incentives.matched.v1"
UNDER_WAY = ("queued", "sending")


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document as it is on disk."""

    id: str
    revision: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """An event where the bus put it; a repeat is at a place of its own."""

    topic: str
    place: tuple[int, int]
    event: dict[str, Any]

    @property
    def subject(self) -> str:
        """The aggregate it is about."""
        return str(self.event["subject"])

    @property
    def sequence(self) -> int:
        """Its place in the aggregate's history."""
        return int(self.event["sequence"])

    @property
    def revision(self) -> int:
        """The save it came from."""
        return self.sequence // 100


class Evidence:
    """A data folder, looked at from outside."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def documents(self, service: str, collection: str) -> dict[str, Document]:
        """All documents of a collection, by id."""
        found = self._rows(service, f"SELECT id, revision, body FROM c_{collection}")  # noqa: S608 - names of ours
        return {id: Document(id, revision, json.loads(body)) for id, revision, body in found}

    def published(self) -> list[Published]:
        """The whole log, in the order of each partition."""
        statement = "SELECT topic, partition, offset, value FROM log ORDER BY topic, partition, offset"
        return [
            Published(topic, (partition, offset), json.loads(value))
            for topic, partition, offset, value in self._rows("bus", statement)
        ]

    def outbox(self, service: str) -> list[dict[str, Any]]:
        """What is stored and not yet published."""
        return [json.loads(event) for (event,) in self._rows(service, "SELECT event FROM outbox ORDER BY position")]

    def backlog(self) -> dict[str, int]:
        """What is not yet published, not yet heard, not yet sent; empty once everything has come to rest."""
        counts = {f"outbox of {name}": self._count(name, "SELECT COUNT(*) FROM outbox") for name in SERVICES}
        counts["unheard"] = self._count(
            "bus",
            "SELECT COALESCE(SUM(ends.last + 1 - positions.next), 0) FROM positions JOIN"
            " (SELECT topic, partition, MAX(offset) AS last FROM log GROUP BY 1, 2) AS ends"
            " ON ends.topic = positions.topic AND ends.partition = positions.partition",
        )
        counts["deliveries"] = self._count(
            "notify", "SELECT COUNT(*) FROM c_deliveries WHERE i_state IN (?, ?)", UNDER_WAY
        )
        counts["parked"] = sum(self.parked().values())
        return {name: count for name, count in counts.items() if count}

    def parked(self) -> dict[str, int]:
        """Events that wait because they could not be handled, by service."""
        statement = "SELECT COUNT(*) FROM c_parked WHERE i_state IN ('waiting', 'dead')"
        return {name: self._count(name, statement) for name in SERVICES if self._has_parked(name)}

    def mails(self) -> list[Path]:
        """Every file in the mail folder, drafts too."""
        return sorted((self._data / "mail").iterdir())

    def damage(self) -> dict[str, str]:
        """What ``integrity_check`` says of each file, for all: ``ok`` is what it should be."""
        return {path.name: integrity(path) for path in sorted(self._data.glob("*.db"))}

    def _has_parked(self, service: str) -> bool:
        return bool(self._rows(service, "SELECT 1 FROM sqlite_master WHERE name = 'c_parked'"))

    def _count(self, service: str, statement: str, values: Sequence[Any] = ()) -> int:
        return int(self._rows(service, statement, values)[0][0])

    def _rows(self, service: str, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._open(service) as connection:
            return rows(connection, statement, values)

    @contextmanager
    def _open(self, name: str) -> Iterator[Connection]:
        connection = connect(self._data / f"{name}.db")
        try:
            yield connection
        finally:
            connection.close()
