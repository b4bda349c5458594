"""What administrators decide about deliveries that did not arrive: send again, take as sent, leave out.

One decision is one save of the delivery with its receipt and what the audit log is told. Sending many again is
an aggregate of its own, which a repeated request resumes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from contracts.audit import AuditedChange
from kit.auth import Principal
from kit.errors import AlreadyExists, Stale
from kit.events import Event
from kit.ports import Ports
from kit.store.port import Record, Scope
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id
from services.notify.auditing import to_save, told
from services.notify.commands.sending import Sender
from services.notify.errors import DeliveriesChanged, DeliveryNotFound, DeliverySettled, ReasonMissing
from services.notify.model.delivery import ChannelName, Delivery, IllegalMove, State
from services.notify.model.person import ADMINISTRATORS
from services.notify.repository.collections import DELIVERIES, RETRIES
from services.notify.repository.deliveries import Deliveries, Stored, record_of, stored_in
from services.notify.repository.selecting import Wanted

AT_ONCE = 1000
_SCOPE = Scope.of({ADMINISTRATORS})
_ACTS = {State.QUEUED: "delivery.retried", State.SENT: "delivery.confirmed", State.DISCARDED: "delivery.discarded"}


@dataclass(frozen=True, slots=True)
class Failed:
    """The failed deliveries of a filter."""

    deliveries: tuple[str, ...]
    recipients: Counter[str]
    channels: Counter[str]


class Desk:
    """The decisions of one administrator."""

    def __init__(self, ports: Ports, sender: Sender, principal: Principal) -> None:
        self._ports, self._sender, self._principal = ports, sender, principal
        self._deliveries = Deliveries(ports.store)

    async def decide(self, id: str, revision: int, to: State, why: str | None, key: str) -> dict[str, Any]:
        """Send it again, take it as sent or leave it out; what is in doubt, and every end, takes a reason.

        Raises:
            DeliveryNotFound: there is none.
            DeliverySettled: nothing of the kind can be decided about it.
            ReasonMissing: it takes a reason.
            Stale: it changed meanwhile.
        """
        request = RequestKey.of(key, {"why": why}, to.value, id)
        record = await self._ports.store.get(DELIVERIES.name, _SCOPE, id)
        if record is None:
            raise DeliveryNotFound("没有这条投递；请回到投递记录重新打开。")
        known = replay(record, request)
        if known is not None:
            return known
        if record.revision != revision:
            raise Stale("这条投递的状态刚刚变了，请刷新后再决定。")
        before = stored_in(record)
        after = self._decided(before.delivery, to, why)
        receipt = {"id": id, "state": after.state.value, "revision": revision + 1}
        saved = await self._deliveries.decide(
            remember(record_of(after, before), request, receipt), self._told(before, after, why)
        )
        await self._hand_on(saved)
        return receipt

    async def count(self, wanted: Wanted) -> Failed:
        """What sending a filter's failed deliveries again would do now."""
        ids: list[str] = []
        recipients, channels = Counter[str](), Counter[str]()
        async for record in self._ports.store.scan(DELIVERIES.name, _SCOPE, wanted.clauses):
            if len(ids) == AT_ONCE:
                break
            ids.append(record.id)
            recipients[record.body["recipient"]] += 1
            channels[record.body["channel"]] += 1
        return Failed(tuple(ids), recipients, channels)

    async def retry_all(self, wanted: Wanted, expected: int, request: RequestKey) -> dict[str, Any]:
        """Send again all that the dry run counted; a repeated request ends what an earlier one began.

        Raises:
            DeliveriesChanged: there are more or fewer than expected.
        """
        id = derive_id(self._ports.secret, "delivery-retries", self._principal.account, request.key)
        act = await self._ports.store.get(RETRIES.name, _SCOPE, id) or await self._begin(id, wanted, expected, request)
        receipt = replay(act, request)
        assert receipt is not None  # noqa: S101 - the act was saved with it
        for delivery in act.body["deliveries"]:
            await self._retry(delivery, id)
        return receipt

    async def _begin(self, id: str, wanted: Wanted, expected: int, request: RequestKey) -> Record:
        found = await self.count(wanted)
        count = len(found.deliveries)
        if count != expected:
            raise DeliveriesChanged(f"现在是 {count} 条，与试算时的 {expected} 条不同；请重新试算后再确认。")
        record = Record(id, {"schema": 1, "deliveries": list(found.deliveries)}, frozenset({ADMINISTRATORS}))
        act = told(self._ports, self._principal, "deliveries.retried", f"delivery_retry:{id}", label=str(count))
        events = to_save(self._ports, record, act)
        try:
            return await self._ports.store.save(RETRIES.name, remember(record, request, {"count": count}), events)
        except AlreadyExists:
            return await self._ports.store.get(RETRIES.name, _SCOPE, id) or record

    async def _retry(self, id: str, act: str) -> None:
        record = await self._ports.store.get(DELIVERIES.name, _SCOPE, id)
        if record is None or record.body["state"] != State.FAILED:
            return
        if (record.body.get("decided") or {}).get("act") == act:
            return
        before = stored_in(record)
        after = before.delivery.again(self._principal.account, None, self._ports.clock.now(), act)
        try:
            saved = await self._deliveries.decide(record_of(after, before))
        except Stale:
            return
        await self._hand_on(saved)

    def _decided(self, delivery: Delivery, to: State, why: str | None) -> Delivery:
        now, by = self._ports.clock.now(), self._principal.account
        if why is None and (to is not State.QUEUED or delivery.state is State.IN_DOUBT):
            raise ReasonMissing("请写明理由，例如「已电话确认收到」。")
        try:
            return delivery.again(by, why, now) if to is State.QUEUED else delivery.settled(to, by, why or "", now)
        except IllegalMove as error:
            raise DeliverySettled("没有送达的才能重新发送，不能确定的才能标为已发送；请刷新后查看状态。") from error

    async def _hand_on(self, stored: Stored) -> None:
        if stored.delivery.state is not State.QUEUED:
            return
        if stored.delivery.channel is ChannelName.IN_APP:
            await self._sender.send(stored)
        else:
            self._sender.wake()

    def _told(self, before: Stored, after: Delivery, why: str | None) -> list[Event]:
        change = AuditedChange(field="state", before=before.delivery.state.value, after=after.state.value)
        what, label = _ACTS[after.state], after.kind.value
        said = told(self._ports, self._principal, what, f"delivery:{after.id}", label=label, changes=[change], why=why)
        return to_save(self._ports, record_of(after, before), said)
