"""An answer on record beside what would be said now."""

from __future__ import annotations

from typing import Literal

from contracts.vocabulary.facts import FactValue
from kit.web import Answer
from services.incentives.schemas.words import Day


class VersionThenAndNow(Answer):
    """A part that an answer is made with: the engine, the fact registry, the calendar or the catalogue."""

    name: Literal["engine", "facts", "calendar", "catalogue"]
    then: str
    now: str


class DifferenceAnswer(Answer):
    """One thing that would be said otherwise, and what explains it.

    ``because`` names the parts whose version changed; of today's answer the policies, as ``id@then>now`` with 0 for
    not in effect, or ``as_of`` where the day alone does.
    """

    zone: str
    policy: str | None
    condition: str | None
    what: str
    then: int | str | bool | None
    now: int | str | bool | None
    because: list[str]


class TodayAnswer(Answer):
    """What today's policies would give for the same facts, where it differs."""

    as_of: Day
    catalogue_version: str
    differences: list[DifferenceAnswer]


class ReplayAnswer(Answer):
    """An answer on record beside what would be said now, and what is on record of it.

    ``saved_at`` is when it was first given, to the account ``given_to``; null is a visitor. ``identical`` is null where
    its facts were not kept (answers of earlier releases) or its catalogue is gone. ``titles`` are those of the policies
    that differences name.
    """

    decision: str
    saved_at: str
    last_given_at: str | None
    given_to: str | None
    lead: str | None
    title: str | None
    facts: dict[str, FactValue]
    as_of: Day
    identical: bool | None
    versions: list[VersionThenAndNow]
    differences: list[DifferenceAnswer]
    today: TodayAnswer | None
    titles: dict[str, str]
