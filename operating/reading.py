"""What a consumer takes for an event: whole, short enough, and of a type that this version knows."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError

from kit.bus.port import Delivery
from kit.events import MAX_EVENT_BYTES, Event
from operating.masking import identifier
from operating.outbox import CHECKSUM, checksum
from operating.parking import UNKNOWN, UNREADABLE

NO_EVENT = "不是有效的 CloudEvents 消息"
DAMAGED = "消息与发出时的校验和不符，内容可能已损坏"
TOO_LARGE = f"消息超过 {MAX_EVENT_BYTES // 1024} KiB，不是本系统发出的"


class Unreadable(ValueError):
    """It can be set aside alone, since nothing tells what it would have changed; the text says why."""

    state = UNREADABLE


class UnknownType(Unreadable):
    """A newer version may have a handler for it."""

    state = UNKNOWN


def read(delivery: Delivery, known: Collection[str]) -> Event:
    """The event in a message.

    Raises:
        Unreadable: there is none, or one that must not be believed.
        UnknownType: it is none of these.
    """
    if len(delivery.value) + len(delivery.key) > MAX_EVENT_BYTES:
        raise Unreadable(TOO_LARGE)
    given = delivery.headers.get(CHECKSUM)
    if not (delivery.intact if given is None else given == checksum(delivery.value)):
        raise Unreadable(DAMAGED)
    return decode(delivery.value, known)


def decode(value: bytes, known: Collection[str]) -> Event:
    """The event in the bytes of a message that is as it was sent.

    Raises:
        Unreadable: there is none.
        UnknownType: it is none of these.
    """
    try:
        event = Event.decode(value)
    except ValidationError as error:
        raise Unreadable(NO_EVENT) from error
    if event.type not in known:
        raise UnknownType(f"本版本不认识的事件类型 {identifier(event.type)}；升级后可以重放")
    return event
