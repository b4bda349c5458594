"""Due work of the incentives service: close the week, forget visitors' answers in time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from contracts.incentives import IncentivesCutoffPassed
from contracts.vocabulary.weeks import Week
from kit.ports import Ports
from operating.announcing import announce_to_all
from operating.jobs import Schedule, daily, weekly
from services.incentives.commands.decisions import forget_expired

MONDAY = 0
NIGHT = time(3, 30)


def schedules(ports: Ports) -> tuple[Schedule, ...]:
    """The schedules of this service."""

    async def pass_cutoff(slot: datetime) -> None:
        await announce_cutoff(ports, slot)

    async def forget(_slot: datetime) -> None:
        await forget_expired(ports)

    return (
        Schedule("cutoff", weekly(MONDAY, time()), pass_cutoff, look_back=timedelta(days=7)),
        Schedule("forget-answers", daily(NIGHT), forget),
    )


async def announce_cutoff(ports: Ports, slot: datetime) -> None:
    """Tell every partition that the week before ``slot`` is complete.

    Raises:
        operating.announcing.StillPublishing: it is not yet.
    """
    week = Week.of(slot).previous.id

    def passed(partition: int, partitions: int) -> IncentivesCutoffPassed:
        return IncentivesCutoffPassed(week=week, service="incentives", partition=partition, partitions=partitions)

    await announce_to_all(ports, f"incentives-cutoff:{week}", slot, passed)
