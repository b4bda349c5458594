"""Replaying a saved answer: what it says stands; whether it would be said again, and what would be said otherwise.

It is given anew from the stored facts, as of its day, by the catalogue that it was made from: what differs is then the
doing of the engine, the fact registry or the calendar. Given from today's catalogue, what differs beyond that is the
doing of policies that were published, changed or ended since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.vocabulary.facts import FactValue
from kit.auth import Principal
from kit.ports import Ports
from services.incentives.catalogue import Catalogue
from services.incentives.matching import Rendering, match, render
from services.incentives.matching.differences import Difference, differences, policies_of
from services.incentives.queries.answers import saved
from services.incentives.repository import Library, today
from services.incentives.versions import NAMES, versions

_OWN = ("engine", "facts", "calendar")


async def replay(ports: Ports, library: Library, principal: Principal, id: str) -> dict[str, Any]:
    """A saved answer beside what would be said now, and why.

    ``identical`` is null where it was saved without its facts, or its catalogue cannot be put together any more.

    Raises:
        DecisionNotFound: there is none of this id that the reader may see.
    """
    body = await saved(ports, principal, id)
    answer, asked = body["answer"], body.get("asked")
    told = {"decision": id, "saved_at": body["saved_at"], "as_of": answer["as_of"]}
    catalogue = await library.at(answer["catalogue_version"]) if asked else None
    if asked is None or catalogue is None:
        return {**told, "identical": None, "versions": [], "differences": [], "today": None}
    then, now = body["versions"], versions(catalogue.version)
    again = _given(asked, catalogue, date.fromisoformat(answer["as_of"]))
    found = differences(_comparable(answer), again)
    changed = [name for name in _OWN if then[name] != now[name]]
    current = versions(library.current.version)
    return {
        **told,
        "identical": not found,
        "versions": [{"name": name, "then": then[name], "now": current[name]} for name in NAMES],
        "differences": [each.document() | {"because": changed} for each in found],
        "today": _today(asked, again, library.current, today(ports)),
    }


def _today(asked: Mapping[str, Any], again: Mapping[str, Any], catalogue: Catalogue, day: date) -> dict[str, Any]:
    """What the same facts would get today, by the same engine."""
    answer = _given(asked, catalogue, day)
    found = [each for each in differences(again, answer) if each.policy is None or each.condition is None]
    return {
        "as_of": day.isoformat(),
        "catalogue_version": catalogue.version,
        "differences": [each.document() | {"because": _why(each, again, answer)} for each in found],
    }


def _why(each: Difference, then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Which policies a difference is owed to, with both versions (0: not in effect); the day where none changed."""
    before, after = _versions_in(then, each.zone), _versions_in(now, each.zone)
    names = [each.policy] if each.policy is not None else sorted(before.keys() | after.keys())
    changed = [name for name in names if before.get(name) != after.get(name)]
    said = [f"{name.partition('@')[0]}@{before.get(name, 0)}>{after.get(name, 0)}" for name in changed]
    return said or ["as_of"]


def _versions_in(answer: Mapping[str, Any], zone: str) -> dict[str, int]:
    return {
        name: policy["version"]
        for each in answer["zones"]
        if each["zone"] == zone
        for name, policy in policies_of(each).items()
    }


def _given(asked: Mapping[str, Any], catalogue: Catalogue, as_of: date) -> dict[str, Any]:
    facts = {name: FactValue.model_validate(value) for name, value in asked["facts"].items()}
    how = Rendering(asked["zones"], asked["order"], asked["nearest"], asked.get("public", False))
    return render(match(facts, catalogue, as_of), facts, catalogue, how)


def _comparable(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer less what only its caller knew."""
    return {name: value for name, value in answer.items() if name not in ("decision", "lead_revision")}
