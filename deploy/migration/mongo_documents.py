"""The documents of a service in its MongoDB database, as a move reads and writes them: many in one insert."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from deploy.migration.documents import PAGE
from kit.blobs.mongo import MongoBlobs
from kit.mongo import open_client, reaching
from kit.store.mongo import RECORD, MongoStore
from kit.store.mongo_document import fields_of, record_of, waiting_of
from kit.store.mongo_outbox import LEFT_BEHIND
from kit.store.port import Collection, Record

FILES, PIECES = "blobs", "blob_pieces"
PATIENT = {"socketTimeoutMS": 120_000, "connectTimeoutMS": 20_000, "serverSelectionTimeoutMS": 20_000}
"""A page of large documents takes longer than a request may, and a move outlasts a server that stops for seconds."""
MARK = "migration"
"""A collection that says which move filled this database, until it is whole."""
BESIDE = {LEFT_BEHIND, FILES, PIECES, MARK}
"""What a database holds beside the collections of its service."""


class MongoDocuments:
    """One database."""

    def __init__(self, url: str, database: str) -> None:
        self._store = MongoStore(url, database)
        self._client = open_client(url, **PATIENT)
        self._database = self._client[database]

    async def names(self) -> set[str]:
        """The collections of the service that hold anything."""
        return await self._filled() - BESIDE

    async def filled(self) -> set[str]:
        """Whatever holds anything, but the mark of a move."""
        return await self._filled() - {MARK}

    async def ensure(self, collection: Collection) -> None:
        """Its indexes."""
        await self._store.ensure(collection)

    async def count(self, collection: Collection) -> int:
        """Exactly, as the server's estimate may be wrong after it was killed."""
        with reaching():
            return int(await self._database[collection.name].count_documents({}))

    async def pages(self, collection: Collection) -> AsyncIterator[Sequence[Record]]:
        """The ids by one cursor, their documents by id: cheap on servers that sort or skip in memory, too."""
        ids: list[str] = []
        with reaching():
            async for found in self._database[collection.name].find({}, {"_id": 1}).batch_size(PAGE):
                ids.append(found["_id"])
                if len(ids) == PAGE:
                    yield await self._records(collection, ids)
                    ids = []
            if ids:
                yield await self._records(collection, ids)

    async def _records(self, collection: Collection, ids: list[str]) -> list[Record]:
        found = self._database[collection.name].find({"_id": {"$in": ids}}, RECORD)
        return [record_of(each) async for each in found]

    async def place(self, collection: Collection, records: Sequence[Record]) -> None:
        """Insert those that are not there, as the store would have saved them."""
        documents = self._database[collection.name]
        ids = [record.id for record in records]
        with reaching():
            there = {found["_id"] async for found in documents.find({"_id": {"$in": ids}}, {"_id": 1})}
            missing = [_document(collection, record) for record in records if record.id not in there]
            if missing:
                await documents.insert_many(missing, ordered=False)

    async def marked(self) -> str | None:
        """The move that began to fill this database."""
        with reaching():
            found = await self._database[MARK].find_one({})
        return None if found is None else str(found["_id"])

    async def mark(self, id: str) -> None:
        """Say which move fills this database."""
        with reaching():
            await self._database[MARK].replace_one({"_id": id}, {"_id": id}, upsert=True)

    async def unmark(self) -> None:
        """The move is whole."""
        with reaching():
            await self._database[MARK].drop()

    async def close(self) -> None:
        """Let the connections go."""
        self._client.close()
        await self._store.close()

    async def _filled(self) -> set[str]:
        with reaching():
            names = [name for name in await self._database.list_collection_names() if not name.startswith("system.")]
            return {name for name in names if await self._database[name].find_one({}, {"_id": 1}) is not None}


def _document(collection: Collection, record: Record) -> dict[str, Any]:
    """The document of a record; a save counts its revision up by one."""
    before = replace(record, revision=record.revision - 1)
    return {"_id": record.id, **fields_of(collection, before), **waiting_of([])}


class MongoFiles:
    """The files of one service in its database."""

    def __init__(self, url: str, database: str, secret: bytes) -> None:
        self.blobs = MongoBlobs(url, database, secret)
        self._client = open_client(url, **PATIENT)
        self._entries = self._client[database][FILES]

    async def keys(self) -> list[str]:
        """What is whole, in order."""
        with reaching():
            return sorted([found["_id"] async for found in self._entries.find({}, {"_id": 1})])

    async def close(self) -> None:
        """Let the connections go."""
        self._client.close()
        await self.blobs.close()
