"""Empties the outboxes of the end that is left: what waits is published there, as a service that stops does.

An outbox of SQLite knows events but not the documents they came with, one of MongoDB is part of a document: neither
can be copied into the other. In the log an event has its place, and the target's readers find it there.
"""

from __future__ import annotations

import asyncio

from contracts.catalogue import topic_of
from deploy.migration.collections import COLLECTIONS
from kit.bus.port import Bus
from kit.settings import Settings
from operating.opening import open_bus, open_store
from operating.outbox import relay_once

SWEPT_AGAIN = 1.2
"""Seconds after which a store looks through all its documents for waiting events, not only those it remembers."""


async def publish_what_waits(settings: Settings) -> int:
    """Publish every event that waits at this end; how many there were."""
    bus = open_bus(settings)
    try:
        return sum([await _publish(service, settings, bus) for service in COLLECTIONS])
    finally:
        await bus.close()


async def _publish(service: str, settings: Settings, bus: Bus) -> int:
    store, total = open_store(service, settings), 0
    try:
        await store.ensure(*COLLECTIONS[service])
        while published := await relay_once(store, bus, topic_of(service)):
            total += published
            if not await store.pending(1):
                await asyncio.sleep(SWEPT_AGAIN)
        return total
    finally:
        await store.close()
