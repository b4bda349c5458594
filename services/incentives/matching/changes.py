"""What a new match of a lead changes: each policy whose verdict or sum is another, as it was and as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.incentives.matching.result import MatchResult, PolicyOutcome


class Change(NamedTuple):
    """A policy for a lead before and after; None where it did not count."""

    policy: str
    before: PolicyOutcome | None
    after: PolicyOutcome | None


def changes(before: Mapping[str, Any] | None, after: MatchResult) -> list[Change]:
    """What is new in ``after`` against a stored match; nothing where there was none."""
    if before is None:
        return []
    rows: Mapping[str, Sequence[Any]] = before["policies"]
    found = (change(id, rows.get(id), after.policies.get(id)) for id in sorted(rows.keys() | after.policies.keys()))
    return [each for each in found if each is not None]


def change(policy: str, before: Sequence[Any] | None, after: PolicyOutcome | None) -> Change | None:
    """The change of one policy against its stored row; None where nothing changed but its conditions' own verdicts."""
    was = None if before is None else PolicyOutcome.of_row(before)
    if _told(was) == _told(after):
        return None
    return Change(policy, was, after)


def _told(outcome: PolicyOutcome | None) -> PolicyOutcome | None:
    return None if outcome is None else outcome._replace(leaves=b"")
