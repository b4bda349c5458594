"""The life of one service: its collections, relay, consumers and due work, started and stopped together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from kit.ports import Ports
from kit.store.port import Collection
from operating.announcing import ANNOUNCEMENTS
from operating.consumer import Consumer, Died, Handler
from operating.jobs import Jobs, Schedule
from operating.measuring import Measure, Measuring
from operating.outbox import Relay
from operating.parking import PARKED


@dataclass(frozen=True, slots=True)
class Group:
    """One consumer group: the topics it reads and what it does with each event type."""

    name: str
    topics: tuple[str, ...]
    handlers: Mapping[str, Handler]


@dataclass(slots=True)
class Service:
    """What runs beside a service's routes.

    ``before`` runs once the collections exist and before anything else starts, for seeds and repairs;
    ``measures`` are what operators see beyond what every service shows.
    """

    ports: Ports
    topic: str
    collections: tuple[Collection, ...]
    groups: tuple[Group, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    before: Callable[[], Awaitable[None]] | None = None
    background: Sequence[Background] = ()
    died: Died | None = None
    measures: Sequence[Measure] = ()
    consumers: list[Consumer] = field(default_factory=list)
    jobs: Jobs | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start everything, stop it in the opposite order."""
        ports = self.ports
        await ports.store.ensure(*self.collections, ANNOUNCEMENTS, PARKED)
        if self.before is not None:
            await self.before()
        holder = ports.settings.replica
        relay = Relay(ports.store, ports.bus, ports.leases, service=ports.service, topic=self.topic, holder=holder)
        self.jobs = Jobs(ports.store, ports.leases, ports.clock, self.schedules, service=ports.service, holder=holder)
        self.consumers = [self._consumer(group) for group in self.groups]
        measuring = Measuring(ports, self.consumers, self.measures)
        relay.start()
        parts: tuple[Background, ...] = (*self.consumers, *self.background, self.jobs, measuring)
        for part in parts:
            await part.start()
        try:
            yield
        finally:
            for part in reversed(parts):
                await part.stop()
            await relay.stop()

    def _consumer(self, group: Group) -> Consumer:
        ports = self.ports
        return Consumer(
            ports.store,
            ports.bus,
            ports.clock,
            service=ports.service,
            group=group.name,
            topics=group.topics,
            handlers=group.handlers,
            died=self.died,
        )


class Background(Protocol):
    """Something else that runs while the service does."""

    async def start(self) -> None:
        """Begin."""
        ...

    async def stop(self) -> None:
        """End."""
        ...
