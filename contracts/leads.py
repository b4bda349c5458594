"""Events of the leads service: what happened to an investment lead, without any person's name or number."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.audit import Audited
from contracts.event import CutoffPassed, EventData
from contracts.letters import EventDied
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage

Origin = Literal["form", "api", "import", "enquiry", "system"]
LeadChange = Literal["stage", "facts", "details", "owner", "follow_up", "enquiry"]


class Part(BaseModel):
    """A part of an event's data."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class InvestorRef(Part):
    """The investor's identity and display name; a confidential lead shows a code name."""

    id: str
    name: str


class ClockReading(Part):
    """One running, met or stopped clock of a lead; instants are UTC ISO text."""

    kind: Literal["respond", "protect"]
    started_at: str
    due_at: str
    met_at: str | None = None
    assumed: bool = False


class StageMove(Part):
    """One move along the stages, on its business date in Shanghai."""

    from_stage: Stage | None
    to_stage: Stage
    from_state: LeadState | None
    to_state: LeadState
    on: str


class LeadSnapshot(EventData):
    """Everything other services may know of a lead after a change."""

    lead_id: str
    lead_revision: int
    readers: list[str]
    office: str
    zone: str
    stage: Stage
    state: LeadState
    owner: str
    investor: InvestorRef
    title: str
    confidential: bool
    source_mode: SourceMode
    facts: dict[str, FactValue]
    clocks: list[ClockReading]
    first_contact_on: str | None = None
    registered_on: str
    updated_on: str
    last_follow_up_on: str | None = None
    signed_on: str | None = None
    signed_amount: Amount | None = None
    origin: Origin
    import_id: str | None = None


class LeadRegistered(LeadSnapshot):
    """A lead was registered."""

    event_type: ClassVar[str] = "quce.lead.registered.v1"


class LeadChanged(LeadSnapshot):
    """A lead moved, was followed up or learned something; ``move`` where its stage or state changed."""

    event_type: ClassVar[str] = "quce.lead.changed.v1"

    change: LeadChange
    move: StageMove | None = None


class ImportCounts(Part):
    """How a ledger's rows ended."""

    rows: int = 0
    created: int = 0
    linked: int = 0
    refused: int = 0
    with_problems: int = 0


class ImportFinished(EventData):
    """All rows of a ledger are handled; one notification goes to the importer."""

    event_type: ClassVar[str] = "quce.import.finished.v1"

    import_id: str
    importer: str
    readers: list[str]
    file_name: str = Field(max_length=200)
    counts: ImportCounts


class PartnerAnswered(EventData):
    """The office wrote back to a partner's organisation, about a project of theirs or an enquiry; not what it wrote."""

    event_type: ClassVar[str] = "quce.partner.answered.v1"

    org: str
    about: Literal["project", "enquiry"]
    id: str
    title: str


class LeadsCutoffPassed(CutoffPassed):
    """The leads service has published everything of the week."""

    event_type: ClassVar[str] = "quce.leads.cutoff_passed.v1"


class LeadsAudited(Audited):
    """Something was done in the leads service."""

    event_type: ClassVar[str] = "quce.leads.audited.v1"


class LeadsEventDied(EventDied):
    """The leads service could not handle an event."""

    event_type: ClassVar[str] = "quce.leads.event_died.v1"
