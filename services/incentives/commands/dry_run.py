"""A dry run: what publishing a draft would change for the leads that are matched today, and what it would cost.

It computes what the rematch after a publication computes, from the same stored facts, against the same stored results,
and stores nothing. Counts cover all leads, or so many as there is time for, and say how many; single leads are named
only to who may see them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple

from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Record, Scope
from services.incentives.catalogue import Catalogue, CompiledPolicy, build_catalogue
from services.incentives.errors import PolicyNotFound
from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN, VERDICTS
from services.incentives.evaluation.spans import MOST
from services.incentives.lives import Act, Life, side_by_side
from services.incentives.matching import evaluate
from services.incentives.matching.bulk import Bulk, Plan
from services.incentives.matching.changes import Change, by_policy, change, counted
from services.incentives.matching.columns import facts_of
from services.incentives.matching.flat import flat_in
from services.incentives.matching.gathering import Gathering
from services.incentives.matching.pools import allocate
from services.incentives.matching.result import PolicyOutcome, not_met
from services.incentives.policy import Policy, stored_policy
from services.incentives.policy.parts import fen_of
from services.incentives.repository import MATCHES, POLICIES, Library, scope_of_author, stored_facts, today
from services.incentives.settings import DRY_RUN_LEADS, DRY_RUN_SECONDS

_SCOPE: Final = Scope.system("counts of a dry run")
_PAGE: Final = 50
"""So many leads are read without giving way: each is a large document."""
_BATCH: Final = 200
NOTHING: Final = not_met(b"")
NAMED: Final = 200
"""So many leads are named, those that change most."""


class Changed(NamedTuple):
    """A lead that somebody may see, and what would change for it."""

    lead: str
    title: str
    change: Change

    @property
    def sums(self) -> tuple[int, int]:
        """The certain sums before and after."""
        return _certain(self.change.before), _certain(self.change.after)


def _certain(outcome: PolicyOutcome | None) -> int:
    return outcome.certain if outcome else 0


@dataclass(slots=True)
class Counts:
    """How leads fare with a draft, and how that differs from what counts now."""

    leads: int = 0
    verdicts: Counter[int] = field(default_factory=Counter)
    certain: int = 0
    newly_met: int = 0
    no_longer_met: int = 0
    other_sum: int = 0
    changed: int = 0
    years: dict[int, list[int]] = field(default_factory=dict)
    claims: list[int] = field(default_factory=list)
    others: int = 0
    named: list[tuple[int, str, Changed]] = field(default_factory=list)

    def add(self, before: PolicyOutcome | None, after: PolicyOutcome | None, year: int) -> None:
        """Take one lead into account."""
        self.leads += 1
        was, now = _verdict(before), _verdict(after)
        self.verdicts[now] += 1
        self.certain += _certain(after)
        self.newly_met += now == MET != was
        self.no_longer_met += was == MET != now
        self.other_sum += bool(before and after and was == now == MET and before.certain != after.certain)
        for place, outcome in enumerate((before, after)):
            for when, certain, _ in outcome.by_year(year) if outcome else ():
                self.years.setdefault(when, [0, 0])[place] += certain
        if after is not None and after.certain:
            self.claims.append(after.certain)


def _verdict(outcome: PolicyOutcome | None) -> int:
    return NOT_MET if outcome is None else outcome.verdict


@dataclass(slots=True)
class Trial:
    """A draft, tried on one lead after another as of a day."""

    catalogue: Catalogue
    policy: Policy
    day: date
    readers: frozenset[str]
    pooled: frozenset[str]
    counts: Counts = field(default_factory=Counts)
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        formulas = {id: each.formula for id, each in self.catalogue.policies.items()}
        self.plan = Plan.of(self.catalogue.predicates, formulas)

    def count(self, batch: Sequence[Record]) -> None:
        """Take some leads into account."""
        for record, after in zip(batch, self._outcomes(batch), strict=True):
            rows = counted(record.body["result"])
            row = rows.get(self.policy.id)
            before = None if row is None else PolicyOutcome.of_row(row)
            self.counts.add(before, after, self.day.year)
            self.counts.others += sum(rows[id][2] for id in self.pooled & rows.keys())
            self._note(record, change(self.policy.id, row, after))

    def _outcomes(self, batch: Sequence[Record]) -> Iterator[PolicyOutcome | None]:
        """What the draft comes to for each: verdicts of all at once, sums of those who may get something.

        Where an earlier version goes on beside it, each lead has the one that gives it more, as after a publication.
        """
        versions = [each for each in self.catalogue.effective(self.day) if each.barred != "cleanup"]
        stored = [record.body["facts"] for record in batch]
        gathering = Gathering(facts_of([asked for asked, _ in self.plan.comparisons.values()]))
        gathering.add([flat_in(record.body) for record in batch])
        decided = Bulk(gathering.columns(), self.day).decide(self.plan)
        verdicts = [decided.verdicts(each.id).tolist() for each in versions]
        for number, said in enumerate(stored):
            found = {
                each.id: NOTHING if verdict[number] == NOT_MET else self._worth(each, said)
                for each, verdict in zip(versions, verdicts, strict=True)
            }
            yield by_policy(found).get(self.policy.id)

    def _worth(self, compiled: CompiledPolicy, stored: Mapping[str, Any]) -> PolicyOutcome:
        facts = stored_facts(stored)
        return evaluate(compiled, facts, self.catalogue.predicates.evaluate(facts, self.day))

    def _note(self, record: Record, changed: Change | None) -> None:
        if changed is None:
            return
        self.counts.changed += 1
        if record.readers & self.readers:
            seen = Changed(record.id, record.body["title"], changed)
            before, after = seen.sums
            heappush(self.counts.named, (abs(after - before), seen.lead, seen))
            if len(self.counts.named) > NAMED:
                heappop(self.counts.named)


async def dry_run(
    ports: Ports, library: Library, principal: Principal, id: str, on: date | None = None
) -> dict[str, Any]:
    """What publishing the draft, or the published version where there is none, would change on a day, or today.

    Raises:
        PolicyNotFound: there is no such policy.
    """
    record = await ports.store.get(POLICIES.name, scope_of_author(principal), id)
    if record is None:
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    draft = record.body["draft"]
    day = on or today(ports)
    policy = stored_policy(draft["document"] if draft else record.body["document"], id)
    if draft:
        policy = policy.model_copy(update={"version": record.body["version"] + 1})
    versions = _in_effect(library, policy, day) or [policy]
    trial = Trial(
        build_catalogue(side_by_side(versions), {}, illustrative=library.current.illustrative),
        versions[0],
        day,
        principal.readers,
        _pooled(policy, library.current),
    )
    until = asyncio.get_running_loop().time() + DRY_RUN_SECONDS
    async for batch in _batches(ports):
        await asyncio.to_thread(trial.count, batch)
        if trial.counts.leads >= DRY_RUN_LEADS or asyncio.get_running_loop().time() > until:
            break
    (stored,) = await ports.store.tally(MATCHES.name, _SCOPE)
    return _answer(record, trial) | {"all_leads": stored.count}


async def _batches(ports: Ports) -> AsyncIterator[list[Record]]:
    """The leads that are matched, some at a time; others have their turn in between."""
    batch: list[Record] = []
    cursor: str | None = None
    while True:
        page = await ports.store.find(MATCHES.name, _SCOPE, limit=_PAGE, cursor=cursor)
        batch += page.records
        cursor = page.next
        if cursor is None:
            break
        if len(batch) >= _BATCH:
            yield batch
            batch = []
        await asyncio.sleep(0)
    yield batch


def _in_effect(library: Library, draft: Policy, day: date) -> list[Policy]:
    """What is in effect on the day once the draft is published: until it begins, what there is now."""
    life = library.life(draft.id)
    acts = [act for act in life.acts if act.version != draft.version]
    published = Life.of([*acts, Act(draft.valid.from_ or date.min, draft.version)])
    return library.with_draft(draft, published, day)


def _pooled(policy: Policy, catalogue: Catalogue) -> frozenset[str]:
    """The other policies that are paid out of the same budget."""
    if policy.pool is None:
        return frozenset()
    pools = {id: each.policy.pool for id, each in catalogue.policies.items() if id != policy.id}
    return frozenset(id for id, pool in pools.items() if pool is not None and pool.name == policy.pool.name)


def _answer(record: Record, trial: Trial) -> dict[str, Any]:
    counts = trial.counts
    return {
        "policy": record.id,
        "version": record.body["version"] + (record.body["draft"] is not None),
        "as_of": trial.day.isoformat(),
        "leads": counts.leads,
        "met": counts.verdicts[MET],
        "not_met": counts.verdicts[NOT_MET],
        "unknown": counts.verdicts[UNKNOWN],
        "certain_fen": _whole(counts.certain),
        "newly_met": counts.newly_met,
        "no_longer_met": counts.no_longer_met,
        "other_sum": counts.other_sum,
        "changed": counts.changed,
        "by_year": [
            {"year": year, "before_fen": _whole(before), "after_fen": _whole(after)}
            for year, (before, after) in sorted(counts.years.items())
        ],
        "pool": _pool(trial.policy, counts),
        "named": [_named(each) for _, _, each in sorted(counts.named, reverse=True)],
    }


def _pool(policy: Policy, counts: Counts) -> dict[str, Any] | None:
    """What of its budget would be asked for, and how much of that it could pay."""
    if policy.pool is None:
        return None
    total, asked = fen_of(policy.pool.total), sum(counts.claims) + counts.others
    paid = sum(allocate(max(0, total - counts.others), policy.pool.rule, counts.claims))
    return {
        "title": policy.pool.title,
        "rule": policy.pool.rule,
        "total_fen": total,
        "asked_fen": _whole(asked),
        "short_fen": _whole(sum(counts.claims) - paid),
    }


def _named(each: Changed) -> dict[str, Any]:
    before, after = each.sums
    return {
        "lead": each.lead,
        "title": each.title,
        "before": VERDICTS[_verdict(each.change.before)],
        "after": VERDICTS[_verdict(each.change.after)],
        "before_fen": before,
        "after_fen": after,
    }


def _whole(fen: int) -> int | str:
    """Sums that JSON numbers would not keep to the last digit are texts."""
    return fen if fen <= MOST else str(fen)
