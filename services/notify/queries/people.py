"""Answers about recipients, notifications and deliveries."""

from __future__ import annotations

from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Sort
from kit.web import PageOf, Paging
from services.notify.errors import RecipientNotFound
from services.notify.model.person import ADMINISTRATORS
from services.notify.repository.collections import DELIVERIES, RECIPIENTS
from services.notify.repository.deliveries import Notifications, own_scope
from services.notify.schemas import DeliveryAnswer, Notification, Recipient


async def recipient(ports: Ports, principal: Principal, account: str) -> Record:
    """Where somebody is reached: for administrators, and one's own.

    Raises:
        RecipientNotFound: there is none, or it is somebody else's.
    """
    record = await ports.store.get(RECIPIENTS.name, _scope(principal), account)
    if record is None:
        raise RecipientNotFound("没有这个账号的收件信息；管理员可用 PUT 登记姓名和邮箱。")
    return record


def recipient_answer(record: Record) -> Recipient:
    """A recipient as it is shown."""
    body = record.body
    fields = {name: body[name] for name in ("name", "email", "locale", "zones", "role", "updated_at")}
    return Recipient(account=record.id, **fields)


async def notifications(
    ports: Ports, principal: Principal, unread: bool | None, paging: Paging
) -> PageOf[Notification]:
    """One's own notifications, the newest first."""
    page = await Notifications(ports.store).page(principal.account, unread, paging.limit, paging.cursor)
    return PageOf[Notification](items=[notification_answer(each) for each in page.records], next=page.next)


def notification_answer(record: Record) -> Notification:
    """A notification as it is shown."""
    fields = {name: record.body[name] for name in ("kind", "title", "link", "at", "read_at", "lead_id")}
    return Notification(id=record.id, **fields)


async def unread_count(ports: Ports, principal: Principal) -> int:
    """How many of one's notifications wait to be read."""
    return await Notifications(ports.store).unread(principal.account)


async def deliveries(
    ports: Ports, principal: Principal, state: str | None, channel: str | None, paging: Paging
) -> PageOf[DeliveryAnswer]:
    """Deliveries, the newest first: everybody's for an administrator, else one's own."""
    where = [Eq(name, value) for name, value in (("state", state), ("channel", channel)) if value is not None]
    page = await ports.store.find(
        DELIVERIES.name,
        _scope(principal),
        where,
        sort=Sort("created_at", True),
        limit=paging.limit,
        cursor=paging.cursor,
    )
    return PageOf[DeliveryAnswer](items=[_delivery(each, principal) for each in page.records], next=page.next)


_SHOWN = (
    "event", "kind", "recipient", "channel", "state", "attempts", "reason", "created_at", "next_at", "finished_at",
)  # fmt: skip


def _delivery(record: Record, principal: Principal) -> DeliveryAnswer:
    """Administrators see how it went, not which lead it was about."""
    own = record.body["recipient"] == principal.account
    return DeliveryAnswer(
        id=record.id, link=record.body["link"] if own else None, **{name: record.body[name] for name in _SHOWN}
    )


def _scope(principal: Principal) -> Scope:
    if principal.role == "administrator":
        return Scope.of({ADMINISTRATORS})
    return own_scope(principal.account)
