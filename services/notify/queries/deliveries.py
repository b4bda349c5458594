"""Answers about deliveries: how far each is, why one failed, what it is about by its id alone."""

from __future__ import annotations

from typing import Any

from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Record, Scope, Sort
from kit.web import PageOf, Paging
from services.notify.errors import DeliveryNotFound
from services.notify.model.person import ADMINISTRATORS
from services.notify.queries.weeks import named_week
from services.notify.repository.collections import DELIVERIES, RECIPIENTS
from services.notify.repository.deliveries import own_scope
from services.notify.repository.selecting import Wanted
from services.notify.schemas import DeliveryAnswer, DeliveryFilter, DeliveryOpened, Tried

_SHOWN = (
    "event", "kind", "recipient", "channel", "state", "attempts", "reason", "created_at", "next_at", "finished_at",
)  # fmt: skip


def wanted(filter: DeliveryFilter, state: str | None) -> Wanted:
    """The deliveries that a caller means.

    Raises:
        WeekInvalid: there is no such week.
    """
    week = named_week(filter.week) if filter.week is not None else None
    return Wanted(state, filter.channel, filter.recipient, week)


async def deliveries(ports: Ports, principal: Principal, wanted: Wanted, paging: Paging) -> PageOf[DeliveryAnswer]:
    """Deliveries, the newest first: everybody's for an administrator, else one's own."""
    page = await ports.store.find(
        DELIVERIES.name,
        scope_of(principal),
        wanted.clauses,
        sort=Sort("created_at", True),
        limit=paging.limit,
        cursor=paging.cursor,
    )
    return PageOf[DeliveryAnswer](items=[_listed(each, principal) for each in page.records], next=page.next)


async def delivery(ports: Ports, principal: Principal, id: str) -> DeliveryOpened:
    """One delivery with its attempts and the masked address it goes to.

    Raises:
        DeliveryNotFound: there is none, or it is somebody else's.
    """
    record = await ports.store.get(DELIVERIES.name, scope_of(principal), id)
    if record is None:
        raise DeliveryNotFound("没有这条投递，可能属于他人；请回到投递记录重新打开。")
    recipient = await ports.store.get(RECIPIENTS.name, scope_of(principal), record.body["recipient"])
    email = recipient.body["email"] if recipient and record.body["channel"] == "email" else None
    return DeliveryOpened(
        **_fields(record, principal),
        revision=record.revision,
        about=_about(record),
        address=masked_address(email) if email else None,
        tries=[Tried(**each) for each in record.body.get("tries", ())],
        decided=_decided(record),
    )


def masked_address(email: str) -> str:
    """An address of which its owner still knows that it is theirs."""
    user, _, domain = email.rpartition("@")
    return f"{user[:1]}***@{domain}"


def scope_of(principal: Principal) -> Scope:
    """Everybody's for an administrator, else one's own."""
    if principal.role == "administrator":
        return Scope.of({ADMINISTRATORS})
    return own_scope(principal.account)


def _listed(record: Record, principal: Principal) -> DeliveryAnswer:
    return DeliveryAnswer(**_fields(record, principal))


def _fields(record: Record, principal: Principal) -> dict[str, Any]:
    """Administrators see how it went and the id it was about, not what it says."""
    own = record.body["recipient"] == principal.account
    return {
        "id": record.id,
        "link": record.body["link"] if own else None,
        **{name: record.body[name] for name in _SHOWN},
    }


def _about(record: Record) -> str:
    """``leads/018f…`` or ``digests/2026-W48``: what it leads to, without its title."""
    link: str = record.body["link"]
    return "/".join(link.strip("/").split("?")[0].split("/")[:3])


def _decided(record: Record) -> dict[str, Any] | None:
    decided = record.body.get("decided")
    return {name: decided[name] for name in ("by", "at", "why")} if decided else None
