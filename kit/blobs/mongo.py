"""The blobs of a cluster: content in pieces beside the documents of its service, whole once its entry is written."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from pymongo import ReplaceOne

from kit.errors import NotFound
from kit.mongo import open_client, reaching

PIECE = 256 * 1024
BATCH = 16


class MongoBlobs:
    """Content under ``<key>``, its pieces under ``<key>:<number>``."""

    def __init__(self, url: str, database: str, secret: bytes) -> None:
        self._client = open_client(url)
        self._entries = self._client[database]["blobs"]
        self._pieces = self._client[database]["blob_pieces"]
        self._secret = secret

    async def put(self, content: bytes) -> str:
        """Store durably and give the key."""
        key = hmac.digest(self._secret, content, hashlib.sha256).hex()
        with reaching():
            if await self._entries.find_one({"_id": key}) is None:
                for start in range(0, len(content), BATCH * PIECE):
                    batch = range(start, min(start + BATCH * PIECE, len(content)), PIECE)
                    await self._pieces.bulk_write([_piece(key, each, content) for each in batch], ordered=False)
                await self._entries.replace_one({"_id": key}, {"size": len(content)}, upsert=True)
        return key

    async def open(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a range.

        Raises:
            NotFound: there is no such content.
        """
        with reaching():
            entry = await self._entries.find_one({"_id": key})
        if entry is None:
            raise NotFound("没有找到这个文件，它可能已被删除。")
        stop = entry["size"] if end is None else min(end, entry["size"])
        first = start // PIECE
        ids = [f"{key}:{number}" for number in range(first, -(-stop // PIECE))]
        with reaching():
            found = {piece["_id"]: piece["data"] async for piece in self._pieces.find({"_id": {"$in": ids}})}
        if len(found) < len(ids):
            raise NotFound("这个文件正在被删除，请刷新后再看。")
        joined = b"".join(found[id] for id in ids)
        return joined[start - first * PIECE : max(0, stop - first * PIECE)]

    async def delete(self, key: str) -> None:
        """Remove; first the entry, so that nobody reads half of it."""
        with reaching():
            entry = await self._entries.find_one_and_delete({"_id": key})
            if entry is not None:
                ids = [f"{key}:{number}" for number in range(-(-entry["size"] // PIECE))]
                await self._pieces.delete_many({"_id": {"$in": ids}})

    async def close(self) -> None:
        """Let the connections go."""
        self._client.close()


def _piece(key: str, start: int, content: bytes) -> ReplaceOne[dict[str, Any]]:
    id = f"{key}:{start // PIECE}"
    return ReplaceOne({"_id": id}, {"data": content[start : start + PIECE]}, upsert=True)
