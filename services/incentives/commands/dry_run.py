"""A dry run: how a draft would fare on the leads that are matched today; counts only, never whose leads they are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from contracts.vocabulary.facts import FactValue
from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Record, Scope
from services.incentives.catalogue import Catalogue, CompiledPolicy, build_catalogue
from services.incentives.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.errors import PolicyNotFound
from services.incentives.matching import evaluate
from services.incentives.matching.bulk import Bulk, Plan
from services.incentives.matching.columns import facts_of
from services.incentives.matching.gathering import gathered
from services.incentives.policy import Policy, stored_policy
from services.incentives.repository import MATCHES, POLICIES, scope_of_author, today
from services.incentives.settings import DRY_RUN_LEADS

_SCOPE: Final = Scope.system("counts of a dry run")
_BATCH: Final = 200
_EXACT: Final = 9 * 10**15


@dataclass(slots=True)
class Counts:
    """How many leads met the policy, and how that differs from the version that counts now."""

    leads: int = 0
    met: int = 0
    not_met: int = 0
    unknown: int = 0
    certain: int = 0
    newly_met: int = 0
    no_longer_met: int = 0

    def add(self, verdict: int, certain: int, before: int) -> None:
        """Take one lead into account."""
        self.leads += 1
        self.met += verdict == MET
        self.not_met += verdict == NOT_MET
        self.unknown += verdict == UNKNOWN
        self.certain += certain
        self.newly_met += verdict == MET and before != MET
        self.no_longer_met += verdict != MET and before == MET


async def dry_run(ports: Ports, principal: Principal, id: str) -> dict[str, Any]:
    """Count what the draft, or the published version where there is none, would give.

    Raises:
        PolicyNotFound: there is no such policy.
    """
    record = await ports.store.get(POLICIES.name, scope_of_author(principal), id)
    if record is None:
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    draft = record.body["draft"]
    document = draft["document"] if draft else record.body["document"]
    trial = Trial.of(stored_policy(document, id), today(ports))
    counts = Counts()
    batch: list[Mapping[str, Any]] = []
    async for each in ports.store.scan(MATCHES.name, _SCOPE):
        batch.append(each.body)
        if len(batch) == _BATCH:
            await asyncio.to_thread(trial.count, batch, counts)
            batch = []
        if counts.leads >= DRY_RUN_LEADS:
            break
    await asyncio.to_thread(trial.count, batch, counts)
    return _answer(record, counts)


@dataclass(frozen=True, slots=True)
class Trial:
    """The policy that is tried, on one date."""

    catalogue: Catalogue
    plan: Plan
    facts: tuple[str, ...]
    day: date

    @classmethod
    def of(cls, policy: Policy, day: date) -> Trial:
        """Make it ready to be asked of many leads."""
        catalogue = build_catalogue([policy], {}, illustrative=True)
        plan = Plan.of(catalogue.predicates, {policy.id: catalogue.policies[policy.id].formula})
        return cls(catalogue, plan, facts_of(catalogue.predicates.asked), day)

    def count(self, batch: Sequence[Mapping[str, Any]], counts: Counts) -> None:
        """Take these leads into account: verdicts of all at once, sums of those who get something."""
        columns = gathered([body["facts"] for body in batch], self.facts)
        (compiled,) = self.catalogue.policies.values()
        verdicts = Bulk(columns, self.day).decide(self.plan).verdicts(compiled.id)
        for body, verdict in zip(batch, verdicts.tolist(), strict=True):
            before = body["result"]["policies"].get(compiled.id)
            certain = self._certain(compiled, body["facts"]) if verdict == MET else 0
            counts.add(verdict, certain, before[0] if before else NOT_MET)

    def _certain(self, compiled: CompiledPolicy, stored: Mapping[str, Any]) -> int:
        facts = {name: FactValue.model_validate(value) for name, value in stored.items()}
        return evaluate(compiled, facts, self.catalogue.predicates.evaluate(facts, self.day)).certain


def _answer(record: Record, counts: Counts) -> dict[str, Any]:
    return {
        "policy": record.id,
        "version": record.body["version"] + (record.body["draft"] is not None),
        "leads": counts.leads,
        "met": counts.met,
        "not_met": counts.not_met,
        "unknown": counts.unknown,
        "certain_fen": counts.certain if counts.certain <= _EXACT else str(counts.certain),
        "newly_met": counts.newly_met,
        "no_longer_met": counts.no_longer_met,
    }
