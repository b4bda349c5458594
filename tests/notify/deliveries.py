"""Deliveries as tests need them."""

from __future__ import annotations

from typing import Any

from services.notify.model.delivery import ChannelName, Delivery, Kind
from services.notify.repository.deliveries import Deliveries
from tests.notify.conftest import Suite


def delivery(**fields: Any) -> Delivery:
    common: dict[str, Any] = {
        "id": "delivery-1",
        "event": "event-1",
        "kind": Kind.MATCHED,
        "recipient": "officer",
        "channel": ChannelName.EMAIL,
        "link": "/leads/lead-1",
        "context": {"title": "项目", "first": True, "standing": []},
        "created_at": "2026-11-23T01:00:00.000000Z",
    }
    return Delivery(**common | fields)


async def mail_of_a_match(suite: Suite) -> dict[str, Any]:
    """What became of the officer's mail about a lead that was matched."""
    await suite.people()
    await suite.matched()
    await suite.settle()
    [mail] = await suite.items("officer", "/deliveries", channel="email")
    return mail


async def left_in_sending(suite: Suite) -> None:
    """Leave a mail as a process leaves it that dies between claim and record."""
    await suite.app.state.sender.stop()
    await suite.people()
    store = Deliveries(suite.ports.store)
    stored = await store.add(delivery())
    assert await store.save(stored, stored.delivery.claim(suite.clock.now())) is not None
