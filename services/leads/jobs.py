"""Due work of the leads service: finish what is half done, keep nothing too long, tell when a week is closed."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from contracts.leads import LeadsCutoffPassed
from contracts.vocabulary.weeks import Week
from kit.ports import Ports
from operating.announcing import announce_to_all
from operating.jobs import Schedule, every, weekly
from services.leads import enquiry_steps, erasing, exports, follow_ups, imports, sharing

MONDAY = 0


def schedules(ports: Ports) -> tuple[Schedule, ...]:
    """The schedules of this service."""

    async def sweep_follow_ups(_slot: datetime) -> None:
        await follow_ups.sweep(ports)
        await sharing.sweep(ports)

    async def sweep_enquiries(_slot: datetime) -> None:
        await enquiry_steps.sweep(ports)

    async def keep_no_longer(_slot: datetime) -> None:
        await imports.drop_files(ports)
        await erasing.erase_expired(ports)

    async def finish_erasures(_slot: datetime) -> None:
        await erasing.sweep(ports)

    async def expire_exports(_slot: datetime) -> None:
        await exports.expire(ports)

    async def pass_cutoff(slot: datetime) -> None:
        await announce_cutoff(ports, slot)

    return (
        Schedule("follow-ups", every(timedelta(minutes=1)), sweep_follow_ups),
        Schedule("enquiries", every(timedelta(minutes=1)), sweep_enquiries),
        Schedule("erasures", every(timedelta(minutes=1)), finish_erasures),
        Schedule("retention", every(timedelta(days=1)), keep_no_longer),
        Schedule("exports", every(timedelta(hours=1)), expire_exports),
        Schedule("cutoff", weekly(MONDAY, time()), pass_cutoff, look_back=timedelta(days=7)),
    )


async def announce_cutoff(ports: Ports, slot: datetime) -> None:
    """Tell every partition that the week before ``slot`` is complete.

    Raises:
        operating.announcing.StillPublishing: it is not yet.
    """
    week = Week.of(slot).previous.id

    def passed(partition: int, partitions: int) -> LeadsCutoffPassed:
        return LeadsCutoffPassed(week=week, service="leads", partition=partition, partitions=partitions)

    await announce_to_all(ports, f"leads-cutoff:{week}", slot, passed)
