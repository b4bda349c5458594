"""Leads whose events come at a steady rate, and how long each takes until it is handled."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from contracts.leads import LeadSnapshot
from kit.events import Event
from services.notify.projections.keeping import Projections
from tests.operating.on_kafka.stranger import Sent, Stranger, lead_event, own_partition, summed

TOPIC = "quce.leads"
PARTITIONS = 8
LEADS, RATE = 20, 12.0


class Handled:
    """When notify's projections were done with each event; what they cannot handle while the trouble is there."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.trouble = True
        self.at: dict[str, float] = {}
        self.times = Counter[str]()
        self.order: dict[str, list[int]] = defaultdict(list)
        real = Projections.on_lead

        async def on_lead(keeping: Projections, event: Event, said: LeadSnapshot) -> None:
            if self.trouble and said.lead_id.startswith("lead-trouble"):
                raise RuntimeError("cannot count it")
            await real(keeping, event, said)
            self.at.setdefault(event.id, time.monotonic())
            self.times[event.id] += 1
            self.order[said.lead_id].append(event.sequence)

        patched.setattr(Projections, "on_lead", on_lead)


class Traffic:
    """A thread that sends events of many leads, one after another."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = servers
        self._stopping = threading.Event()
        self.sent: dict[str, float] = {}

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send while inside."""
        thread = threading.Thread(target=self._send, name="traffic")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def _send(self) -> None:
        stranger, began, number = Stranger(self._servers), time.monotonic(), 0
        while not self._stopping.wait(max(0.0, began + number / RATE - time.monotonic())):
            lead, revision = f"lead-{number % LEADS}", number // LEADS + 1
            event = lead_event(lead, revision)
            self.sent[event.id] = time.monotonic()
            send_event(stranger, event)
            number += 1
        stranger.close()

    def latencies(self, handled: Handled, begin: float, end: float) -> list[float]:
        """Seconds until each event that was sent in this time was handled."""
        return [handled.at[event] - at for event, at in self.sent.items() if begin <= at < end]


def send_event(stranger: Stranger, event: Event) -> Sent:
    """Send it as our own relay would."""
    value = event.encode()
    partition = own_partition(event.partitionkey, PARTITIONS)
    return stranger.send(TOPIC, event.partitionkey, value, summed(value), partition)
