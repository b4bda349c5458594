"""What the leads API gives of leads and what belongs to them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from contracts.leads import ClockReading, InvestorRef, Origin, StageMove
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.personal_data import LegalBasis, NoticeGiven
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from kit.web import Answer


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


class Erasure(Answer):
    """What is left of a contact that was erased: when, by whom, why."""

    at: str
    by: str
    why: str


class ContactItem(Answer):
    """A contact, masked."""

    id: str
    lead_id: str
    revision: int
    name_masked: str
    phone_masked: str | None
    email_masked: str | None
    position: str | None
    legal_basis: LegalBasis | None
    notice_given: NoticeGiven | None
    purpose: str | None
    retain_until: str | None
    erased: Erasure | None


class ContactReceipt(Answer):
    """What a change of a contact answers: nothing of the person."""

    id: str
    revision: int
    lead_id: str


class ContactPlain(Answer):
    """A contact in the clear, for the moment only."""

    id: str
    name: str
    phone: str | None
    email: str | None


class Occurrence(Answer):
    """Where else a person is named: in what, when it was written, the words around it."""

    source: Literal["lead", "history", "follow_up", "import_row", "answer", "enquiry"]
    at: str | None
    excerpt: str


class Disclosure(Answer):
    """Somebody saw or exported a person's data."""

    kind: Literal["unmask", "export"]
    at: str
    by: str
    why: str


class ContactExport(Answer):
    """Everything that is kept of a person, where it came from and what for."""

    exported_at: str
    contact: ContactPlain
    former: list[str]
    position: str | None
    source: Origin
    legal_basis: LegalBasis | None
    notice_given: NoticeGiven | None
    purpose: str
    retain_until: str | None
    created_at: str
    occurrences: list[Occurrence]
    disclosures: list[Disclosure]


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
    partners: list[str] = Field(description="共享给哪些企业")
    decision: str | None
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
