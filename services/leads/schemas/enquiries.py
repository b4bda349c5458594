"""What the enquiry routes take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.vocabulary.facts import FactsInput, FactValue
from contracts.vocabulary.form import EMAIL
from contracts.vocabulary.zones import ZoneId
from kit.web import Answer, StrictModel

SAYS = r"\S"
"""Something shows: what is only spaces names nobody and asks nothing."""
Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=SAYS)]
Code = Annotated[str, Field(min_length=1, max_length=40, description="查询码，如 7K3M-9QXT-04WB-ZD5H")]
EnquiryState = Literal["received", "assigned", "answered", "closed"]


class EnquiryInput(StrictModel):
    """An enquiry; at least one of phone and mail, and the consent."""

    zone: ZoneId
    organisation: Annotated[str, Field(min_length=1, max_length=200, pattern=SAYS)]
    name: Annotated[str, Field(min_length=1, max_length=50, pattern=SAYS)]
    phone: Annotated[str, Field(min_length=5, max_length=40, pattern=r"[0-9]")] | None = None
    email: Annotated[str, Field(max_length=200), EMAIL] | None = None
    question: Words
    facts: FactsInput = FactsInput()
    decision: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None
    consent: Literal[True]


class EnquiryReceipt(Answer):
    """The tracking code, shown this once; partners also find the enquiry by its ``id`` among their projects."""

    id: str | None
    code: str
    received_at: str
    respond_by: str


class TrackInput(StrictModel):
    """A tracking code."""

    code: Code


class MessageInput(TrackInput):
    """One addition of the visitor's."""

    text: Words


class ReplyInput(StrictModel):
    """What the office writes back."""

    text: Words


class PublicReply(Answer):
    """What the office wrote back, without who wrote it."""

    text: str
    at: str


class Tracked(Answer):
    """An enquiry as whoever has its code sees it."""

    state: EnquiryState
    zone: str
    received_at: str
    respond_by: str
    question: str
    replies: list[PublicReply]
    message: str | None
    withdrawn_at: str | None


class OfficeReply(PublicReply):
    """What the office wrote back, and who."""

    by: str


class EnquiryItem(Answer):
    """An enquiry as the office sees it."""

    id: str
    revision: int
    lead_id: str | None
    zone: str
    organisation: str
    org: str | None = Field(description="以合作伙伴账号提交时，该账号所属的企业")
    question: str
    facts: dict[str, FactValue]
    decision: str | None
    at: str
    respond_by: str
    replies: list[OfficeReply]
    message: str | None
    message_at: str | None
    withdrawn_at: str | None


class DutyInput(StrictModel):
    """Who answers enquiries first; null: every officer of the zone."""

    officer: Annotated[str, Field(min_length=1, max_length=100)] | None


class Duty(Answer):
    """Who is on duty in a zone."""

    zone: str
    officer: str | None


def enquiry_item(id: str, revision: int, body: dict[str, Any]) -> EnquiryItem:
    """An enquiry as the office sees it, from what is stored."""
    names = EnquiryItem.model_fields.keys() - {"id", "revision"}
    return EnquiryItem(id=id, revision=revision, **{name: body[name] for name in names})
