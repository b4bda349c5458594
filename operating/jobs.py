"""Due work: each schedule's slots run once, in order, under a lease; missed ones run at the next start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from opentelemetry.context import Context
from prometheus_client import Counter

from kit.clock import SHANGHAI, Clock, from_text, to_text
from kit.errors import AlreadyExists
from kit.leases import StoreLeases
from kit.store.port import Collection, Record, Scope, Store
from kit.telemetry import span
from operating.ending import end
from operating.leading import under_lease
from operating.repeating import repeat

JOBS = Counter("quce_jobs_total", "Due work run.", ["service", "kind", "outcome"])
SCHEDULES = Collection("schedules")
_SCOPE = Scope.system("due work")
TICK = 1.0
LENGTH = timedelta(seconds=60)

Slots = Callable[[datetime, datetime], Sequence[datetime]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A kind of due work.

    ``slots(after, until)`` gives its instants in ``(after, until]``; ``run`` does one of them and may be
    repeated; ``look_back`` is how far before the first start slots still count.
    """

    kind: str
    slots: Slots
    run: Callable[[datetime], Awaitable[None]]
    look_back: timedelta = timedelta(0)


def weekly(weekday: int, at: time) -> Slots:
    """Once a week in Shanghai; Monday is 0."""

    def slots(after: datetime, until: datetime) -> list[datetime]:
        day = until.astimezone(SHANGHAI).date()
        latest = datetime.combine(day - timedelta((day.weekday() - weekday) % 7), at, SHANGHAI)
        if latest > until:
            latest -= timedelta(7)
        found = []
        while latest > after:
            found.append(latest)
            latest -= timedelta(7)
        return found[::-1]

    return slots


def every(length: timedelta) -> Slots:
    """The latest multiple of ``length`` since the epoch; missed ones are not made up for."""

    def slots(after: datetime, until: datetime) -> list[datetime]:
        seconds = length.total_seconds()
        latest = datetime.fromtimestamp(until.timestamp() // seconds * seconds, until.tzinfo)
        return [latest] if latest > after else []

    return slots


def daily(at: time) -> Slots:
    """The latest of each day's instants in Shanghai; missed ones are not made up for."""

    def slots(after: datetime, until: datetime) -> list[datetime]:
        latest = datetime.combine(until.astimezone(SHANGHAI).date(), at, SHANGHAI)
        if latest > until:
            latest -= timedelta(1)
        return [latest] if latest > after else []

    return slots


class Jobs:
    """Wakes one service's due work."""

    def __init__(
        self,
        store: Store,
        leases: StoreLeases,
        clock: Clock,
        schedules: Sequence[Schedule],
        *,
        service: str,
        holder: str,
    ) -> None:
        self._store, self._leases, self._clock, self._schedules = store, leases, clock, schedules
        self._service, self._holder = service, holder
        self._task: asyncio.Task[None] | None = None
        self._running = asyncio.Lock()

    async def start(self) -> None:
        """Begin to look for due work."""
        await self._store.ensure(SCHEDULES)
        working = repeat(self.run_due, f"due work of {self._service} failed", lambda: TICK)
        self._task = asyncio.create_task(working, name=f"{self._service}-jobs")

    async def stop(self) -> None:
        """Stop; a slot under way runs again next time."""
        await end(self._task)

    async def run_due(self) -> None:
        """Run every slot that is due now; one call at a time. What fails holds up nothing but its own later slots.

        Raises:
            ExceptionGroup: some of it failed, and is due again.
        """
        failures = []
        async with self._running:
            for schedule in self._schedules:
                try:
                    await self._run_schedule(schedule)
                except Exception as failure:
                    failures.append(failure)
        if failures:
            raise ExceptionGroup(f"due work of {self._service}", failures)

    async def _run_schedule(self, schedule: Schedule) -> None:
        if (await self._due(schedule))[1]:
            name = f"{self._service}-{schedule.kind}"
            await under_lease(self._leases, name, self._holder, LENGTH, partial(self._run_slots, schedule))

    async def _due(self, schedule: Schedule) -> tuple[Record, Sequence[datetime]]:
        """How far the schedule is, and its slots that are due; the first look remembers where it began."""
        now = self._clock.now()
        known = await self._store.get(SCHEDULES.name, _SCOPE, schedule.kind)
        record = known or Record(schedule.kind, {}, frozenset())
        after = from_text(known.body["done"]) if known else now - schedule.look_back
        slots = schedule.slots(after, now)
        if known is None and not slots:
            with suppress(AlreadyExists):
                await self._done(record, after)
        return record, slots

    async def _run_slots(self, schedule: Schedule) -> None:
        """Run what is due by what stands in the store now: another replica may just have done it."""
        record, slots = await self._due(schedule)
        for slot in slots:
            try:
                with span(self._service, schedule.kind, under=Context(), shown=False):  # most find nothing to do
                    await schedule.run(slot)
            except Exception:
                JOBS.labels(self._service, schedule.kind, "failed").inc()
                raise
            JOBS.labels(self._service, schedule.kind, "done").inc()
            record = await self._done(record, slot)

    async def _done(self, record: Record, slot: datetime) -> Record:
        return await self._store.save(SCHEDULES.name, record.with_body({"done": to_text(slot)}))
