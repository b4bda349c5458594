"""Keeps recipients and read marks: what people set themselves."""

from __future__ import annotations

from typing import Any

from contracts.audit import AuditedChange
from kit.auth import Principal
from kit.clock import to_text
from kit.events import Event
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope
from services.notify.auditing import to_save, told
from services.notify.errors import AddressMissing, NotificationNotFound
from services.notify.model.person import ADMINISTRATORS, own_reader
from services.notify.repository.amend import amend
from services.notify.repository.collections import NOTIFICATIONS, RECIPIENTS
from services.notify.repository.deliveries import own_scope
from services.notify.schemas import RecipientInput

AT_ONCE = 200


async def put_recipient(ports: Ports, principal: Principal, account: str, said: RecipientInput) -> Record:
    """Set where somebody is reached; repeating it changes nothing more."""
    now = to_text(ports.clock.now())
    readers = frozenset({own_reader(account), ADMINISTRATORS})
    fields = said.model_dump(mode="json")

    def change(record: Record) -> Record:
        created = record.body.get("created_at", now)
        return record.with_body({"schema": 1, "created_at": created, "updated_at": now, **fields}, readers)

    def tell(before: Record, _after: Record) -> list[Event]:
        altered = [AuditedChange(field=name) for name, value in fields.items() if before.body.get(name) != value]
        if before.revision == 0 or not altered:
            return []
        subject = f"recipient:{account}"
        return to_save(ports, before, told(ports, principal, "recipient.changed", subject, changes=altered))

    return await amend(ports.store, RECIPIENTS.name, account, {}, change, tell)


async def require_address(ports: Ports, account: str) -> None:
    """Stop where somebody cannot be reached by mail.

    Raises:
        AddressMissing: they have no address.
    """
    record = await ports.store.get(RECIPIENTS.name, Scope.of({ADMINISTRATORS}), account)
    if record is None or not record.body.get("email"):
        raise AddressMissing("没有登记邮箱，不能邮寄；请在账号页补上邮箱，或把链接直接交给本人。")


async def mark_read(ports: Ports, principal: Principal, id: str) -> Record:
    """Mark one of one's own notifications as read.

    Raises:
        NotificationNotFound: there is none, or it is somebody else's.
    """
    scope = own_scope(principal.account)
    if await ports.store.get(NOTIFICATIONS.name, scope, id) is None:
        raise NotificationNotFound("没有这条通知，可能属于他人；请回到通知列表重新打开。")
    return await amend(ports.store, NOTIFICATIONS.name, id, {}, _reader(to_text(ports.clock.now())))


async def mark_all_read(ports: Ports, principal: Principal) -> None:
    """Mark everything one has as read."""
    scope, mark = own_scope(principal.account), _reader(to_text(ports.clock.now()))
    unread = [Eq("unread", 1)]
    while records := (await ports.store.find(NOTIFICATIONS.name, scope, unread, limit=AT_ONCE)).records:
        for record in records:
            await amend(ports.store, NOTIFICATIONS.name, record.id, {}, mark)


def _reader(now: str) -> Any:
    def read(record: Record) -> Record | None:
        if not record.body["unread"]:
            return None
        return record.with_body(record.body | {"unread": 0, "read_at": now})

    return read
