"""What a partner is shown of a lead that is shared with them, and of what they asked: models of their own.

Nothing of notes, follow-ups, sources, contacts, the office's matches or other organisations has a field here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.stages import Stage
from kit.web import Answer, StrictModel
from services.leads.schemas.enquiries import EnquiryState, PublicReply, Words

Progress = Literal[
    "received", "studying", "talking", "reviewing", "signed", "settling", "building", "running", "on_hold", "closed"
]
PROGRESS: Mapping[Stage, Progress] = {
    Stage.new: "received",
    Stage.assessing: "studying",
    Stage.negotiating: "talking",
    Stage.admission_review: "reviewing",
    Stage.signed: "signed",
    Stage.company_registered: "settling",
    Stage.land_supplied: "settling",
    Stage.construction_started: "building",
    Stage.in_production: "running",
    Stage.at_capacity: "running",
    Stage.paid_out: "running",
}
"""The stages as a company would say them; what is settled inside an office stays there."""


class ShareInput(StrictModel):
    """A partner's organisation."""

    org: Annotated[str, Field(min_length=1, max_length=100)]


class AnswerInput(ShareInput):
    """What the office writes back to a partner about a lead."""

    text: Words


class AnswerReceipt(Answer):
    """What was written back to a partner, by its id."""

    id: str
    lead_id: str
    at: str


class OfficeAnswer(PublicReply):
    """What the office wrote back to a partner, and who."""

    id: str
    org: str
    by: str


class Respond(Answer):
    """By when the office answers, and when it did."""

    due_at: str
    met_at: str | None


class Step(Answer):
    """When a project reached a stage."""

    progress: Progress
    on: str


class ProjectItem(Answer):
    """A lead in a partner's list."""

    id: str
    title: str
    zone: str
    progress: Progress
    moved_on: str
    respond: Respond | None


class Project(ProjectItem):
    """A lead as a partner follows it; the amounts are those they stated themselves."""

    steps: list[Step]
    amounts: dict[str, Amount]
    answers: list[PublicReply]


class AskedItem(Answer):
    """An enquiry of a partner's organisation, in a list."""

    id: str
    zone: str
    question: str
    state: EnquiryState
    asked_at: str
    respond: Respond


class Asked(AskedItem):
    """An enquiry of a partner's organisation."""

    amounts: dict[str, Amount]
    answers: list[PublicReply]
    message: str | None
    withdrawn_at: str | None
