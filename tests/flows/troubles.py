"""Things that went wrong, put straight into the stores of a running suite: it takes minutes to wait for real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kit.bus.port import Delivery as Heard
from kit.clock import SystemClock, to_text
from kit.events import Event
from kit.settings import Settings
from operating.opening import open_store
from operating.parking import DEAD, PARKED, Parking
from services.notify.model.delivery import ChannelName, Delivery, Kind
from services.notify.repository.collections import DELIVERIES
from services.notify.repository.deliveries import Deliveries

CANARY = "金丝雀项目"


def dead_letter(settings: Settings, service: str, number: int, title: str = CANARY) -> tuple[str, int]:
    """A dead letter of ``service`` whose event says ``title``; gives its id and revision."""
    return _done(_dead_letter(settings, service, number, title))


def failed_delivery(
    settings: Settings, account: str, number: int, title: str = CANARY, *, doubted: bool = False
) -> tuple[str, int]:
    """A mail to ``account`` that failed, or that nobody knows the end of; gives its id and revision."""
    return _done(_failed_delivery(settings, account, number, title, doubted=doubted))


def _done(work: Coroutine[Any, Any, tuple[str, int]]) -> tuple[str, int]:
    """Run it in a thread: playwright keeps a loop of its own in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def _dead_letter(settings: Settings, service: str, number: int, title: str) -> tuple[str, int]:
    clock, store = SystemClock(), open_store(service, settings)
    lead = f"lead-{number}"
    event = Event(
        id=f"{lead}:1:0", source="/quce/test", type="quce.test.happened.v1", subject=lead,
        time=to_text(clock.now()), partitionkey=lead, sequence=100, data={"lead_id": lead, "title": title},
    )  # fmt: skip
    try:
        await store.ensure(PARKED)
        parking = Parking(store, clock, service)
        heard = Heard("quce.leads", 0, number, lead, event.encode(), {}, to_text(clock.now()))
        await parking.park(heard, "RuntimeError (consumers.py:1)")
        parked = await parking.first(f"quce.leads/{lead}")
        assert parked is not None
        await parking.failed(parked, "RuntimeError (consumers.py:1)", DEAD)
        return parked.record.id, parked.record.revision + 1
    finally:
        await store.close()


async def _failed_delivery(
    settings: Settings, account: str, number: int, title: str = CANARY, *, doubted: bool
) -> tuple[str, int]:
    now, store = SystemClock().now(), open_store("notify", settings)
    claimed = Delivery(
        id=f"trouble-{number}", event=f"trouble-{number}:1:0", kind=Kind.MATCHED, recipient=account,
        channel=ChannelName.EMAIL, link=f"/leads/trouble-{number}", created_at=to_text(now),
        context={"title": title, "first": True, "standing": []},
    ).claim(now)  # fmt: skip
    try:
        await store.ensure(DELIVERIES)
        ended = claimed.doubted(now) if doubted else claimed.failed("收件地址被邮件服务器拒收（代码550）", now)
        stored = await Deliveries(store).add(ended)
        return stored.delivery.id, stored.revision
    finally:
        await store.close()
