"""What notify's routes take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.form import WEEK
from kit.web import Answer, StrictModel
from services.notify.schemas.recipients import PLAIN
from services.notify.schemas.recipients import InvitationInput as InvitationInput
from services.notify.schemas.recipients import Recipient as Recipient
from services.notify.schemas.recipients import RecipientInput as RecipientInput

DeliveryState = Literal["queued", "sending", "sent", "failed", "in_doubt", "discarded"]
ChannelOf = Literal["in_app", "email", "webhook"]
Why = Annotated[str, PLAIN, Field(min_length=2, max_length=300, pattern=r"\S\S")]
Number = int | str
"""Fen or a count; text where JSON would lose digits."""


class Notification(Answer):
    """Something to know, by its title and where to see it."""

    id: str
    kind: str
    title: str
    link: str
    at: str
    read_at: str | None
    lead_id: str | None


class Unread(Answer):
    """How many notifications wait to be read."""

    unread: int


class DeliveryAnswer(Answer):
    """How far a delivery is. What it says is shown to its recipient only."""

    id: str
    event: str
    kind: str
    recipient: str
    channel: str
    state: DeliveryState
    attempts: int
    reason: str | None
    link: str | None
    created_at: str
    next_at: str | None
    finished_at: str | None


class Tried(Answer):
    """One attempt."""

    at: str
    outcome: Literal["sent", "delayed", "failed", "in_doubt"]
    reason: str | None


class DecisionMade(Answer):
    """What a person decided."""

    by: str
    at: str
    why: str | None


class DeliveryOpened(DeliveryAnswer):
    """A delivery with its attempts; ``about`` is the kind and id of what it leads to."""

    revision: int
    about: str
    address: str | None
    tries: list[Tried]
    decided: DecisionMade | None


class DeliveryFilter(StrictModel):
    """Which deliveries; what is left out means any."""

    channel: ChannelOf | None = None
    recipient: str | None = Field(None, min_length=1, max_length=100)
    week: Annotated[str, WEEK] | None = None


class RetryInput(DeliveryFilter):
    """``expected`` is how many the dry run counted."""

    expected: int = Field(ge=0, le=10_000)


class RetryDecision(StrictModel):
    """Sending again takes a reason where the delivery is in doubt."""

    reason: Why | None = None


class ReasonInput(StrictModel):
    """Why."""

    reason: Why


class DeliveryReceipt(Answer):
    """A delivery after a decision."""

    id: str
    state: DeliveryState
    revision: int


class RetryCount(Answer):
    """What sending again would do: how many, to whom, over which channels."""

    count: int
    recipients: dict[str, int]
    channels: dict[str, int]


class RetryReceipt(Answer):
    """How many were queued again."""

    count: int


class RecordValues(Answer):
    """A record as the digest shows it; what does not apply is null."""

    title: str
    investor: str | None = None
    zone: str | None = None
    from_stage: str | None = None
    stage: str | None = None
    state: str | None = None
    target: str | None = None
    owner: str | None = None
    on: str | None = None
    amount: Amount | None = None
    clock: Literal["respond", "protect"] | None = None
    due_at: str | None = None
    assumed: bool | None = None
    best_zone: str | None = None
    certain_fen: int | None = None
    possible_fen: int | None = None
    amount_unknown: int | None = None
    standing: list[str] | None = None
    created: int | None = None
    linked: int | None = None
    refused: int | None = None
    change: Literal["added", "removed", "amended"] | None = None


class FigureRecord(Answer):
    """One record behind a figure, with the values it had when the digest froze."""

    record: str
    kind: Literal["lead", "import"]
    link: str
    values: RecordValues


class Figure(Answer):
    """One number. ``value_high`` is null where a range has an open end; ``unit`` fen means money."""

    id: str
    label: str
    value: Number
    value_high: Number | None
    unit: str
    previous: Number | None
    target: Number | None
    definition: str
    definition_en: str
    note: str | None
    note_en: str | None
    records: str


class Section(Answer):
    """Figures that belong together, and the first of their records."""

    id: str
    title: str
    figures: list[Figure]
    items: list[FigureRecord]


class CorrectionAnswer(Answer):
    """更正: a figure of an earlier digest as it was told and as it is now."""

    id: str
    week: str
    figure: str
    label: str
    unit: str
    before: Number
    after: Number
    added: int
    removed: int
    amended: int
    records: str


class Digest(Answer):
    """The digest of a week; ``frozen_at`` null means a preview that still changes.

    ``in_doubt`` are the ways over which nobody knows whether it arrived.
    """

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True, populate_by_name=True)

    week: str
    title: str
    start: str = Field(alias="from")
    to: str
    scope: str
    as_of: str
    frozen_at: str | None
    sent_at: str | None
    sends_at: str
    unsent_reason: str | None
    in_doubt: list[ChannelOf]
    silent: list[str]
    standing: list[str]
    sections: list[Section]
    corrections: list[CorrectionAnswer]


class DigestListed(Answer):
    """A digest in the list."""

    week: str
    title: str
    frozen_at: str | None
    sent_at: str | None
    unsent_reason: str | None


class DigestSent(Answer):
    """What became of one manager's digest."""

    manager: str
    frozen_at: str
    sent_at: str | None
    silent: list[str]
    repeated: bool
    in_doubt: list[ChannelOf]


class SendAnswer(Answer):
    """What became of a week's digests."""

    week: str
    digests: list[DigestSent]


class ReportItem(Answer):
    """One bar or point: how many leads, their summed amount, and how many have none that can be summed."""

    id: str
    label: str
    count: int
    sum_fen: Number
    uncounted: int


class Report(Answer):
    """A chart's numbers with their definition."""

    name: str
    title: str
    definition: str
    definition_en: str
    as_of: str
    items: list[ReportItem]
