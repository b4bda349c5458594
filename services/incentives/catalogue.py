"""A catalogue: the policies that count at one moment, compiled, immutable, named by the hash of their content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.zones import ZONES
from services.incentives.evaluation.benefits import CompiledBenefit, compile_benefit
from services.incentives.evaluation.conditions import CompiledLeaf, Leaves, Predicates, compile_condition
from services.incentives.evaluation.formulas import Formula
from services.incentives.evaluation.index import Index
from services.incentives.evaluation.phrases import Phrases
from services.incentives.policy import Policy
from services.incentives.policy.combination import Limit
from services.incentives.ways import Ways
from services.incentives.zone_profile import ZoneProfile

STANDINGS = ("in_force", "historical", "illustrative")
Barred = Literal["cleanup", "review"]


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to be matched; ``barred`` says why it may promise nothing on the day it is looked at.

    ``limited`` names the limits that it shares with others, ``tops_up`` the policies that it makes up a difference to;
    ``alone`` is whether it shares nothing with any other.
    """

    id: str
    policy: Policy
    beneficiary: str
    barred: Barred | None
    formula: Formula
    leaves: tuple[CompiledLeaf, ...]
    benefit: CompiledBenefit
    zones: tuple[str, ...]
    rivals: frozenset[str]
    limits: Mapping[str, Limit]
    limited: frozenset[str]
    tops_up: frozenset[str]
    alone: bool
    ways: Ways
    phrases: Phrases

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


@dataclass(frozen=True, slots=True)
class Effective:
    """What may be evaluated on a day, in the catalogue's order; ``standing`` are those of what is not barred.

    ``parts`` is where the verdicts of each policy's conditions are among all.
    """

    policies: tuple[CompiledPolicy, ...]
    parts: Mapping[str, slice]
    standing: tuple[str, ...]
    _places: NDArray[np.intp]
    _leaves: Leaves

    @classmethod
    def of(cls, policies: tuple[CompiledPolicy, ...], index: Index) -> Effective:
        """Lay these out for all to be read at once."""
        place = {name: number for number, name in enumerate(index.names)}
        standings = {each.policy.standing for each in policies if each.barred is None}
        leaves = Leaves([[leaf.formula for leaf in each.leaves] for each in policies])
        return cls(
            policies,
            dict(zip([each.id for each in policies], leaves.parts, strict=True)),
            tuple(each for each in STANDINGS if each in standings),
            np.array([place[each.id] for each in policies], np.intp),
            leaves,
        )

    def verdicts(self, answers: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Those of these policies, of all that the index gives."""
        return answers[self._places]

    def leaves(self, compared: bytes) -> bytes:
        """The verdicts of all policies' conditions, from those of the catalogue's comparisons."""
        return self._leaves.read(compared)


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
    _effective: dict[date, Effective] = field(default_factory=dict)
    _last: Effective | None = None

    def effective(self, as_of: date) -> tuple[CompiledPolicy, ...]:
        """What may be evaluated on a date: inside its validity, in a zone, and of a standing that counts here.

        What is ``barred`` then is evaluated and shown, but never counted in totals.
        """
        return self.laid_out(as_of).policies

    def laid_out(self, as_of: date) -> Effective:
        """The same, ready to be evaluated all at once; on most days it is what it was on the last.

        Threads that ask together at worst lay it out twice.
        """
        known = self._effective.get(as_of)
        if known is None:
            if len(self._effective) >= 400:
                self._effective.clear()
            policies = tuple(each.on(as_of) for each in self.policies.values() if self._counts(each, as_of))
            last = self._last
            same = last is not None and [*map(id, last.policies)] == [*map(id, policies)]
            known = last if last and same else Effective.of(policies, self.index)
            self._last = self._effective[as_of] = known
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
    rivals, limits, tops_up = policy.rivals, policy.limits, frozenset(policy.tops_up or ())
    return CompiledPolicy(
        policy.id,
        policy,
        policy.beneficiary,
        None,
        formula,
        leaves,
        benefit,
        zones,
        rivals,
        limits,
        limited=frozenset(limits),
        tops_up=tops_up,
        alone=not (rivals or limits or tops_up),
        ways=Ways(policy.requirements),
        phrases=Phrases(policy, leaves),
    )
