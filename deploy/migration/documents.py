"""Copies the documents of one collection a page at a time, and computes what both ends must agree on.

The checksum is taken over what a store gives of a document: id, revision, readers, answered requests, body. It is
the sum of the digests of all documents, and so the same in whatever order a store gives them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from hashlib import sha256
from typing import Protocol

import orjson

from deploy.migration.journal import Figure
from kit.failpoints import failpoint
from kit.store.port import Collection, Record, Scope

PAGE = 500
SCOPE = Scope.system("moving the installation")
_BITS = 256


class Documents(Protocol):
    """The documents of one service at one end."""

    async def names(self) -> set[str]:
        """The collections that hold anything, or could."""
        ...

    async def ensure(self, collection: Collection) -> None:
        """Make what is missing for a collection; needed before any other call names it."""
        ...

    async def count(self, collection: Collection) -> int:
        """How many documents there are."""
        ...

    def pages(self, collection: Collection) -> AsyncIterator[Sequence[Record]]:
        """All documents, at most :data:`PAGE` at a time."""
        ...

    async def place(self, collection: Collection, records: Sequence[Record]) -> None:
        """Keep records as they stand, at their revisions; those whose id is there already are left alone."""
        ...

    async def close(self) -> None:
        """Let it go."""
        ...


async def copy_collection(
    source: Documents, target: Documents, collection: Collection, done: Callable[[int], None]
) -> None:
    """Place every document at the target, beside those that an interrupted run has placed."""
    async for records in source.pages(collection):
        await target.place(collection, records)
        failpoint("migrate.placed")
        done(len(records))


async def figure_of(end: Documents, collection: Collection) -> Figure:
    """How many documents there are, and their checksum."""
    count, total = 0, 0
    async for records in end.pages(collection):
        count += len(records)
        total += sum(map(digest_of, records))
    return Figure(count=count, checksum=f"{total % 2**_BITS:064x}")


def digest_of(record: Record) -> int:
    """The digest of a document's canonical form."""
    content = [
        record.id,
        record.revision,
        sorted(record.readers),
        [dict(each) for each in record.requests],
        record.body,
    ]
    return int.from_bytes(sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest())
