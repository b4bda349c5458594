"""What the relay is compared with: a script on bare motor and kafka-python that writes, sends and settles the same.

It batches as well as it can: documents are inserted by hundreds, sent together, settled together, and while one
batch is sent the next is written. It knows nothing of revisions, leases, retries or whoever else may write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import UpdateOne

from kit.bus.kafka_producer import SETTINGS
from kit.bus.port import Message

BATCH = 500
SETTLED = {"$set": {"outbox": []}, "$unset": {"waiting_since": ""}}

Pair = tuple[dict[str, Any], Message]
"""A document with its outbox, and the message that its outbox holds."""


class BareCluster:
    """A client of either server, set as ours are."""

    def __init__(self, store: str, brokers: Mapping[str, Any]) -> None:
        self._client: Any = AsyncIOMotorClient(store, w="majority")
        self._producer = KafkaProducer(**brokers, **SETTINGS)

    async def run(self, database: str, collection: str, work: Sequence[Pair]) -> None:
        """All of it, from the first write to the last settlement."""
        documents = self._client[database][collection]
        before: asyncio.Task[None] | None = None
        for start in range(0, len(work), BATCH):
            batch = work[start : start + BATCH]
            await documents.insert_many([document for document, _ in batch], ordered=False)
            if before is not None:
                await before
            before = asyncio.create_task(self._publish(documents, batch))
        if before is not None:
            await before

    async def _publish(self, documents: Any, batch: Sequence[Pair]) -> None:
        await asyncio.to_thread(self._send, [message for _, message in batch])
        settled = [
            UpdateOne({"_id": each["_id"], "last_event": each["last_event"], "outbox": {"$size": 1}}, SETTLED)
            for each, _ in batch
        ]
        done = await documents.bulk_write(settled, ordered=False)
        if done.matched_count != len(batch):
            raise RuntimeError(f"{done.matched_count} of {len(batch)} documents were settled")

    def _send(self, messages: Sequence[Message]) -> None:
        sent = [
            self._producer.send(
                each.topic,
                each.value,
                each.key.encode(),
                [(name, value.encode()) for name, value in each.headers.items()],
                each.partition,
            )
            for each in messages
        ]
        for future in sent:
            future.get(timeout=30)

    async def close(self) -> None:
        """Let both go."""
        await asyncio.to_thread(self._producer.close)
        self._client.close()
