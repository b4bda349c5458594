"""What answers say of a policy whatever the facts: written once for each, when somebody first asks.

Answers share it, so that nobody may change what is given here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from contracts.vocabulary.amount import format_fen
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.evaluation.conditions import CompiledLeaf
from services.incentives.evaluation.undecided import Undecided
from services.incentives.policy import Leaf, Policy
from services.incentives.policy.benefit import InKind
from services.incentives.policy.figures import Computed
from services.incentives.policy.lookups import Lookup
from services.incentives.policy.parts import fen_between

_OF_BENEFITS = ("instalments", "recheck", "lifetime", "borne", "clawback")
_OF_POLICIES = ("application", "grandfathering", "transition", "shared_caps", "pool", "tops_up")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A condition as it must be for the policy: under "not", its sentence and verdicts are turned round.

    ``blank`` is all that is said of it, but for its verdict and for what the facts say; ``of`` is the one fact that it
    compares, None where there are several or none.
    """

    leaf: Leaf
    verdicts: tuple[str, ...]
    blank: dict[str, Any]
    of: str | None

    @classmethod
    def about(cls, compiled: CompiledLeaf) -> Sentence:
        """That of one condition."""
        leaf = compiled.leaf
        blank = {
            "id": leaf.id,
            "text": turned_round(leaf.text) if compiled.negated else leaf.text,
            "verdict": None,
            "fact": leaf.facts[0] if leaf.facts else None,
            "label": leaf.measure.label,
            "value": None,
            "as_written": None,
            "shown": "",
            "computed": None,
            "state": "value",
            "source": None,
            "clause": leaf.clause,
            "any_of": compiled.any_of,
        }
        verdicts = VERDICTS[::-1] if compiled.negated else VERDICTS
        return cls(leaf, verdicts, blank, leaf.fact if leaf.facts == (leaf.fact,) else None)


class Phrases:
    """Those of one policy."""

    def __init__(self, policy: Policy, leaves: Sequence[CompiledLeaf]) -> None:
        self._policy, self._leaves = policy, leaves

    @cached_property
    def written(self) -> dict[str, Any]:
        """What the policy says."""
        policy, cleanup = self._policy, self._policy.cleanup
        return {
            "policy": policy.base,
            "version": policy.version,
            "title": policy.title,
            "standing": policy.standing,
            "scope": policy.scope.key,
            "instrument": policy.instrument,
            "claim_mode": policy.claim_mode,
            "benefit": policy.benefit.text,
            "exclusive_group": policy.exclusive_group,
            "valid": {
                "from": policy.valid.from_ and policy.valid.from_.isoformat(),
                "until": policy.valid.until and policy.valid.until.isoformat(),
                "assumed": policy.valid.assumed,
            },
            "source": {
                "document": policy.source.document,
                "article": policy.source.article,
                "grade": policy.source.grade,
            },
            "cleanup_reason": cleanup.reason if cleanup is not None and cleanup.pending else None,
        }

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Its conditions in written order."""
        return tuple(map(Sentence.about, self._leaves))

    @cached_property
    def undecided(self) -> Undecided:
        """Its conditions, to be asked which of them leave it open."""
        return Undecided(self._policy.requirements)

    @cached_property
    def caps(self) -> tuple[str, ...] | None:
        """The caps of its sum; None where the facts have a say in them."""
        benefit: Any = self._policy.benefit
        if benefit.lifetime is not None or isinstance(benefit.cap, Computed | Lookup):
            return None
        yearly = () if benefit.cap_per_year is None else (f"每年最高{money(benefit.cap_per_year)}",)
        return yearly if benefit.cap is None else (*yearly, f"最高{money(str(benefit.cap))}")

    @cached_property
    def has_terms(self) -> bool:
        """Whether it may have any term at all that is told beside its conditions and its sum."""
        policy, benefit = self._policy, self._policy.benefit
        own = [getattr(policy, name) for name in _OF_POLICIES]
        if not isinstance(benefit, InKind):
            own += [getattr(benefit, name) for name in _OF_BENEFITS]
        return policy.former or any(own)


@cache
def money(written: str | int) -> str:
    """A figure as policies write it; there are as many as they write."""
    try:
        low, high = fen_between(written)
    except ValueError:
        return str(written)
    return format_fen(low) if low == high else f"{format_fen(low)}至{format_fen(high)}"


def turned_round(sentence: str) -> str:
    """The sentence of an exclusion as it must be for the policy: ``不属于房地产业``, ``未列入…``."""
    for start, instead in (
        ("属于", "不属于"),
        ("是", "不是"),
        ("列入", "未列入"),
        ("被列入", "未被列入"),
        ("已", "未"),
    ):
        if sentence.startswith(start):
            return instead + sentence.removeprefix(start)
    return f"没有以下情形：{sentence}"
