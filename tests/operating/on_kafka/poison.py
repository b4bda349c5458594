"""Messages of every kind that a service cannot handle, or might be thought unable to, as a stranger would send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from kit.events import Event
from operating.reading import DAMAGED, NO_EVENT, TOO_LARGE
from tests.operating.on_kafka.stranger import NotText, Sent, Stranger, lead_event, own_partition, summed
from tests.operating.on_kafka.traffic import PARTITIONS, TOPIC

EVERY_GROUP = ("notify-deliveries", "notify-projections")


@dataclass(frozen=True, slots=True)
class Kind:
    """What is sent, and what must become of it: the state and the beginning of the reason, in which groups."""

    value: bytes | None
    state: str
    reason: str
    groups: tuple[str, ...] = EVERY_GROUP
    headers: tuple[tuple[str, bytes], ...] = ()


@cache
def kinds(number: int) -> Mapping[str, Kind]:
    """One of each; ``number`` tells the rounds apart. Made once, not while latency is measured."""
    good = _lead("unread", number)
    wrong = good.model_copy(update={"data": {"lead_id": 7}})
    vanished = good.model_copy(update={"type": "quce.lead.vanished.v1"}).encode()
    later = good.model_copy(update={"type": "quce.lead.registered.v9"}).encode()
    return {
        "not-json": Kind(b"{nonsense", "unreadable", NO_EVENT),
        "not-text": Kind(b"\xff\xfe\x00\x80", "unreadable", NO_EVENT),
        "no-event": Kind(b'{"specversion":"1.0","data":{}}', "unreadable", NO_EVENT),
        "nested": Kind(b"[" * 50_000, "unreadable", NO_EVENT),
        "tombstone": Kind(None, "unreadable", NO_EVENT),
        "huge": Kind(b"x" * 1_000_000, "unreadable", TOO_LARGE),
        "bad-sum": Kind(good.encode(), "unreadable", DAMAGED, headers=(("crc32", b"00000000"),)),
        "bad-header": Kind(good.encode(), "unreadable", DAMAGED, headers=((NotText("name"), b"x"),)),
        "vanished": Kind(vanished, "unknown", "本版本不认识的事件类型 quce.lead.vanished.v1", headers=_sum(vanished)),
        "later": Kind(later, "unknown", "本版本不认识的事件类型 quce.lead.registered.v9", headers=_sum(later)),
        "wrong": Kind(wrong.encode(), "dead", "ValidationError: ", headers=_sum(wrong.encode())),
        "trouble": Kind(_lead("trouble", number).encode(), "dead", "RuntimeError (", ("notify-projections",)),
    }


def harmless(number: int) -> Mapping[str, Event]:
    """What looks odd and is handled all the same."""
    return {name: _lead(name, number) for name in ("unsigned", "keyless", "later-fields")}


def send(stranger: Stranger, name: str, number: int, kind: Kind) -> Sent:
    """Send one, with a key of its own."""
    key = f"lead-{name}-{number}"
    return stranger.send(TOPIC, key, kind.value, kind.headers, own_partition(key, PARTITIONS))


def send_harmless(stranger: Stranger, name: str, event: Event) -> None:
    """Send one of those: without a checksum, without a key, with fields of a later minor version."""
    if name == "later-fields":
        facts = {"jobs": {"value": 1, "source": {"kind": "officer", "id": None, "desk": "x"}, "unit": "人"}}
        event = event.model_copy(update={"data": event.data | {"facts": facts, "mood": {"now": "good"}}})
    stranger.send(TOPIC, None if name == "keyless" else event.partitionkey, event.encode(), partition=0)


def _lead(name: str, number: int) -> Event:
    return lead_event(f"lead-{name}-{number}", 1)


def _sum(value: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple(summed(value))
