"""What operators see of notify: doubts, sends by their end, a digest that is late."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import REGISTRY

from services.notify.measures import Overdue
from services.notify.model.delivery import State
from tests.notify.conftest import NEXT_MONDAY_0853, Suite
from tests.notify.test_deciding import ended
from tests.notify.weeks import WEEK, a_week


def shown(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_is_in_doubt_is_counted(suite: Suite) -> None:
    measures = Overdue(suite.ports)
    await measures.measure()
    assert shown("quce_deliveries_in_doubt") == 0
    await ended(suite, "d-1", State.IN_DOUBT)
    await ended(suite, "d-2", State.IN_DOUBT)
    await measures.measure()
    assert shown("quce_deliveries_in_doubt") == 2


async def test_a_digest_is_late_from_its_hour_until_it_is_sent(suite: Suite) -> None:
    await a_week(suite)
    measures = Overdue(suite.ports)
    suite.clock.instant = NEXT_MONDAY_0853 - timedelta(hours=1)
    await measures.measure()
    assert shown("quce_digest_late_seconds") == 0
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(minutes=11)
    await measures.measure()
    assert shown("quce_digest_late_seconds") == 11 * 60
    await suite.cutoffs(WEEK)
    await suite.settle()
    await suite.tick()
    await measures.measure()
    assert shown("quce_digest_late_seconds") == 0


async def test_attempts_are_counted_by_their_end(suite: Suite) -> None:
    sent = {"channel": "in_app", "state": "sent"}
    before = shown("quce_delivery_attempts_total", **sent)
    await suite.lead()
    await suite.matched()
    await suite.settle()
    assert shown("quce_delivery_attempts_total", **sent) > before
