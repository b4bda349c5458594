"""The envelope of every event: CloudEvents 1.0 in structured JSON, the same bytes on every bus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict

from kit.clock import to_text
from kit.errors import TooLarge
from kit.telemetry import traceparent

EVENTS_PER_REVISION = 100
MAX_EVENT_BYTES = 64 * 1024


class Payload(Protocol):
    """What an event says: a pydantic model that names its own type."""

    event_type: ClassVar[str]

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """The data as JSON types."""
        ...


class Event(BaseModel):
    """One CloudEvent.

    ``id`` is ``aggregate:revision:index`` and ``sequence`` is revision·100 + index, so that a reader
    may drop what it has seen and tell which of two events about one subject is the later.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    partitionkey: str
    sequence: int
    traceparent: str | None = None
    data: dict[str, Any]

    def encode(self) -> bytes:
        """The event as UTF-8 JSON.

        Raises:
            TooLarge: it is longer than :data:`MAX_EVENT_BYTES`.
        """
        value = self.model_dump_json(exclude_none=True).encode()
        if len(value) > MAX_EVENT_BYTES:
            raise TooLarge(f"这次改动要告知各方的内容超过 {MAX_EVENT_BYTES // 1024} KiB，没有保存；请精简或分次提交。")
        return value

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read :meth:`encode`'s bytes.

        Raises:
            pydantic.ValidationError: the bytes are no CloudEvent.
        """
        return cls.model_validate_json(value)


def envelop(
    payloads: Sequence[Payload],
    *,
    source: str,
    aggregate: str,
    revision: int,
    time: datetime,
    partition_key: str | None = None,
) -> list[Event]:
    """Wrap what happened to ``aggregate`` in the save that makes it ``revision``, with the trace it happened in.

    Raises:
        ValueError: more events than one revision may carry.
    """
    if len(payloads) > EVENTS_PER_REVISION:
        raise ValueError(f"at most {EVENTS_PER_REVISION} events a revision")
    return [
        Event(
            id=f"{aggregate}:{revision}:{index}",
            source=f"/quce/{source}",
            type=payload.event_type,
            subject=aggregate,
            time=to_text(time),
            partitionkey=partition_key or aggregate,
            sequence=revision * EVENTS_PER_REVISION + index,
            traceparent=traceparent() or None,
            data=payload.model_dump(mode="json"),
        )
        for index, payload in enumerate(payloads)
    ]
