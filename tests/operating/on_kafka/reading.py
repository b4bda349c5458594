"""One consumer of one topic on the broker, as every service has it, with what its handler was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from kafka import KafkaProducer

from kit.bus.kafka import KafkaBus
from kit.clock import Clock
from kit.events import Event
from kit.store.port import Record, Scope, Store
from operating.consumer import Consumer, Handler
from operating.parking import PARKED
from tests.operating.on_kafka.stranger import summed

KIND = "quce.thing.changed.v1"
SERVICE = "test"
SOON = 20.0


class Heard:
    """A handler that remembers; what ``also`` does comes before."""

    def __init__(self, also: Handler | None = None) -> None:
        self.ids: list[str] = []
        self._also = also

    async def __call__(self, event: Event) -> None:
        """Be given one."""
        if self._also is not None:
            await self._also(event)
        self.ids.append(event.id)


@asynccontextmanager
async def consuming(
    servers: Sequence[str], store: Store, clock: Clock, topic: str, handler: Handler, **settings: Any
) -> AsyncIterator[Consumer]:
    """The consumer, while inside."""
    bus = KafkaBus({"bootstrap_servers": list(servers)}, 1, **settings)
    consumer = Consumer(
        store, bus, clock, service=SERVICE, group=f"{topic}-g", topics=[topic], handlers={KIND: handler}
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
        await bus.close()


async def all_read(consumer: Consumer) -> bool:
    """Whether its group has committed everything."""
    positions = await consumer._bus.positions(consumer.group, consumer.topics, False)
    return sum(each.lag for each in positions) == 0


async def letters(store: Store) -> dict[int, Record]:
    """What is parked or set aside, by its offset."""
    found = [each async for each in store.scan(PARKED.name, Scope.system("tests"))]
    return {int(each.body["place"].split(":")[1]): each for each in found}


async def until(holds: Callable[[], bool | Awaitable[bool]], seconds: float = SOON) -> float:
    """Wait until something holds; how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if found if isinstance(found, bool) else await found:
                return loop.time() - began
            await asyncio.sleep(0.02)


def send_batch(servers: Sequence[str], topic: str, events: Sequence[Event]) -> None:
    """Send them to one partition as one batch, as our own relay does."""
    producer = KafkaProducer(bootstrap_servers=list(servers), linger_ms=500, metrics_enabled=False)
    sent = [
        producer.send(topic, value, event.partitionkey.encode(), summed(value), 0)
        for event in events
        for value in [event.encode()]
    ]
    producer.flush(20)
    assert all(each.succeeded() for each in sent)
    producer.close(5)
