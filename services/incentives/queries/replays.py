"""Replaying an answer on record: what it says stands; whether it would be said again, and what would be said otherwise.

It is given anew from the stored facts, as of its day, by the catalogue that it was made from: what differs is then the
doing of the engine, the fact registry or the calendar. Given from today's catalogue, what differs beyond that is the
doing of policies that were published, changed or ended since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kit.auth import Principal
from kit.ports import Ports
from services.incentives.catalogue import Catalogue
from services.incentives.matching import Rendering, match, render
from services.incentives.matching.differences import COMBINED, Difference, differences, policies_of
from services.incentives.policy import base_of
from services.incentives.queries.decisions import on_record, title_of
from services.incentives.repository import Library, body_of, said, stored_facts, today
from services.incentives.versions import NAMES, versions

_OWN = ("engine", "facts", "calendar")


async def replay(ports: Ports, library: Library, principal: Principal, id: str) -> dict[str, Any]:
    """An answer on record beside what would be said now, and why.

    ``identical`` is null where it was saved without its facts, or its catalogue cannot be put together any more.

    Raises:
        DecisionNotFound: there is none of this id that the reader may see.
    """
    record = await on_record(ports, principal, id)
    body, answer = body_of(record), await said(ports, record)
    asked, lead = body.get("asked"), body.get("lead")
    told = {
        "decision": id,
        "saved_at": body["saved_at"],
        "last_given_at": body.get("last_given_at"),
        "given_to": body["saved_by"],
        "lead": lead,
        "title": None if lead is None else await title_of(ports, principal, lead),
        "facts": asked["facts"] if asked else {},
        "as_of": answer["as_of"],
    }
    catalogue = await library.at(answer["catalogue_version"]) if asked else None
    if asked is None or catalogue is None:
        return {**told, "identical": None, "versions": [], "differences": [], "today": None, "titles": {}}
    return told | await asyncio.to_thread(beside, body, answer, catalogue, library.current, today(ports))


def beside(
    body: Mapping[str, Any], answer: Mapping[str, Any], catalogue: Catalogue, current: Catalogue, day: date
) -> dict[str, Any]:
    """An answer beside what its own catalogue says now, and beside what the current one says on ``day``."""
    then, now, asked = body["versions"], versions(current.version), body["asked"]
    again = _given(asked, catalogue, date.fromisoformat(answer["as_of"]))
    found = differences(_comparable(answer), again)
    changed = [name for name in _OWN if then[name] != now[name]]
    explained = [each.document() | {"because": changed} for each in found]
    on_that_day = _today(asked, again, current, day)
    return {
        "identical": not found,
        "versions": [{"name": name, "then": then[name], "now": now[name]} for name in NAMES],
        "differences": explained,
        "today": on_that_day,
        "titles": _titles([*explained, *on_that_day["differences"]], current, catalogue),
    }


def _today(asked: Mapping[str, Any], again: Mapping[str, Any], catalogue: Catalogue, day: date) -> dict[str, Any]:
    """What the same facts would get today, by the same engine."""
    answer = _given(asked, catalogue, day)
    found = differences({"zones": again["zones"]}, {"zones": answer["zones"]})
    return {
        "as_of": day.isoformat(),
        "catalogue_version": catalogue.version,
        "differences": [
            each.document() | {"because": _why(each, again, answer)} for each in found if each.condition is None
        ],
    }


def _why(each: Difference, then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Which policies a difference is owed to, with both versions (0: not in effect); the day where none changed.

    What a policy's place in the best combination, or a total, is owed to may be another policy of the zone.
    """
    before, after = _versions_in(then, each.zone), _versions_in(now, each.zone)
    changed = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    if each.policy in changed:
        changed = [each.policy]
    elif each.policy is not None and each.what != COMBINED and then["as_of"] != now["as_of"]:
        changed = []
    told = [f"{base_of(name)}@{before.get(name, 0)}>{after.get(name, 0)}" for name in changed]
    return told or ["as_of"]


def _versions_in(answer: Mapping[str, Any], zone: str) -> dict[str, int]:
    """The policies of a zone, or of all where a difference is of none."""
    return {
        name: policy["version"]
        for each in answer["zones"]
        if zone in ("", each["zone"])
        for name, policy in policies_of(each).items()
    }


def _titles(found: Sequence[Mapping[str, Any]], *catalogues: Catalogue) -> dict[str, str]:
    """The policies that differences name, as the first catalogue that holds them calls them."""
    names = {name for each in found for name in (each["policy"], *(base_of(why) for why in each["because"]))}
    titles: dict[str, str] = {}
    for each in catalogues:
        titles = {name: each.policies[name].policy.title for name in names if name in each.policies} | titles
    return titles


def _given(asked: Mapping[str, Any], catalogue: Catalogue, as_of: date) -> dict[str, Any]:
    facts = stored_facts(asked["facts"])
    how = Rendering(asked["zones"], asked["order"], asked["nearest"], asked.get("public", False))
    return render(match(facts, catalogue, as_of), facts, catalogue, how)


def _comparable(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer less what only its caller knew."""
    return {name: value for name, value in answer.items() if name not in ("decision", "lead_revision")}
