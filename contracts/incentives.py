"""Events of the incentives service: what a lead could get, and changes of the catalogue."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contracts.audit import Audited
from contracts.event import CutoffPassed, EventData
from contracts.leads import Origin, Part
from contracts.letters import EventDied


class ZoneTotal(Part):
    """What one zone's policies come to in fen (possible null: unbounded), and how many amounts are unknown."""

    zone: str
    certain_fen: int
    possible_fen: int | None
    amount_unknown: int
    met: int
    unknown: int


class Outcome(Part):
    """What one policy came to for a lead, in fen (possible null: unbounded, or not to be told)."""

    verdict: Literal["met", "not_met", "unknown"]
    certain_fen: int
    possible_fen: int | None


class PolicyChange(Part):
    """A policy whose verdict or sum is another than in the match before; null where it did not count."""

    policy: str
    before: Outcome | None
    after: Outcome | None


class IncentivesMatched(EventData):
    """A lead was matched against every zone's policies, for the first time, anew, or with another result.

    Carries the lead's readers, owner and title onward, so that listeners need not wait for another topic. ``changes``
    are the first hundred policies that came out differently than in the match before, ``more_changes`` how many follow.
    """

    event_type: ClassVar[str] = "quce.incentives.matched.v1"

    lead_id: str
    lead_revision: int
    catalogue_version: str
    standing: list[str]
    readers: list[str]
    office: str
    zone: str
    owner: str
    title: str
    confidential: bool
    best_zone: str | None
    zones: list[ZoneTotal]
    changed: bool
    matched_at: str
    origin: Origin
    import_id: str | None = None
    changes: list[PolicyChange] = Field(default_factory=list, max_length=100)
    more_changes: int = 0


class PolicyPublished(EventData):
    """A version of a policy counts from now on, or from its first day on where that is later."""

    event_type: ClassVar[str] = "quce.policy.published.v1"

    policy: str
    version: int
    title: str
    standing: str
    scope: str
    catalogue_version: str


class PolicyWithdrawn(EventData):
    """A policy was withdrawn: from ``withdrawn_from`` on none of its versions counts."""

    event_type: ClassVar[str] = "quce.policy.withdrawn.v1"

    policy: str
    version: int
    title: str
    standing: str
    scope: str
    withdrawn_from: str
    catalogue_version: str


class IncentivesCutoffPassed(CutoffPassed):
    """The incentives service has published everything of the week."""

    event_type: ClassVar[str] = "quce.incentives.cutoff_passed.v1"


class IncentivesAudited(Audited):
    """Something was done in the incentives service."""

    event_type: ClassVar[str] = "quce.incentives.audited.v1"


class IncentivesEventDied(EventDied):
    """The incentives service could not handle an event."""

    event_type: ClassVar[str] = "quce.incentives.event_died.v1"
