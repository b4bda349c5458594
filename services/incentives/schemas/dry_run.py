"""What publishing a draft would change."""

from __future__ import annotations

from kit.web import Answer
from services.incentives.schemas.words import Day, Verdict


class YearCost(Answer):
    """What a year costs now, and what it would cost."""

    year: int
    before_fen: int | str
    after_fen: int | str


class PoolCost(Answer):
    """What would be asked of a budget by all that share it, and what it could not pay."""

    title: str
    rule: str
    total_fen: int
    asked_fen: int | str
    short_fen: int | str


class ChangedLead(Answer):
    """A lead of the asker's own scope for which something would change."""

    lead: str
    title: str
    before: Verdict
    after: Verdict
    before_fen: int
    after_fen: int


class DryRunAnswer(Answer):
    """What publishing a policy would change for the leads that are matched today.

    ``leads`` are those that were counted, of ``all_leads``: fewer where there was no time for more.
    ``changed`` counts every lead with another verdict or sum; ``other_sum`` those that stay met with another certain
    sum; ``named`` are those that change most, of the leads that the asker may see.
    """

    policy: str
    version: int
    as_of: Day
    leads: int
    all_leads: int
    met: int
    not_met: int
    unknown: int
    certain_fen: int | str
    newly_met: int
    no_longer_met: int
    other_sum: int
    changed: int
    by_year: list[YearCost]
    pool: PoolCost | None
    named: list[ChangedLead]
