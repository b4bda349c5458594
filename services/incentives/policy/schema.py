"""The shape of a policy: one dated, sourced rule with its conditions, its benefit and worked examples."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from contracts.vocabulary.fair_competition import GroundId
from contracts.vocabulary.zones import ZONES, GroupId, ZoneId
from services.incentives.policy.benefit import Benefit
from services.incentives.policy.combination import (
    CLAIM,
    GROUP,
    VERSION,
    Expenditures,
    Limit,
    Pool,
    SharedCaps,
    ToppedUp,
    limits_of,
)
from services.incentives.policy.examples import Example
from services.incentives.policy.parts import Line, PartError, Slug, Text, Written
from services.incentives.policy.terms import TERMS, Application, Grandfathering, Retention, Transition, Validity
from services.incentives.policy.tree import All, Condition, leaves_of

StandingName = Literal["in_force", "historical", "illustrative"]
Instrument = Literal[
    "subsidy", "reward", "rent_support", "land", "interest_subsidy", "matching_fund", "talent", "in_kind"
]
Beneficiary = Literal["enterprise", "introducer", "person", "park_operator"]
ClaimMode = Literal["automatic", "expedited", "ordinary"]


class PolicyScope(Written):
    """Where a policy applies: one zone, one group, the city, or (historical, elsewhere) a place outside it."""

    zone: ZoneId | None = None
    group: GroupId | None = None
    city: Literal["wuhan"] | None = None
    place: Line | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.zone, self.group, self.city, self.place)) != 1:
            raise ValueError("scope 只写一项：zone、group、city 或 place")
        return self

    @property
    def key(self) -> str:
        """One word for it: ``zone:donghu``, ``group:zhongxin``, ``city:wuhan``, ``place:…``."""
        name = next(name for name in ("zone", "group", "city", "place") if getattr(self, name) is not None)
        return f"{name}:{getattr(self, name)}"

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones it reaches; none for a place outside the city."""
        if self.zone is not None:
            return (self.zone.value,)
        if self.group is not None:
            return tuple(id for id, zone in ZONES.items() if zone.group == self.group)
        return tuple(ZONES) if self.city else ()


def scopes_of(zone: str) -> tuple[str, str, str]:
    """The keys of every scope that reaches a zone: its own, its group's, the city's."""
    return f"zone:{zone}", f"group:{ZONES[zone].group.value}", "city:wuhan"


class Source(Written):
    """Where the clause was read, and how far that can be trusted."""

    document: Line
    number: Line | None = None
    article: Line | None = None
    published: date | None = None
    grade: Literal["A", "B", "C"] | None = None
    reference: Line | None = None
    note: Text | None = None


class Cleanup(Written):
    """The clause is barred or suspect under 公平竞争审查条例 and waits to be cleared away."""

    pending: bool = True
    reason: Text


class Override(Written):
    """Why a flag of a rule does not keep a policy from being published."""

    rule: Slug
    reason: Text


class Review(Written):
    """The fair-competition review without which nothing is published, nor counted once it has ended.

    ``ground`` is that of an exception under Art. 12, which must end some day.
    """

    reviewer: Line
    conclusion: Text
    basis: Text
    ground: GroundId | None = None
    on: date
    until: date | None = None
    overrides: list[Override] = Field(default_factory=list, max_length=30)

    @model_validator(mode="after")
    def _exceptions_end(self) -> Self:
        if self.ground is not None and self.until is None:
            raise ValueError("适用第十二条例外的，要写明实施期限的最后一天 until")
        return self

    def ended(self, day: date) -> bool:
        """Whether it no longer holds on ``day``."""
        return self.until is not None and self.until < day


class Policy(Written):
    """One policy."""

    id: Slug
    title: Line
    title_en: Line | None = None
    standing: StandingName
    version: int = Field(1, ge=1, le=10_000)
    scope: PolicyScope
    instrument: Instrument
    beneficiary: Beneficiary = "enterprise"
    claim_mode: ClaimMode = "ordinary"
    summary: Text
    valid: Validity
    source: Source
    cleanup: Cleanup | None = None
    review: Review | None = None
    exclusive_group: Slug | None = None
    expenditures: Expenditures | None = None
    tops_up: ToppedUp | None = None
    shared_caps: SharedCaps | None = None
    pool: Pool | None = None
    grandfathering: Grandfathering | None = None
    application: Application | None = None
    retention: Retention | None = None
    transition: Transition | None = None
    conditions: Condition
    benefit: Benefit
    examples: list[Example] = Field(min_length=2, max_length=50)

    @field_validator("review")
    @classmethod
    def _reviewed(cls, review: Review | None, info: ValidationInfo) -> Review | None:
        if review is None and info.data.get("standing") == "illustrative":
            raise ValueError("示例政策要有审查记录，请补充 review")
        return review

    @field_validator("scope")
    @classmethod
    def _place_is_historical(cls, scope: PolicyScope, info: ValidationInfo) -> PolicyScope:
        if scope.place is not None and info.data.get("standing") not in (None, "historical"):
            raise ValueError("市外（place）的政策只能是历史政策（standing: historical）")
        return scope

    @field_validator("valid")
    @classmethod
    def _term(cls, valid: Validity, info: ValidationInfo) -> Validity:
        if not valid.known and info.data.get("standing") != "historical":
            raise ValueError("请写明有效期的开始日期 from")
        return valid

    @field_validator("transition")
    @classmethod
    def _between_versions(cls, transition: Transition | None, info: ValidationInfo) -> Transition | None:
        valid = info.data.get("valid")
        if transition is not None and valid is not None and not valid.known:
            raise ValueError("新老划断以本版开始之日为界，请写明有效期的开始日期 valid.from")
        return transition

    @field_validator("conditions")
    @classmethod
    def _reasonable(cls, conditions: Any) -> Any:
        ids = [leaf.id for leaf in leaves_of(conditions)]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f"条件编号重复：{'、'.join(twice)}，每个条件的 id 应不同")
        if taken := sorted({*ids} & {*TERMS}):
            raise ValueError(f"条件编号 {'、'.join(taken)} 留给政策自己的期限，请另取一个")
        return conditions

    @field_validator("tops_up")
    @classmethod
    def _not_itself(cls, tops_up: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if info.data.get("id") in (tops_up or ()):
            raise ValueError("不能补足自己的差额，请写另一条政策的编号")
        return tops_up

    @field_validator("examples")
    @classmethod
    def _examples_name_conditions(cls, examples: list[Example], info: ValidationInfo) -> list[Example]:
        conditions = info.data.get("conditions")
        known = {leaf.id for leaf in leaves_of(conditions)} | {*TERMS} if conditions is not None else None
        for number, example in enumerate(examples, 1):
            wrong = sorted(set(example.unmet or ()) - known) if known is not None else []
            if wrong:
                message = f"第{number}个例子的 unmet 写了不存在的条件：{'、'.join(wrong)}"
                raise PartError(message, number - 1, "unmet")
        return examples

    @property
    def base(self) -> str:
        """The id under which people know it."""
        return self.id

    @property
    def former(self) -> bool:
        """Whether it is an earlier version that goes on beside the one in effect."""
        return False

    @property
    def rivals(self) -> frozenset[str]:
        """The names of what only one policy may have: the best of a group, the claim for an expenditure, a version."""
        group = [] if self.exclusive_group is None else [f"{GROUP}{self.exclusive_group}"]
        version = [] if self.transition is None else [f"{VERSION}{self.base}"]
        return frozenset([*group, *version, *(f"{CLAIM}{name}" for name in self.expenditures or ())])

    @property
    def limits(self) -> dict[str, Limit]:
        """What it may come to together with others, by name."""
        return limits_of(self.shared_caps, self.pool)

    @property
    def requirements(self) -> Any:
        """Its conditions, with those that follow from its terms."""
        also: list[Any] = []
        if self.grandfathering is not None and (kept := self.grandfathering.leaf(self.valid)) is not None:
            also.append(kept)
        if self.application is not None:
            also.append(self.application.leaf(self.valid))
        if self.retention is not None:
            also.append(self.retention.leaf())
        if self.transition is not None and self.valid.from_ is not None:
            also.append(self.transition.since(self.valid.from_))
        return All(all=[self.conditions, *also]) if also else self.conditions

    def holds(self, day: date) -> bool:
        """Whether it gives anybody anything on a day: in its validity, or afterwards to who is grandfathered."""
        kept, until = self.grandfathering, self.valid.until
        if kept is None or until is None or day <= until:
            return self.valid.holds(day)
        return self.valid.known and (kept.until is None or day <= kept.until)

    @property
    def daily(self) -> bool:
        """Whether its answer may change from one day to the next, with no fact and no term changing."""
        conditions = [self.requirements, *getattr(self.benefit, "asked", ())]
        leaves = [leaf for node in conditions for leaf in leaves_of(node)]
        return any(leaf.quantity is not None and leaf.quantity.daily for leaf in leaves)
