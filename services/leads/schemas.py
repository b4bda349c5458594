"""What the leads API takes and gives."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.leads import ClockReading, ImportCounts, InvestorRef, Origin, StageMove
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactsInput, FactValue
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from contracts.vocabulary.zones import ZoneId
from kit.web import Answer, StrictModel

Name = Annotated[str, Field(min_length=1, max_length=200)]
ShortText = Annotated[str, Field(max_length=500)]
LongText = Annotated[str, Field(max_length=20_000)]
MoneyInput = (
    Annotated[int, Field(ge=0, le=10**15, description="分")] | Annotated[str, Field(min_length=1, max_length=100)]
)


class InvestorInput(StrictModel):
    """The investor as the officer knows it."""

    name: Name
    unified_social_credit_code: Annotated[str, Field(max_length=40)] | None = None


class ContactInput(StrictModel):
    """A person at the investor; stored encrypted, shown masked."""

    name: Annotated[str, Field(min_length=1, max_length=50)]
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=200)] | None = None
    position: Annotated[str, Field(max_length=100)] | None = None


class FirstContactInput(StrictModel):
    """When the investor was first spoken to, and what shows it."""

    date: date
    evidence: ShortText | None = None


class LeadInput(StrictModel):
    """A lead to register; only investor, title and source mode are required."""

    title: Name
    zone: ZoneId | None = Field(None, description="意向落户区；不填则为本单位所在区")
    source_mode: SourceMode
    investor: InvestorInput
    facts: FactsInput = FactsInput()
    contact: ContactInput | None = None
    first_contact: FirstContactInput | None = None
    summary: LongText = ""
    referrer: Annotated[str, Field(max_length=100)] | None = None
    confidential: bool = False


class LeadPatch(StrictModel):
    """What to change; a fact given as null is forgotten."""

    title: Name | None = None
    zone: ZoneId | None = None
    source_mode: SourceMode | None = None
    summary: LongText | None = None
    referrer: Annotated[str, Field(max_length=100)] | None = None
    confidential: bool | None = None
    facts: FactsInput | None = None


class StageInput(StrictModel):
    """A move: a stage, ``on_hold``, ``closed`` or ``resume``."""

    to: Stage | Literal["on_hold", "closed", "resume"]
    on: date | None = Field(None, description="办理日期，默认今天")
    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    signed_amount: MoneyInput | None = None


class AssignInput(StrictModel):
    """The officer who takes over."""

    owner: Annotated[str, Field(min_length=1, max_length=100)]


class FollowUpInput(StrictModel):
    """What was done, and what comes next."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    on: date | None = Field(None, description="跟进日期，默认今天")
    next_plan: ShortText | None = None
    next_on: date | None = None


class Receipt(Answer):
    """What a change answers: enough to go on, nothing of a contact."""

    id: str
    revision: int
    stage: Stage
    state: LeadState
    owner: str
    clocks: list[ClockReading]


class FollowUpReceipt(Answer):
    """A stored follow-up."""

    id: str
    lead_id: str
    on: str


class BestMatch(Answer):
    """The zone with the highest certain amount for a lead."""

    zone: str | None
    certain_fen: int
    possible_fen: int | None
    amount_unknown: int


class LeadItem(Answer):
    """A lead in a list."""

    id: str
    revision: int
    title: str
    investor: InvestorRef
    stage: Stage
    state: LeadState
    zone: str
    office: str
    owner: str
    owner_as_written: str | None
    source_mode: SourceMode
    total_investment: Amount | None
    fixed_asset_investment: Amount | None
    first_contact_on: str | None
    registered_on: str
    updated_on: str
    last_follow_up_on: str | None
    next_plan: str | None
    next_on: str | None
    clocks: list[ClockReading]
    best_match: BestMatch | None
    confidential: bool
    todo: list[str]
    import_id: str | None


class ContactItem(Answer):
    """A contact, masked."""

    id: str
    lead_id: str
    name_masked: str
    phone_masked: str | None
    email_masked: str | None
    position: str | None


class InvestorDetail(Answer):
    """An investor."""

    id: str
    name: str
    unified_social_credit_code: str | None
    code_valid: bool | None


class Repeat(Answer):
    """A ledger row that turned out to be this lead."""

    import_id: str
    row: int


class LegalMove(Answer):
    """Where a lead may go next."""

    to: str
    label: str
    needs: list[str]


class LeadDetail(LeadItem):
    """A lead's page."""

    facts: dict[str, FactValue]
    summary: str
    referrer: str | None
    first_contact_evidence: str | None
    investor_detail: InvestorDetail
    contacts: list[ContactItem]
    moves: list[StageMove]
    legal_moves: list[LegalMove]
    repeats: list[Repeat]
    signed_on: str | None
    signed_amount: Amount | None
    origin: Origin
    created_at: str
    updated_at: str


class BoardColumn(Answer):
    """One stage of the board: how many leads, and their total investment as stated in yuan (lower ends)."""

    stage: Stage
    count: int
    total_fen: int | str


class Board(Answer):
    """The board's heads."""

    columns: list[BoardColumn]
    on_hold: int
    closed: int


class Change(Answer):
    """One field before and after."""

    field: str
    before: Any = None
    after: Any = None


class TimelineItem(Answer):
    """Something that happened to a lead."""

    kind: Literal["registered", "stage", "facts", "details", "owner", "follow_up", "repeat"]
    at: str
    on: str
    by: str
    text: str | None = None
    move: StageMove | None = None
    changes: list[Change] = Field(default_factory=list)


class FollowUpItem(Answer):
    """A follow-up."""

    id: str
    at: str
    on: str
    by: str
    text: str
    next_plan: str | None
    next_on: str | None


class Progress(Answer):
    """How far long work is, in rows."""

    done: int
    total: int | None


class Job(Answer):
    """Long work under way or ended."""

    id: str
    kind: Literal["import"]
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    progress: Progress
    detail: str | None
    created_at: str
    finished_at: str | None


class ImportSummary(Job):
    """One ledger import."""

    import_id: str
    file_name: str
    importer: str
    counts: ImportCounts


class RowProblem(Answer):
    """A cell that could not be read as what its column holds."""

    column: str
    value: str
    message: str


class ImportRow(Answer):
    """How one row of a ledger ended."""

    row: int
    result: Literal["created", "linked", "refused"]
    lead: str | None
    title: str | None
    investor: str | None
    unified_social_credit_code: str | None
    code_valid: bool | None
    total_investment: Amount | None
    fixed_asset_investment: Amount | None
    stage: str | None
    zone: str | None
    source_mode: str | None
    first_contact: str | None
    updated: str | None
    problems: list[RowProblem]


class ImportReport(Answer):
    """A finished import with all its rows."""

    import_id: str
    counts: ImportCounts
    rows: list[ImportRow]
