"""Drafts: receipts, reviews, and what checks find."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from contracts.vocabulary.fair_competition import GroundId, RuleId
from kit.web import Answer, StrictModel
from services.incentives.authored import MAX_TEXT
from services.incentives.schemas.words import Status


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


class WithdrawalInput(StrictModel):
    """From which day on a policy no longer counts, and why; both are kept for ever."""

    model_config = ConfigDict(populate_by_name=True)

    reason: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="撤回的理由，永久保存")
    from_: date | None = Field(
        None, alias="from", le=date(2100, 12, 31), description="从哪一天起撤回，今天或以后；默认今天"
    )


class FlagAnswer(Answer):
    """A place that touches a rule; ``reason`` is the review's answer, null where there is none.

    ``line`` and ``column`` are those of the author's text, null where there is none.
    """

    rule: RuleId
    name: str
    path: str
    found: list[str]
    advice: str
    articles: list[str]
    reason: str | None
    line: int | None = None
    column: int | None = None


class FindingAnswer(Answer):
    """Something to mend or to know; ``unchecked`` is what was too large to tell."""

    level: Literal["error", "warning", "unchecked"]
    path: str
    message: str
    line: int | None = None
    column: int | None = None


class ProblemAnswer(Answer):
    """Something that keeps a text from being a draft, and where it stands."""

    path: str
    line: int | None
    column: int | None
    message: str


class SaidAnswer(Answer):
    """A line about conditions, so deep in the tree; ``group`` where it stands above several."""

    depth: int
    group: bool
    text: str


class ReadingAnswer(Answer):
    """How a policy reads in sentences: its head, conditions, benefit, what it shares; and its examples' titles."""

    head: list[str]
    conditions: list[SaidAnswer]
    benefit: list[str]
    shared: list[str]
    examples: list[str]


class ChangeAnswer(Answer):
    """A field that says something else than what is published; null where it is new, or gone."""

    path: str
    label: str
    before: str | None
    after: str | None


class ChecksAnswer(Answer):
    """The checks of a draft, or of the published version where there is none.

    ``blocked`` says what keeps a draft from publication, null where nothing does or nothing waits. ``changes``
    are those of the draft against what is published.
    """

    policy: str
    version: int
    draft: bool
    blocked: str | None
    flags: list[FlagAnswer]
    findings: list[FindingAnswer]
    changes: list[ChangeAnswer]
    reading: ReadingAnswer


class CheckInput(StrictModel):
    """A text that nobody has saved."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] = Field(description="政策文件的 YAML 全文")


class CheckAnswer(Answer):
    """What there is to say of a text: what is wrong, what a reviewer will ask, how it reads.

    ``policy`` and ``reading`` are null where it is no policy yet; with ``problems`` it cannot be saved as a draft.
    ``changes`` are those against the published version of its id.
    """

    policy: str | None
    title: str | None
    problems: list[ProblemAnswer]
    flags: list[FlagAnswer]
    findings: list[FindingAnswer]
    changes: list[ChangeAnswer]
    reading: ReadingAnswer | None
