"""Sends deliveries: claim, send, record; and looks after those of which nobody can know the end.

At most once, where the channel may not repeat, follows from the deliveries alone, whatever leases, clocks and
processes do. Only who claimed a delivery sends it, and a claim is a save on the revision that was read: of several
one succeeds. From ``sending`` it goes back into the queue by the hand of who claimed it, once the channel said that
it was not accepted; whoever else finds it there leaves it in doubt. Who stood still after its claim looks again
before it sends: a delivery that changed is no longer its own. What is left is the moment between that look and the
send, in which the one claim is still used at most once. The lease saves work, it is not what protects.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from opentelemetry.trace import SpanKind

from kit.clock import to_text
from kit.failpoints import failpoint
from kit.ports import Ports
from kit.store.port import Scope
from kit.telemetry import failed, origin, span
from operating.ending import end
from operating.leading import under_lease
from services.notify.channels.port import Channel, ChannelBusy, ChannelRefused, ChannelUnsure, Outgoing
from services.notify.measures import ATTEMPTS
from services.notify.model.delivery import ChannelName, Delivery, State
from services.notify.repository.deliveries import Deliveries, Stored
from services.notify.repository.people import People

log = logging.getLogger(__name__)

SWEEP = 5.0
AT_ONCE = 4
LENGTH = timedelta(seconds=20)
FINISHING = 5.0
"""Seconds in which what is under way may end when the service stops."""
IN_APP = frozenset({ChannelName.IN_APP})
TAKEN_OVER = "taken_over"
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
        self._stopping = False

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
        """Finish what is under way; what takes longer is left in ``sending``, to who sends next."""
        if self._task is None:
            return
        self._stopping = True
        self._wake.set()
        await asyncio.wait([self._task], timeout=FINISHING)
        await end(self._task)

    async def send(self, stored: Stored) -> None:
        """Bring one delivery to its end, or to its next attempt; what somebody else claimed is left to them."""
        claimed = await self._deliveries.save(stored, stored.delivery.claim(self._ports.clock.now()))
        if claimed is None:
            return
        outcome = await self._traced(claimed)
        if outcome is None:
            return
        ATTEMPTS.labels(outcome.channel.value, outcome.state.value).inc()
        failpoint("notify.sent_to_record")
        await self._deliveries.save(claimed, outcome)

    async def resume(self, stored: Stored) -> Stored | None:
        """Decide on a delivery found in ``sending`` that somebody else claimed; the one to send again, if any."""
        delivery = stored.delivery
        if not self._channels[delivery.channel].may_repeat(delivery.kind):
            await self._deliveries.save(stored, delivery.doubted(self._ports.clock.now()))
            return None
        return await self._deliveries.save(stored, delivery.released())

    async def sweep(self) -> None:
        """Send all that is due over every way out of the house, and look after what others left in ``sending``.

        Of its own nothing is under way when a sweep begins, so whatever is, was claimed by a process that ended, or
        that has lost its lease and does not know it yet.
        """
        now = to_text(self._ports.clock.now())
        due: list[Stored] = []
        outside = self._channels.keys() - IN_APP
        await self._look_after(outside)
        async for stored in self._deliveries.in_state(State.QUEUED, outside):
            if stored.delivery.next_at is None or stored.delivery.next_at <= now:
                due.append(stored)
        for start in range(0, len(due), AT_ONCE):
            if not self._stopping:
                await self._send_all(due[start : start + AT_ONCE])

    async def recover(self) -> None:
        """Look after what an earlier process left to be shown in the app; the rest each sweep looks after."""
        await self._look_after(IN_APP)
        async for stored in self._deliveries.in_state(State.QUEUED, IN_APP):
            await self.send(stored)

    async def _look_after(self, channels: Collection[ChannelName]) -> None:
        async for stored in self._deliveries.in_state(State.SENDING, channels):
            await self.resume(stored)

    async def _send_all(self, due: Sequence[Stored]) -> None:
        """Each to its own end: what befalls one breaks no other off."""
        ends = await asyncio.gather(*map(self.send, due), return_exceptions=True)
        if failures := [each for each in ends if isinstance(each, Exception)]:
            raise ExceptionGroup("deliveries without an end", failures)

    async def _traced(self, claimed: Stored) -> Delivery | None:
        """Hand it over in the trace of what it tells of."""
        delivery = claimed.delivery
        kind = SpanKind.INTERNAL if delivery.channel is ChannelName.IN_APP else SpanKind.CLIENT
        name, cause = f"deliver {delivery.channel}", origin(delivery.traceparent)
        with span(self._ports.service, name, kind, under=cause, causes=[cause]) as own:
            outcome = await self._hand_over(claimed)
            state = outcome.state.value if outcome else TAKEN_OVER
            own.set_attribute("quce.delivery.state", state)
            if state != State.SENT:
                failed(own, state)
        return outcome

    async def _hand_over(self, claimed: Stored) -> Delivery | None:
        """What became of it; None where somebody else decided on it meanwhile, so that nothing was sent."""
        delivery, begun = claimed.delivery, False
        try:
            hand_over = await self._channels[delivery.channel].prepare(await self._outgoing(delivery))
            failpoint("notify.claim_to_sent")
            if not await self._deliveries.unchanged(claimed):
                return None
            begun = True
            await hand_over()
        except ChannelRefused as refusal:
            return delivery.failed(str(refusal), self._ports.clock.now())
        except ChannelUnsure as unsure:
            return self._unsure(delivery, str(unsure))
        except ChannelBusy as busy:
            return delivery.delayed(str(busy), self._ports.clock.now())
        except Exception:
            log.exception("delivery %s failed", delivery.id)
            reason = "发送时出现意外错误，已记入日志。"
            return self._unsure(delivery, reason) if begun else delivery.delayed(reason, self._ports.clock.now())
        return delivery.sent(self._ports.clock.now())

    def _unsure(self, delivery: Delivery, reason: str) -> Delivery:
        now = self._ports.clock.now()
        may_repeat = self._channels[delivery.channel].may_repeat(delivery.kind)
        return delivery.delayed(reason, now) if may_repeat else delivery.doubted(now, reason)

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
        ports = self._ports
        while not self._stopping:
            try:
                await under_lease(ports.leases, "notify-sender", ports.settings.replica, LENGTH, self._send_on)
            except Exception:
                log.exception("sending broke off; who sends next looks after what was under way")
            await self._rest()

    async def _send_on(self) -> None:
        await self.recover()
        while not self._stopping:
            await self.sweep()
            await self._rest()

    async def _rest(self) -> None:
        """Until there is something to send, or until a sweep is due."""
        if self._stopping:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SWEEP):
                await self._wake.wait()
        self._wake.clear()
