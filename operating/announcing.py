"""Telling every partition the same thing once: that all before an instant has been said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kit.clock import from_text
from kit.errors import AlreadyExists
from kit.events import Payload, envelop
from kit.ports import Ports
from kit.store.port import Collection, Record

ANNOUNCEMENTS = Collection("announcements")


class StillPublishing(RuntimeError):
    """Something older still waits in the outbox; the announcement is tried again."""


async def announce_to_all(ports: Ports, name: str, before: datetime, say: Callable[[int, int], Payload]) -> None:
    """Send ``say(partition, partitions)`` to each partition of the service's topic; repeating it sends nothing more.

    Raises:
        StillPublishing: an event saved before ``before`` is not yet published.
    """
    oldest = await ports.store.pending(1)
    if oldest and from_text(oldest[0].event.time) < before:
        raise StillPublishing(f"{ports.service} is still publishing what precedes {name}")
    partitions = ports.settings.partitions
    for partition in range(partitions):
        id = f"{name}:{partition}"
        events = envelop(
            [say(partition, partitions)],
            source=ports.service,
            aggregate=id,
            revision=1,
            time=ports.clock.now(),
            partition_key=f"partition:{partition}",
        )
        try:
            await ports.store.save(ANNOUNCEMENTS.name, Record(id, {}, frozenset()), events)
        except AlreadyExists:
            continue
