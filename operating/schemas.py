"""What the routes of dead letters and of a service's state take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kit.web import Answer, Paging, StrictModel

State = Literal["waiting", "dead", "handled", "discarded", "unknown", "unreadable"]
Group = Annotated[str, Field(max_length=100, pattern=r"^[a-z0-9-]+$")]
Reason = Annotated[
    str, Field(min_length=2, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f]{2}[^\x00-\x1f\x7f]*$")
]


class Failure(Answer):
    """One attempt that failed."""

    at: str
    reason: str


class MaskedField(Answer):
    """A field of the event; its value is hidden unless its name is a technical one."""

    path: str
    value: str


class Waiting(Answer):
    """An event that waits."""

    event: str
    type: str
    at: str


class Decided(Answer):
    """What a person decided."""

    by: str
    at: str
    why: str | None


class LetterListed(Answer):
    """An event that failed, the first of its key, or a message that is none; ``behind`` is how many wait for it."""

    id: str
    revision: int
    group: str
    topic: str
    partition: int
    offset: int
    key: str
    event: str
    type: str
    state: State
    reason: str
    attempts: int
    parked_at: str
    failed_at: str | None
    behind: int


class Letter(LetterListed):
    """All that is shown of it."""

    failures: list[Failure]
    fields: list[MaskedField]
    lane: list[Waiting]
    decided: Decided | None


class DiscardInput(StrictModel):
    """Why the event may be left out."""

    reason: Reason


class Letters(Paging):
    """Which to list: of a state, of a group."""

    state: State | None = None
    group: Group | None = None


class ReplayFilter(StrictModel):
    """Which letters: those of one consumer group, or all."""

    group: Group | None = None


class ReplayInput(ReplayFilter):
    """``expected`` is how many keys the dry run counted."""

    expected: int = Field(ge=0, le=10_000)


class ReplayCount(Answer):
    """What starting all again does: keys, all the events that wait in them, keys by group."""

    lanes: int
    events: int
    groups: dict[str, int]


class LetterReceipt(Answer):
    """A letter after a decision."""

    id: str
    state: State
    revision: int


class GroupAnswer(Answer):
    """How far a consumer group is behind: events, seconds since the oldest unread was published; keys parked, dead."""

    group: str
    lag: int
    lag_seconds: int
    parked: int
    dead: int


class SystemAnswer(Answer):
    """How a service is."""

    service: str
    version: str
    outbox_seconds: int
    groups: list[GroupAnswer]
