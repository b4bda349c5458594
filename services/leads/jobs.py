"""Due work of the leads service: finish half-done follow-ups, tell the others when a week is closed."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from contracts.leads import LeadsCutoffPassed
from contracts.vocabulary.weeks import Week
from kit.errors import AlreadyExists
from kit.jobs import Schedule, every, weekly
from kit.ports import Ports
from kit.service import outbox_older_than
from kit.store.port import Collection, Record
from services.leads import follow_ups
from services.leads.repository import events_of

CUTOFFS = Collection("cutoffs")
MONDAY = 0


class StillPublishing(RuntimeError):
    """Something older than the cut-off still waits in the outbox; the slot is tried again."""


def schedules(ports: Ports) -> tuple[Schedule, ...]:
    """The schedules of this service."""

    async def sweep_follow_ups(_slot: datetime) -> None:
        await follow_ups.sweep(ports)

    async def pass_cutoff(slot: datetime) -> None:
        await announce_cutoff(ports, slot)

    return (
        Schedule("follow-ups", every(timedelta(minutes=1)), sweep_follow_ups),
        Schedule("cutoff", weekly(MONDAY, time()), pass_cutoff, look_back=timedelta(days=7)),
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
        id = f"leads-cutoff:{week}:{partition}"
        event = LeadsCutoffPassed(week=week, service="leads", partition=partition, partitions=partitions)
        try:
            await ports.store.save(
                CUTOFFS.name,
                Record(id, {"week": week}, frozenset()),
                events_of(ports, id, 1, event, key=f"partition:{partition}"),
            )
        except AlreadyExists:
            continue
