"""What the API answers of zones and policies: items of lists, whole policies, their versions, drafts to authors."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from contracts.vocabulary.fair_competition import GroundId
from kit.web import Answer
from services.incentives.policy import Policy
from services.incentives.policy.schema import Override
from services.incentives.schemas import Day, DraftState, HiddenBecause, StandingName, Status, ValidAnswer
from services.incentives.zone_profile import ZoneProfile


class ZoneAnswer(ZoneProfile):
    """A zone, and how many policies may be evaluated for it today."""

    model_config = ConfigDict(title="ZoneProfile", extra="forbid")

    policies: int


class ZonePage(Answer):
    """All zones, in the city's order."""

    items: list[ZoneAnswer]
    next: str | None = None


class DraftAnswer(Answer):
    """A draft under way, for editors and reviewers."""

    document: Policy
    author: str
    author_name: str
    at: str
    approved: bool | None = Field(description="null: 尚未审查")
    conclusion: str | None
    basis: str | None
    reviewer: str | None
    ground: GroundId | None = None
    until: Day | None = None
    overrides: list[Override] = Field(default_factory=list)


class PolicyItem(Answer):
    """A policy in a list: the version that is in effect on the day asked about, the draft's words where none ever was.

    ``hidden_because`` says why companies do not see it, null where they do; ``next_version`` begins on ``next_from``.
    """

    id: str
    revision: int
    version: int
    status: Status
    title: str
    title_en: str | None
    standing: StandingName
    scope: str
    zones: list[str]
    instrument: str
    beneficiary: str
    claim_mode: str
    summary: str
    benefit: str
    valid: ValidAnswer
    in_effect: bool
    hidden_because: HiddenBecause | None = None
    next_version: int | None = None
    next_from: Day | None = None
    cleanup_reason: str | None
    exclusive_group: str | None
    has_draft: bool
    draft_state: DraftState | None = Field(None, description="草稿审查到哪一步；只给起草和审查的人")
    draft_author: str | None = None


class WithdrawalAnswer(Answer):
    """A withdrawal: from which day on, why, and by whom."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Day = Field(alias="from")
    reason: str
    by: str
    at: str


class PhaseAnswer(Answer):
    """What has become of a version, and the days on which it is in effect; null where it never is, or without end."""

    version: int
    status: Status
    first_day: Day | None
    last_day: Day | None


class PolicyDetail(PolicyItem):
    """A policy with everything it says."""

    document: Policy
    content_hash: str | None = Field(None, description="这一版内容的校验值，发布后不变")
    versions: list[int]
    history: list[PhaseAnswer] = Field(default_factory=list, description="各版的状态和生效的日子，只给工作人员")
    published_at: str | None
    withdrawals: list[WithdrawalAnswer] = Field(default_factory=list)
    draft: DraftAnswer | None


class VersionAnswer(PhaseAnswer):
    """One immutable version, with what has become of it."""

    policy: str
    published_at: str
    content_hash: str
    document: Policy
