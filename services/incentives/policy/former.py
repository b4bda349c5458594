"""A version beside the former one (新老划断): who came before it began keeps the former's conditions and sums.

The former version goes on as a policy of its own with one condition more, that the project came before; the new one
asks the opposite, so that the engine decides, explains and asks as ever. Where nobody knows the date, neither is met.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from services.incentives.policy.combination import VERSION
from services.incentives.policy.schema import Policy
from services.incentives.policy.tree import All, Leaf
from services.incentives.policy.version_ids import version_id


class Former(Policy):
    """An earlier version as it goes on for those who came before ``since``, the first day of the next one."""

    of: str
    before: Leaf

    @property
    def base(self) -> str:
        """The id of the policy that it is a version of."""
        return self.of

    @property
    def former(self) -> bool:
        """It is one."""
        return True

    @property
    def rivals(self) -> frozenset[str]:
        """A project has one version of a policy."""
        return super().rivals | {f"{VERSION}{self.of}"}

    @property
    def requirements(self) -> Any:
        """Its own, and to have come in time."""
        return All(all=[super().requirements, self.before])


def chained(versions: Sequence[Policy]) -> list[Policy]:
    """The version in effect and those that go on beside it, of ``versions`` of one policy, the latest first."""
    return [*versions[:1], *(_former(old, new) for new, old in pairwise(versions))]


def _former(old: Policy, new: Policy) -> Policy:
    kept, start = new.transition, new.valid.from_
    assert kept is not None and start is not None  # noqa: S101, PT018 - only such a version leaves others in place
    fields = {name: getattr(old, name) for name in Policy.model_fields}
    fields["id"] = version_id(old.id, old.version)
    fields["valid"] = old.valid.model_copy(update={"until": kept.until or old.valid.until})
    return Former.model_construct(**fields, of=old.id, before=kept.before(start))
