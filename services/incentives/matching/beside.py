"""What of a policy counts beside others: what it adds to their best combination, and what a budget leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.incentives.catalogue import CompiledPolicy
from services.incentives.matching.combination import item_of, lowest
from services.incentives.matching.pools import allocate
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.selection import Item, select
from services.incentives.policy import Policy
from services.incentives.policy.combination import CLAIM, GROUP
from services.incentives.policy.examples import Beside
from services.incentives.policy.parts import fen_of


def shared_names(policy: Policy) -> frozenset[str]:
    """All that a policy may share with another, as examples name it."""
    pool = [] if policy.pool is None else [policy.pool.name]
    groups = [each.group for each in policy.shared_caps or ()]
    rivals = [name.removeprefix(GROUP).removeprefix(CLAIM) for name in policy.rivals]
    return frozenset([*rivals, *groups, *pool, *(policy.tops_up or ())])


def counted(compiled: CompiledPolicy, outcome: PolicyOutcome, others: Sequence[Beside], as_of: date) -> int:
    """The part of its certain sum that counts where a project has these others, in fen."""
    policy, limits = compiled.policy, lowest([compiled])
    own = item_of(compiled, {year: certain for year, certain, _ in outcome.by_year(as_of.year)}, 0)
    beside = [_other(compiled, each, number, as_of) for number, each in enumerate(others)]
    added = int(select([*beside, own], limits).total - select(beside, limits).total)
    if policy.pool is None:
        return added
    before = [fen_of(each.amount) for each in others if each.shares == policy.pool.name]
    return min(added, allocate(fen_of(policy.pool.total), policy.pool.rule, [*before, outcome.certain])[-1])


def _other(compiled: CompiledPolicy, other: Beside, number: int, as_of: date) -> Item:
    name = other.shares
    rivals = compiled.rivals & {GROUP + name, CLAIM + name}
    limits = frozenset(each for each in compiled.limits if each.startswith(f"{name}:"))
    id = name if name in (compiled.policy.tops_up or ()) else f"beside {number}"
    return Item(id, {as_of.year: fen_of(other.amount)}, 0, rivals, limits, frozenset())
