"""A catalogue: the policies that count at one moment, compiled, immutable, named by the hash of their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Literal

from contracts.vocabulary.zones import ZONES
from services.incentives.benefits import CompiledBenefit, compile_benefit
from services.incentives.conditions import CompiledLeaf, Predicates, compile_condition, decided_by
from services.incentives.formulas import Formula
from services.incentives.index import Index
from services.incentives.policy import Policy
from services.incentives.policy.combination import Limit
from services.incentives.policy_folder import load_policies as load_policies
from services.incentives.ways import Ways
from services.incentives.zone_profile import ZoneProfile

STANDINGS = ("in_force", "historical", "illustrative")
Barred = Literal["cleanup", "review"]


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to be matched; ``barred`` says why it may promise nothing on the day it is looked at.

    ``decided`` gives the verdicts of its leaves.
    """

    policy: Policy
    barred: Barred | None
    formula: Formula
    leaves: tuple[CompiledLeaf, ...]
    benefit: CompiledBenefit
    zones: tuple[str, ...]
    rivals: frozenset[str]
    limits: Mapping[str, Limit]
    ways: Ways
    decided: Callable[[Sequence[int]], bytes]

    @property
    def id(self) -> str:
        """The policy's id."""
        return self.policy.id

    @property
    def alone(self) -> bool:
        """Whether it shares nothing with any other."""
        return not (self.rivals or self.limits or self.policy.tops_up)

    def on(self, day: date) -> CompiledPolicy:
        """The same as of another day, on which its review may have ended."""
        barred = barred_on(self.policy, day)
        return self if barred == self.barred else replace(self, barred=barred)


def barred_on(policy: Policy, day: date) -> Barred | None:
    """Why a policy counts in no total: it waits to be cleared away, or no review of it holds. Of the past none did."""
    if policy.cleanup is not None and policy.cleanup.pending:
        return "cleanup"
    if policy.standing == "historical":
        return None
    return "review" if policy.review is None or policy.review.ended(day) else None


@dataclass(slots=True)
class Catalogue:
    """Policies and zones under one version.

    The version is a hash of every policy's content and of whether illustrative ones count, so that two
    installations with the same files agree on it and a stored match says what it was made from.
    """

    policies: Mapping[str, CompiledPolicy]
    zones: Mapping[str, ZoneProfile]
    predicates: Predicates
    index: Index
    version: str
    illustrative: bool
    _effective: dict[date, tuple[CompiledPolicy, ...]] = field(default_factory=dict)

    def effective(self, as_of: date) -> tuple[CompiledPolicy, ...]:
        """What may be evaluated on a date: inside its validity, in a zone, and of a standing that counts here.

        What is ``barred`` then is evaluated and shown, but never counted in totals.
        """
        known = self._effective.get(as_of)
        if known is None:
            if len(self._effective) >= 400:
                self._effective.clear()
            known = tuple(each.on(as_of) for each in self.policies.values() if self._counts(each, as_of))
            self._effective[as_of] = known
        return known

    def _counts(self, compiled: CompiledPolicy, as_of: date) -> bool:
        policy = compiled.policy
        if not compiled.zones or not policy.holds(as_of):
            return False
        return self.illustrative or policy.standing != "illustrative"


def build_catalogue(policies: Iterable[Policy], zones: Mapping[str, ZoneProfile], *, illustrative: bool) -> Catalogue:
    """Compile policies into a catalogue."""
    predicates = Predicates()
    ordered = sorted(policies, key=lambda each: each.id)
    compiled = {policy.id: _compile(policy, predicates) for policy in ordered}
    index = Index(predicates, {id: each.formula for id, each in compiled.items()})
    version = catalogue_version(ordered, illustrative=illustrative)
    return Catalogue(compiled, zones, predicates, index, version, illustrative)


def catalogue_version(policies: Iterable[Policy], *, illustrative: bool) -> str:
    """The name of the catalogue that these policies make."""
    digest = sha256(b"illustrative" if illustrative else b"")
    for policy in sorted(policies, key=lambda each: each.id):
        digest.update(content_hash(policy).encode())
    return digest.hexdigest()[:16]


def content_hash(policy: Policy) -> str:
    """A hash of everything a policy says."""
    return sha256(policy.model_dump_json(by_alias=True).encode()).hexdigest()


def _compile(policy: Policy, predicates: Predicates) -> CompiledPolicy:
    formula, leaves = compile_condition(policy.requirements, predicates)
    zones = tuple(zone for zone in policy.scope.zones if zone in ZONES)
    benefit = compile_benefit(policy.benefit, predicates)
    ways, decided = Ways(policy.requirements), decided_by(leaves)
    return CompiledPolicy(policy, None, formula, leaves, benefit, zones, policy.rivals, policy.limits, ways, decided)
