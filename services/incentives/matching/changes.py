"""What a new match of a lead changes: each policy whose verdict or sum is another, as it was and as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar, get_args

from services.incentives.catalogue import Barred
from services.incentives.matching.result import MatchResult, PolicyOutcome
from services.incentives.policy import base_of

_BARRED: Final = frozenset(get_args(Barred))
_LEFT_OUT: Final = 6
"""Where a zone's stored row says why policies do not count."""


Row = TypeVar("Row", bound=Sequence[Any])
"""A policy's outcome, or that as it is stored: both begin alike."""


class Change(NamedTuple):
    """A policy for a lead before and after; None where it did not count."""

    policy: str
    before: PolicyOutcome | None
    after: PolicyOutcome | None


def changes(before: Mapping[str, Any] | None, after: MatchResult) -> list[Change]:
    """What is new in ``after`` against a stored match; nothing where there was none."""
    if before is None:
        return []
    rows = counted(before)
    barred = _barred(zone.left_out for zone in after.zones.values())
    now = by_policy({id: outcome for id, outcome in after.policies.items() if id not in barred})
    found = (change(id, rows.get(id), now.get(id)) for id in sorted(rows.keys() | now.keys()))
    return [each for each in found if each is not None]


def counted(stored: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """The rows of a stored match that count: not those of which its zones say that they are barred."""
    barred = _barred(zone[_LEFT_OUT] for zone in stored["zones"].values())
    return by_policy({id: row for id, row in stored["policies"].items() if id not in barred})


def by_policy(outcomes: Mapping[str, Row]) -> dict[str, Row]:
    """One outcome a policy: where an earlier version goes on beside it, that of the version that gives more."""
    found: dict[str, Row] = {}
    for id, outcome in outcomes.items():
        base = base_of(id)
        found[base] = max(found[base], outcome, key=_gives) if base in found else outcome
    return found


def _gives(outcome: Sequence[Any]) -> tuple[int, int, float]:
    verdict, _, certain, possible = outcome[:4]
    return verdict, certain, float("inf") if possible is None else possible


def change(policy: str, before: Sequence[Any] | None, after: PolicyOutcome | None) -> Change | None:
    """The change of one policy against its stored row; None where nothing changed but its conditions' own verdicts."""
    if before is None:
        return None if after is None else Change(policy, None, after)
    if after is not None and after.tells(before):
        return None
    return Change(policy, PolicyOutcome.of_row(before), after)


def _barred(left_out: Iterable[Mapping[str, Any]]) -> set[str]:
    return {id for zone in left_out for id, why in zone.items() if why[0] in _BARRED}
