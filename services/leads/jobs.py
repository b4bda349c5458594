"""Due work of the leads service: finish half-done follow-ups, tell the others when a week is closed."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from contracts.leads import LeadsCutoffPassed
from contracts.vocabulary.weeks import Week
from kit.announcing import announce_to_all
from kit.jobs import Schedule, every, weekly
from kit.ports import Ports
from services.leads import exports, follow_ups

MONDAY = 0


def schedules(ports: Ports) -> tuple[Schedule, ...]:
    """The schedules of this service."""

    async def sweep_follow_ups(_slot: datetime) -> None:
        await follow_ups.sweep(ports)

    async def expire_exports(_slot: datetime) -> None:
        await exports.expire(ports)

    async def pass_cutoff(slot: datetime) -> None:
        await announce_cutoff(ports, slot)

    return (
        Schedule("follow-ups", every(timedelta(minutes=1)), sweep_follow_ups),
        Schedule("exports", every(timedelta(hours=1)), expire_exports),
        Schedule("cutoff", weekly(MONDAY, time()), pass_cutoff, look_back=timedelta(days=7)),
    )


async def announce_cutoff(ports: Ports, slot: datetime) -> None:
    """Tell every partition that the week before ``slot`` is complete.

    Raises:
        kit.announcing.StillPublishing: it is not yet.
    """
    week = Week.of(slot).previous.id

    def passed(partition: int, partitions: int) -> LeadsCutoffPassed:
        return LeadsCutoffPassed(week=week, service="leads", partition=partition, partitions=partitions)

    await announce_to_all(ports, f"leads-cutoff:{week}", slot, passed)
