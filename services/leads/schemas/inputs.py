"""What the leads API takes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.vocabulary.facts import FactsInput
from contracts.vocabulary.personal_data import LegalBasis, NoticeGiven
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import Stage
from contracts.vocabulary.zones import ZoneId
from kit.web import StrictModel

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
    legal_basis: LegalBasis | None = Field(None, description="处理个人信息的依据")
    notice_given: NoticeGiven | None = Field(None, description="在何处告知了本人")
    purpose: ShortText | None = Field(None, description="处理目的，默认为招商洽谈联络")
    retain_until: date | None = Field(None, description="保存到哪一天；默认最后一次跟进后三年")


class NewContact(ContactInput):
    """A contact for a lead that is there already; what allows it to be kept must be said."""

    lead_id: Annotated[str, Field(min_length=1, max_length=100)]
    legal_basis: LegalBasis
    notice_given: NoticeGiven


class ContactPatch(StrictModel):
    """What to correct about a contact; null empties a field."""

    name: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=200)] | None = None
    position: Annotated[str, Field(max_length=100)] | None = None
    legal_basis: LegalBasis | None = None
    notice_given: NoticeGiven | None = None
    purpose: ShortText | None = None
    retain_until: date | None = None


class ReasonInput(StrictModel):
    """Why somebody wants to see, export or erase a person's data."""

    reason: Annotated[str, Field(min_length=2, max_length=200)]


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
