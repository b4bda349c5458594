"""Answers on record: saving one, and the list of those that somebody was given."""

from __future__ import annotations

from pydantic import Field

from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.zones import ZoneId
from kit.web import Answer, Paging
from services.incentives.schemas.eligibility import EligibilityInput
from services.incentives.schemas.words import Day


class DecisionInput(EligibilityInput):
    """What is asked as for ``/eligibility``, and whom the answer is sent to."""

    sent_to: ZoneId | None = Field(None, description="把结果交给哪个区：该区和市局的招商专员也能打开")


class DecisionFilter(Paging):
    """Which answers on record a list shows."""

    lead: str | None = Field(None, max_length=40, description="只看这条线索的：无论答复给谁")


class DecisionReceipt(Answer):
    """An answer on record: a visitor's may be opened by whoever knows its id."""

    id: str
    revision: int


class BestZone(Answer):
    """The zone that is sure to give most, or else could."""

    zone: ZoneId
    certain_fen: int
    possible_fen: int | None


class DecisionItem(Answer):
    """One answer that somebody was given.

    ``hidden``: it is about a lead that the reader may not see any more, and nothing else is told of it. ``facts`` are
    those that were asked about; a lead's are in the answer. ``best`` is null where no zone gives anything.
    """

    id: str
    saved_at: str
    last_given_at: str
    given_to: str | None
    as_of: Day
    lead: str | None
    title: str | None
    hidden: bool
    facts: dict[str, FactValue]
    zones: list[ZoneId] | None
    best: BestZone | None
