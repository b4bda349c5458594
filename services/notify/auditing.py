"""What the audit log is told of acts on deliveries, recipients and digests: who, what and why, never an address."""

from __future__ import annotations

from functools import partial

from contracts.notify import NotifyAudited
from kit.events import Event, envelop
from kit.ports import Ports
from kit.store.port import Record
from operating import auditing
from services.notify import settings

OFFICE = "city"
"""Deliveries and digests are of the whole installation."""


told = partial(auditing.told, NotifyAudited, office=OFFICE)
"""Somebody did something to a delivery, a recipient or a digest."""


def to_save(ports: Ports, record: Record, *said: NotifyAudited) -> list[Event]:
    """The events of the save of a record, at the revision it was read at."""
    return envelop(
        said,
        source=settings.SERVICE,
        aggregate=record.id,
        revision=record.revision + 1,
        time=ports.clock.now(),
    )
