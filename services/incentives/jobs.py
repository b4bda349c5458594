"""Due work of the incentives service: match again what the catalogue or the date has overtaken, close the week."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from contracts.incentives import IncentivesCutoffPassed
from contracts.vocabulary.weeks import Week
from kit.errors import AlreadyExists
from kit.jobs import Schedule, every, weekly
from kit.ports import Ports
from kit.service import outbox_older_than
from kit.store.port import Record
from services.incentives.commands.matches import rematch
from services.incentives.repository import CUTOFFS, Library, events_of
from services.incentives.settings import SERVICE

MONDAY = 0


class StillPublishing(RuntimeError):
    """Something older than the cut-off still waits in the outbox; the slot is tried again."""


def schedules(ports: Ports, library: Library) -> tuple[Schedule, ...]:
    """The schedules of this service."""

    async def rematch_overtaken(_slot: datetime) -> None:
        await rematch(ports, library)

    async def pass_cutoff(slot: datetime) -> None:
        await announce_cutoff(ports, slot)

    return (
        Schedule("cutoff", weekly(MONDAY, time()), pass_cutoff, look_back=timedelta(days=7)),
        Schedule("rematch", every(timedelta(minutes=1)), rematch_overtaken),
    )


async def announce_cutoff(ports: Ports, slot: datetime) -> None:
    """Tell every partition that the week before ``slot`` is complete.

    Raises:
        StillPublishing: it is not yet.
    """
    if await outbox_older_than(ports, slot):
        raise StillPublishing("events of the closed week are still being published")
    week = Week.of(slot).previous.id
    partitions = ports.settings.partitions
    for partition in range(partitions):
        id = f"{SERVICE}-cutoff:{week}:{partition}"
        event = IncentivesCutoffPassed(week=week, service=SERVICE, partition=partition, partitions=partitions)
        try:
            await ports.store.save(
                CUTOFFS.name,
                Record(id, {"week": week}, frozenset()),
                events_of(ports, id, 1, event, key=f"partition:{partition}"),
            )
        except AlreadyExists:
            continue
