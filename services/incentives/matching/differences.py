"""Where two answers to the same facts differ: zone by zone, policy by policy, condition by condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from services.incentives.policy import version_id

_OF_ZONES: Final = ("certain_fen", "possible_fen", "amount_unknown")
COMBINED: Final = "in_best_combination"
_OF_POLICIES: Final = ("verdict", "certain_fen", "possible_fen", "amount_unknown", COMBINED)
WORDING: Final = "wording"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was said otherwise: of a zone, one of its policies, or one of that one's conditions.

    ``then`` and ``now`` are null where there was nothing to say it of; ``what`` names the field.
    """

    zone: str
    policy: str | None
    condition: str | None
    what: str
    then: Any
    now: Any

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Every difference of substance; one of wording where only that changed; none where the answers are identical."""
    if then == now:
        return []
    before, after = _by(then["zones"], "zone"), _by(now["zones"], "zone")
    found = [each for zone in sorted(before.keys() | after.keys()) for each in _zone(zone, before, after)]
    return found or [Difference("", None, None, WORDING, None, None)]


def _by(items: Any, key: str) -> dict[str, Any]:
    return {each[key]: each for each in items}


def policies_of(zone: Mapping[str, Any]) -> dict[str, Any]:
    """The policies of a zone's answer by id, an earlier version that goes on by its number as well."""
    return {_name(each): each for each in zone["policies"]}


def _name(policy: Mapping[str, Any]) -> str:
    name: str = policy["policy"]
    return version_id(name, policy["version"]) if policy.get("former") else name


def _zone(zone: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    then, now = before.get(zone), after.get(zone)
    yield from _fields(_OF_ZONES, then, now, zone)
    earlier, later = (policies_of(each) if each else {} for each in (then, now))
    for policy in sorted(earlier.keys() | later.keys()):
        one, other = earlier.get(policy), later.get(policy)
        yield from _fields(_OF_POLICIES, one, other, zone, policy)
        if one and other:
            yield from _conditions(zone, policy, one, other)


def _conditions(zone: str, policy: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    before, after = _by(then["conditions"], "id"), _by(now["conditions"], "id")
    for id in sorted(before.keys() | after.keys()):
        yield from _fields(("verdict",), before.get(id), after.get(id), zone, policy, id)


def _fields(
    names: tuple[str, ...],
    then: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    zone: str,
    policy: str | None = None,
    condition: str | None = None,
) -> Iterator[Difference]:
    for name in names:
        one, other = (None if each is None else each.get(name) for each in (then, now))
        if one != other:
            yield Difference(zone, policy, condition, name, one, other)
