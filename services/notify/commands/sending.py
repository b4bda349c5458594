"""Sends deliveries: claim, send, record; and picks up after a restart what nobody can know the end of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from kit.clock import to_text
from kit.failpoints import failpoint
from kit.ports import Ports
from kit.store.port import Scope
from operating.ending import end
from operating.leading import Leader
from services.notify.channels.port import Channel, ChannelBusy, ChannelRefused, Outgoing
from services.notify.measures import ATTEMPTS
from services.notify.model.delivery import ChannelName, Delivery, State
from services.notify.repository.deliveries import Deliveries, Stored
from services.notify.repository.people import People

log = logging.getLogger(__name__)

SWEEP = 5.0
AT_ONCE = 4
LENGTH = timedelta(seconds=60)
_SCOPE = Scope.system("addressing deliveries")


class Sender:
    """The one that sends: in-app at once, the rest in the background, one replica at a time by lease."""

    def __init__(self, ports: Ports, channels: Iterable[Channel]) -> None:
        self._ports = ports
        self._channels = {channel.name: channel for channel in channels}
        self._deliveries = Deliveries(ports.store)
        self._people = People(ports.store)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        leases, clock, holder = ports.leases, ports.clock, ports.settings.replica
        self._leader = Leader(leases, clock, "notify-sender", holder, LENGTH, self.recover)

    @property
    def channels(self) -> tuple[ChannelName, ...]:
        """The ways this installation has, in the order people are told."""
        return tuple(self._channels)

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._forever(), name="notify-sender")

    async def stop(self) -> None:
        """Finish; a mail under way is in ``sending`` and looked after at the next start."""
        if self._task is None:
            return
        await end(self._task)
        await self._leader.stop()

    async def send(self, stored: Stored) -> None:
        """Bring one delivery to its end, or to its next attempt; what somebody else claimed is left to them."""
        claimed = await self._deliveries.save(stored, stored.delivery.claim(self._ports.clock.now()))
        if claimed is None:
            return
        failpoint("notify.claim_to_sent")
        outcome = await self._hand_over(claimed.delivery)
        ATTEMPTS.labels(outcome.channel.value, outcome.state.value).inc()
        failpoint("notify.sent_to_record")
        await self._deliveries.save(claimed, outcome)

    async def resume(self, stored: Stored) -> Stored | None:
        """Decide on a delivery found in ``sending`` with nobody sending it; the one to send again, if any."""
        delivery, channel = stored.delivery, self._channels[stored.delivery.channel]
        if not channel.repeatable:
            await self._deliveries.save(stored, delivery.doubted(self._ports.clock.now()))
            return None
        return await self._deliveries.save(stored, delivery.released())

    async def sweep(self) -> None:
        """Send all that is due over every way out of the house."""
        now = to_text(self._ports.clock.now())
        due: list[Stored] = []
        for channel in self._channels.keys() - {ChannelName.IN_APP}:
            async for stored in self._deliveries.in_state(State.QUEUED, channel):
                if stored.delivery.next_at is None or stored.delivery.next_at <= now:
                    due.append(stored)
        for start in range(0, len(due), AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for stored in due[start : start + AT_ONCE]:
                    group.create_task(self.send(stored))

    async def recover(self) -> None:
        """Look after what an earlier process left in ``sending``, and what it left to be shown in the app."""
        for channel in self._channels:
            async for stored in self._deliveries.in_state(State.SENDING, channel):
                await self.resume(stored)
        async for stored in self._deliveries.in_state(State.QUEUED, ChannelName.IN_APP):
            await self.send(stored)

    async def _hand_over(self, delivery: Delivery) -> Delivery:
        try:
            await self._channels[delivery.channel].send(await self._outgoing(delivery))
        except ChannelRefused as refusal:
            return delivery.failed(str(refusal), self._ports.clock.now())
        except ChannelBusy as busy:
            return delivery.delayed(str(busy), self._ports.clock.now())
        except Exception:
            log.exception("delivery %s failed", delivery.id)
            return delivery.delayed("发送时出现意外错误，已记入日志，稍后自动重试。", self._ports.clock.now())
        return delivery.sent(self._ports.clock.now())

    async def _outgoing(self, delivery: Delivery) -> Outgoing:
        person = await self._people.get(delivery.recipient)
        return Outgoing(
            delivery=delivery.id,
            kind=delivery.kind,
            account=delivery.recipient,
            name=person.name if person else delivery.recipient,
            email=person.email if person else None,
            locale=person.locale if person else "zh-CN",
            link=delivery.link,
            at=delivery.created_at,
            lead_id=delivery.lead_id,
            context=delivery.context,
        )

    async def _forever(self) -> None:
        while True:
            self._wake.clear()
            try:
                if await self._leader.leads():
                    await self.sweep()
            except Exception:
                log.exception("sending failed; trying again")
                # Whatever was cut short is in ``sending``: begin as after a restart, which looks after it.
                self._leader.forget()
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP):
                    await self._wake.wait()
