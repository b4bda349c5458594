"""The base of every event's data. Producers forbid unknown fields; consumers ignore them."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """What one event version says. ``event_type`` is its CloudEvents type."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_type: ClassVar[str]

    @classmethod
    def heard(cls, data: dict[str, Any]) -> Self:
        """Read what a producer sent, without the fields, in whatever depth, that this version does not know.

        Raises:
            pydantic.ValidationError: a known field is missing or malformed.
        """
        return cls.model_validate(data, extra="ignore")


class CutoffPassed(EventData):
    """A service has nothing older than this week's end left to publish.

    Sent to every partition of the service's topic, so that a reader knows when it has heard all.
    """

    week: str
    service: str
    partition: int
    partitions: int
