"""What operators see of notify on ``/metrics``: sends by their end, those in doubt, a digest that is late."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from contracts.vocabulary.weeks import Week
from kit.clock import from_text
from kit.ports import Ports
from kit.store.port import Eq, Scope
from services.notify.digest.window import send_time
from services.notify.model.delivery import State
from services.notify.repository.collections import DELIVERIES
from services.notify.repository.digests import Digests
from services.notify.repository.people import People

ATTEMPTS = Counter(
    "quce_delivery_attempts_total",
    "Attempts to send, by what came of them; queued is tried again.",
    ["channel", "state"],
)
IN_DOUBT = Gauge("quce_deliveries_in_doubt", "Deliveries of which nobody knows whether they arrived.")
DIGEST_LATE = Gauge("quce_digest_late_seconds", "How long ago last week's digest was due, where one is not sent yet.")
_SCOPE = Scope.system("measuring deliveries")


class Overdue:
    """Looks for what a person should look after."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._people, self._digests = People(ports.store), Digests(ports.store, ports.secret)
        self._sent: Week | None = None

    async def measure(self) -> None:
        """Count and show."""
        tallies = await self._ports.store.tally(DELIVERIES.name, _SCOPE, [Eq("state", State.IN_DOUBT.value)])
        IN_DOUBT.set(sum(each.count for each in tallies))
        DIGEST_LATE.set(await self._late())

    async def _late(self) -> float:
        """Seconds since the last week's digest was due; 0 once every manager's is sent or given up."""
        now = self._ports.clock.now()
        week = Week.of(now).previous
        late = (now - send_time(week)).total_seconds()
        if late > 0 and week != self._sent and await self._all_sent(week):
            self._sent = week
        return max(0.0, late) if week != self._sent else 0.0

    async def _all_sent(self, week: Week) -> bool:
        for person in await self._people.managers():
            if from_text(person.since) < week.end:
                record = await self._digests.get(person.account, week)
                if record is None or (record.body["sent_at"] is None and record.body["unsent_reason"] is None):
                    return False
        return True
