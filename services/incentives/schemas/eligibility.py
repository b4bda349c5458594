"""What is asked of a project and what is answered: zones, policies, conditions, sums, and what would be nearest."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactsInput, FactSource, FactState
from contracts.vocabulary.policy_words import LeftOut
from contracts.vocabulary.zones import ZoneId
from kit.web import Answer, StrictModel
from services.incentives.schemas.words import Day, Fit, HiddenBecause, StandingName, Verdict


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
    sum came about, where all of it is known; ``by_year`` is empty where it is paid at once. ``former`` is an earlier
    version that goes on beside the one in effect, for those who came before that began; ``hidden_because`` says why
    companies do not see it and no total has it.
    """

    policy: str
    version: int
    former: bool = False
    hidden_because: HiddenBecause | None = None
    title: str
    standing: StandingName
    verdict: Verdict
    certain_fen: int
    possible_fen: int | None
    amount_unknown: bool
    in_best_combination: bool
    left_out_because: str | None
    left_out_kind: LeftOut | None = None
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
    """One zone: totals of its best combination, and every policy that was tried.

    ``rank`` is its place among all zones by what it offers, certain sums first; equal offers share one.
    """

    zone: ZoneId
    name: str
    short: str
    industry_fit: Fit
    rank: int | None = Field(None, ge=1)
    certain_fen: int
    possible_fen: int | None
    amount_unknown: int
    met: int
    unknown: int
    by_year: list[YearAnswer]
    limits_reached: list[LimitAnswer] = Field(default_factory=list)
    policies: list[PolicyAnswer]


class QuestionAnswer(Answer):
    """A question worth asking: ``policies`` wait for its answer, ``decides`` of them for nothing else.

    ``stake_fen`` is by how much the sums of one zone may change, null without bound.
    """

    fact: str
    text: str
    why: str
    policies: int
    decides: int
    stake_fen: int | None


class MatchAnswer(Answer):
    """The whole answer; ``decision`` is what it is on record under, ``lead_revision`` where it is a lead's.

    A visitor's answer is not on record until it is saved. ``next_question`` is the one on which most hangs, null where
    nothing is left to ask; ``further_questions`` follow.
    """

    decision: str | None
    lead_revision: int | None
    as_of: Day
    catalogue_version: str
    standing: list[StandingName]
    next_question: QuestionAnswer | None = None
    further_questions: list[QuestionAnswer] = Field(default_factory=list)
    zones: list[ZoneAnswer]
