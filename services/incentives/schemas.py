"""What the incentives API takes and gives."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactsInput, FactSource, FactState
from contracts.vocabulary.fair_competition import GroundId, RuleId
from contracts.vocabulary.form import DAY
from contracts.vocabulary.zones import ZoneId
from kit.web import Answer, StrictModel

Verdict = Literal["met", "not_met", "unknown"]
StandingName = Literal["in_force", "historical", "illustrative"]
Fit = Literal["lead", "related", "none"]
Status = Literal["published", "draft"]
Day = Annotated[str, DAY]


class EligibilityInput(StrictModel):
    """What is known of a project, as of which day, in which zones."""

    facts: FactsInput = Field(default_factory=FactsInput)
    as_of: date | None = Field(
        None, ge=date(2000, 1, 1), le=date(2100, 12, 31), description="按哪一天的政策测算，默认今天"
    )
    zones: list[ZoneId] | None = Field(None, min_length=1, max_length=14, description="只看这些区，默认全部")


class ConditionAnswer(Answer):
    """One condition: its rule, whether it holds, and the value it was tried on.

    ``any_of`` is the same number for conditions of which one suffices. ``computed`` is what several facts come to, of
    which ``fact`` is then the first that is still open; null where the calendar alone decides.
    """

    id: str
    text: str
    verdict: Verdict
    fact: str | None
    label: str
    value: Amount | int | str | bool | list[str] | None
    as_written: str | None
    shown: str
    computed: str | None = None
    state: FactState
    source: FactSource | None
    clause: str | None
    any_of: int | None


class NearestAnswer(Answer):
    """What to change for a policy that is not met; numbers are in the units of the fact (fen, count, millionths).

    ``from`` and ``to`` are null where it is no number.
    """

    model_config = ConfigDict(populate_by_name=True)

    fact: str
    from_: int | None = Field(alias="from")
    to: int | None
    text: str


class ValidAnswer(Answer):
    """From when until when; ``assumed`` where nobody published the term."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Day | None = Field(alias="from")
    until: Day | None
    assumed: bool


class SourceAnswer(Answer):
    """Where the clause was read."""

    document: str
    article: str | None
    grade: str | None


class YearAnswer(Answer):
    """What falls into one year."""

    year: int
    certain_fen: int
    possible_fen: int | None


class TermAnswer(Answer):
    """A line of the fine print: what kind of term, and the sentence."""

    kind: str
    text: str


class LimitAnswer(Answer):
    """A limit that policies share and that was reached: by the certain sum, or only by the possible one.

    ``before_fen`` null is without bound.
    """

    title: str
    limit_fen: int
    before_fen: int | None
    after_fen: int
    certain: bool


class PolicyAnswer(Answer):
    """One policy for these facts: its verdict with every reason, and what it comes to.

    ``possible_fen`` null is without bound, or without any figure where ``amount_unknown``. ``calculation`` says how the
    sum came about, where all of it is known; ``by_year`` is empty where it is paid at once.
    """

    policy: str
    version: int
    title: str
    standing: StandingName
    verdict: Verdict
    certain_fen: int
    possible_fen: int | None
    amount_unknown: bool
    in_best_combination: bool
    left_out_because: str | None
    conditions: list[ConditionAnswer]
    missing_facts: list[str]
    unclear_facts: list[str]
    nearest: list[NearestAnswer]
    nearest_asks: list[str] = Field(default_factory=list)
    scope: str
    instrument: str
    claim_mode: str
    benefit: str
    calculation: str | None = None
    by_year: list[YearAnswer] = Field(default_factory=list)
    terms: list[TermAnswer] = Field(default_factory=list)
    exclusive_group: str | None
    valid: ValidAnswer
    source: SourceAnswer
    cleanup_reason: str | None


class ZoneAnswer(Answer):
    """One zone: totals of its best combination, and every policy that was tried."""

    zone: ZoneId
    name: str
    short: str
    industry_fit: Fit
    certain_fen: int
    possible_fen: int | None
    amount_unknown: int
    met: int
    unknown: int
    by_year: list[YearAnswer]
    limits_reached: list[LimitAnswer] = Field(default_factory=list)
    policies: list[PolicyAnswer]


class MatchAnswer(Answer):
    """The whole answer; ``decision`` once it is saved, ``lead_revision`` where it is a lead's."""

    decision: str | None
    lead_revision: int | None
    as_of: Day
    catalogue_version: str
    standing: list[StandingName]
    zones: list[ZoneAnswer]


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
    """A saved answer beside what would be said now.

    ``identical`` is null where its facts were not kept (answers of earlier releases) or its catalogue is gone.
    """

    decision: str
    saved_at: str
    as_of: Day
    identical: bool | None
    versions: list[VersionThenAndNow]
    differences: list[DifferenceAnswer]
    today: TodayAnswer | None


class DecisionReceipt(Answer):
    """A saved answer: whoever knows its id may open it."""

    id: str
    revision: int


class PolicyReceipt(Answer):
    """What became of a policy after a change."""

    id: str
    revision: int
    status: Status
    version: int
    draft: bool


class OverrideInput(StrictModel):
    """Why the flags of one rule do not keep the policy from being published; kept for ever with the version."""

    rule: RuleId
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class ReviewInput(StrictModel):
    """The conclusion of a fair-competition review, with an answer to each rule that the draft touches."""

    approved: bool
    conclusion: Annotated[str, Field(min_length=1, max_length=2000)]
    basis: Annotated[str, Field(min_length=1, max_length=2000)] = Field(description="依据的条款或第十二条的例外情形")
    ground: GroundId | None = Field(None, description="适用第十二条例外的哪一种情形；写了就要写 until")
    until: date | None = Field(None, description="审查到哪一天为止有效；适用第十二条例外时的终止日期")
    overrides: list[OverrideInput] = Field(
        default_factory=list, max_length=20, description="逐项说明：涉及哪项规则，为什么仍可出台"
    )


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

    ``changed`` counts every lead with another verdict or sum; ``other_sum`` those that stay met with another certain
    sum; ``named`` are those that change most, of the leads that the asker may see.
    """

    policy: str
    version: int
    as_of: Day
    leads: int
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


class FlagAnswer(Answer):
    """A place that touches a rule; ``reason`` is the review's answer, null where there is none."""

    rule: RuleId
    name: str
    path: str
    found: list[str]
    advice: str
    articles: list[str]
    reason: str | None


class FindingAnswer(Answer):
    """Something to mend or to know; ``unchecked`` is what was too large to tell."""

    level: Literal["error", "warning", "unchecked"]
    path: str
    message: str


class ChecksAnswer(Answer):
    """The checks of a draft, or of the published version where there is none.

    ``blocked`` says what keeps a draft from publication, null where nothing does or nothing waits.
    """

    policy: str
    version: int
    draft: bool
    blocked: str | None
    flags: list[FlagAnswer]
    findings: list[FindingAnswer]


class CodeAnswer(Answer):
    """One industry code."""

    code: str
    level: Literal["section", "division", "group", "class"]
    level_label: str
    name: str
    section: str


class CodePage(Answer):
    """A page of a table; which version it is of, and whether that is complete."""

    items: list[CodeAnswer]
    next: str | None
    version: str
    valid_from: Day
    complete: bool
    versions: list[str]


class CodeTableReceipt(Answer):
    """A table that was loaded; ``missing`` are codes that zones or policies use and it does not have."""

    version: str
    valid_from: Day
    codes: int
    missing: list[str]
