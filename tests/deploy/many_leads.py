"""Many leads without the hours they take: what one real lead left in every service, again under other names.

The documents and events are those that the services wrote, with the ids of lead and investor exchanged; only the
audit log, a chain that a copy would break, keeps the one it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import orjson

from deploy.migration.collections import COLLECTIONS
from deploy.migration.documents import PAGE, SCOPE
from deploy.migration.log import BATCH
from deploy.migration.sqlite_documents import SqliteDocuments
from deploy.migration.sqlite_log import SqliteLog
from kit.bus.port import Delivery, TopicPartition, partition_of
from kit.store.port import Record
from kit.store.sqlite import SqliteStore
from operating.ids import content_digest
from services.leads.repository import LEADS

CHAINED = ("audit", "audit_heads")
PARTITIONS = 8


@dataclass(frozen=True)
class Pattern:
    """The names that are exchanged in everything a lead left."""

    ids: tuple[str, ...]
    title: str

    def named_in(self, text: str) -> bool:
        """Whether it is about this lead."""
        return any(id in text for id in self.ids)

    def other(self, text: str, number: int) -> str:
        """The same about another lead."""
        for id in self.ids:
            text = text.replace(id, other_id(id, number))
        return text.replace(self.title, f"{self.title}之{number}")


def other_id(id: str, number: int) -> str:
    """Another id of the same form."""
    digest = content_digest(f"{id}:{number}".encode())
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def multiply(data: Path, lead: str, count: int) -> None:
    """Add ``count`` leads like this one, heard of by every group, to the folder of a suite at rest."""
    with ThreadPoolExecutor(1) as pool:
        pattern = pool.submit(asyncio.run, _add_documents(data, lead, count)).result()
    _add_events(data, pattern, count)


async def _add_documents(data: Path, lead: str, count: int) -> Pattern:
    leads = SqliteStore(data / "leads.db")
    await leads.ensure(LEADS)
    found = await leads.get(LEADS.name, SCOPE, lead)
    await leads.close()
    assert found is not None
    pattern = Pattern((lead, found.body["investor"]["id"]), found.body["title"])
    for service, collections in COLLECTIONS.items():
        documents = SqliteDocuments(data / f"{service}.db")
        for collection in (each for each in collections if each.name not in CHAINED):
            await documents.ensure(collection)
            about = [
                each async for page in documents.pages(collection) for each in page if pattern.named_in(_text(each))
            ]
            others = _others(pattern, about, count)
            while page := list(islice(others, PAGE)):
                await documents.place(collection, page)
        await documents.close()
    return pattern


def _text(record: Record) -> str:
    return orjson.dumps([record.id, record.body, [dict(each) for each in record.requests]]).decode()


def _others(pattern: Pattern, records: list[Record], count: int) -> Iterator[Record]:
    texts = [(record, _text(record)) for record in records]
    for number in range(count):
        for record, text in texts:
            id, body, requests = orjson.loads(pattern.other(text, number))
            own = id if id != record.id else other_id(id, number)
            yield replace(record, id=own, body=body, requests=tuple(requests))


def _add_events(data: Path, pattern: Pattern, count: int) -> None:
    with closing(SqliteLog(data / "bus.db")) as log:
        ends = {place: span.end for place, span in log.spans().items()}
        said = [each for place, end in ends.items() for batch in log.read(place, 0, end) for each in batch]
        about = [each for each in said if pattern.named_in(each.value.decode()) and b"audited" not in each.value]
        others = _other_events(pattern, about, ends, count)
        while batch := list(islice(others, BATCH)):
            log.append(batch)
        for group, offsets in log.positions().items():
            topics = {topic for topic, _ in offsets}
            log.set_positions(group, {place: end for place, end in ends.items() if place[0] in topics})


def _other_events(
    pattern: Pattern, about: list[Delivery], ends: dict[TopicPartition, int], count: int
) -> Iterator[Delivery]:
    texts = [(each, each.value.decode()) for each in about]
    for number in range(count):
        for each, text in texts:
            key = pattern.other(each.key, number)
            place = (each.topic, partition_of(key, PARTITIONS))
            offset = ends.get(place, 0)
            ends[place] = offset + 1
            value = pattern.other(text, number).encode()
            yield replace(each, partition=place[1], offset=offset, key=key, value=value)
