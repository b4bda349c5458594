"""Answers about recipients and notifications."""

from __future__ import annotations

from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Record
from kit.web import PageOf, Paging
from services.notify.errors import RecipientNotFound
from services.notify.queries.deliveries import scope_of
from services.notify.repository.collections import RECIPIENTS
from services.notify.repository.deliveries import Notifications
from services.notify.schemas import Notification, Recipient


async def recipient(ports: Ports, principal: Principal, account: str) -> Record:
    """Where somebody is reached: for administrators, and one's own.

    Raises:
        RecipientNotFound: there is none, or it is somebody else's.
    """
    record = await ports.store.get(RECIPIENTS.name, scope_of(principal), account)
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
