"""What a lead is: its fields, its readers, its history, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from contracts.leads import ClockReading, InvestorRef, Origin, StageMove
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from kit.clock import SHANGHAI, to_text

SCHEMA = 1
CITY = "city"
ORG = "org:"


class Stored(BaseModel):
    """A part of a stored document."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FirstContact(Stored):
    """When the investor was first spoken to, as a date or a month, and what shows it."""

    on: str | None = None
    evidence: str | None = None


class FieldChange(Stored):
    """One field before and after, as text a person reads."""

    field: str
    before: Any = None
    after: Any = None


class HistoryEntry(Stored):
    """What was done to a lead, when and by whom."""

    kind: Literal["registered", "stage", "facts", "details", "owner"]
    at: str
    on: str
    by: str
    reason: str | None = None
    move: StageMove | None = None
    changes: tuple[FieldChange, ...] = ()


class Lead(Stored):
    """One investment lead. ``office`` is the desk that holds it, ``zone`` where the investor means to settle."""

    schema_number: int = SCHEMA
    id: str
    revision: int = 0
    office: str
    zone: str
    shared_with: tuple[str, ...] = ()
    title: str
    investor: InvestorRef
    stage: Stage
    state: LeadState
    owner: str
    owner_as_written: str | None = None
    source_mode: SourceMode
    referrer: str | None = None
    summary: str = ""
    facts: dict[str, FactValue]
    first_contact: FirstContact = FirstContact()
    registered_on: str
    updated_on: str
    last_follow_up_on: str | None = None
    next_plan: str | None = None
    next_on: str | None = None
    clocks: tuple[ClockReading, ...] = ()
    signed_on: str | None = None
    signed_amount: Amount | None = None
    confidential: bool = False
    origin: Origin
    import_id: str | None = None
    import_row: int | None = None
    decision: str | None = None
    todo: tuple[str, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    created_at: str
    updated_at: str

    @property
    def readers(self) -> frozenset[str]:
        """Who may see it: the offices, and the partners it is shared with."""
        return self.offices | {f"{ORG}{partner}" for partner in self.partners}

    @property
    def offices(self) -> frozenset[str]:
        """Who may see everything that belongs to it: its desk, the city bureau, the desks it is shared with."""
        desk = () if self.office == CITY else (f"zone:{self.office}",)
        return frozenset((CITY, *desk, *(each for each in self.shared_with if not each.startswith(ORG))))

    @property
    def partners(self) -> tuple[str, ...]:
        """The organisations it is shared with, which see of it what a project shows and nothing else."""
        return tuple(each.removeprefix(ORG) for each in self.shared_with if each.startswith(ORG))

    @property
    def public_title(self) -> str:
        """The title as others see it: a code name where the lead is confidential."""
        return f"保密项目 {self.id[:4].upper()}" if self.confidential else self.title


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, at which instant, on which Shanghai date."""

    by: str
    at: str
    on: date

    @classmethod
    def of(cls, by: str, now: datetime) -> Self:
        """What somebody does at this instant, on its day in Shanghai."""
        return cls(by, to_text(now), now.astimezone(SHANGHAI).date())
