"""Two to four zones side by side on the same facts: what each gives, asks for, and would still have to know.

The address says which zones, so that it can be passed on; a visitor's facts stand in it as on 政策测算, a lead's never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.policy_words import INSTRUMENTS, STILL_COUNTED
from contracts.vocabulary.zones import ZONES
from gateway.pages.comparison import VERDICTS, most_of, ordered_zones, questions_of, zone_view
from gateway.pages.eligibility import asked_facts, given_facts
from gateway.pages.forms import FACT, check_facts
from gateway.pages.industries import name_industries
from gateway.pages.lead import lead_context
from gateway.pages.routing import PageRoute
from gateway.pages.titles import titles_for
from gateway.pages.visit import Visit, Visiting

router = APIRouter(route_class=PageRoute)

FEWEST, MOST = 2, 4
AT_FIRST: Final = 3
"""So many zones stand side by side before anybody chose."""
NEAR: Final = 3
RULES: Final = 12
NEEDS: Final = 6
Zone = Mapping[str, Any]
Policy = Mapping[str, Any]


@router.get("/eligibility/compare")
async def compare(request: Request, visit: Visiting) -> Response:
    """Zones side by side for what anybody gave on 政策测算."""
    fields = {name: request.query_params.getlist(name) for name in request.query_params if name.startswith(FACT)}
    await name_industries(visit)
    facts = await asked_facts(visit, fields)
    check_facts(facts)
    answer = await visit.api.post("/eligibility", {"facts": facts})
    zones = [zone_view(zone) for zone in answer["zones"]] if visit.session is None else ordered_zones(answer["zones"])
    return visit.page(
        "compare.html",
        fields=[(name, value) for name, values in fields.items() for value in values],
        given=given_facts(visit, facts),
        back=f"/eligibility?{urlencode(fields, doseq=True)}" if fields else "/eligibility",
        **await _compared(visit, request, answer, zones),
    )


@router.get("/leads/{id}/compare")
async def compare_lead(id: str, request: Request, visit: Visiting) -> Response:
    """Zones side by side for a lead; the address says nothing of its facts."""
    lead = await visit.api.get(f"/leads/{id}")
    answer = await visit.api.get(f"/leads/{id}/matches")
    compared = await _compared(visit, request, answer, ordered_zones(answer["zones"]), lead["zone"])
    return visit.page("lead_compare.html", **await lead_context(visit, lead), **compared, tab="policies", fields=[])


async def _compared(
    visit: Visit, request: Request, answer: Mapping[str, Any], zones: Sequence[Zone], own: str = ""
) -> dict[str, Any]:
    """What the template shows of an answer: the zones that were chosen, or the first ones with one's own."""
    named = chosen(request.query_params.getlist("zones"))
    wanted = named[:MOST] if len(named) >= FEWEST else _first(zones, [*named, *([own] if own else [])])
    sides = [zone for zone in zones if zone["zone"] in wanted]
    asked = [each["fact"].name for each in questions_of(answer)]
    return {
        "answer": answer,
        "titles": await titles_for(visit),
        "all_zones": zones,
        "wanted": wanted,
        "too_many": len(named) > MOST,
        "too_few": len(named) == 1,
        "own": own,
        "most": most_of(sides),
        "best": max((zone["certain_fen"] for zone in sides), default=0),
        "sides": [side(zone, sides, asked) for zone in sides],
        "years": sorted({year["year"] for zone in sides for year in zone["years"]}),
        "everywhere": everywhere(sides),
        "instruments": instruments(sides),
        "rules": rules(sides),
    }


def chosen(written: Iterable[str]) -> list[str]:
    """The zones of an address, each once; separated by commas or named one by one."""
    return [zone for zone in dict.fromkeys(part for each in written for part in each.split(",")) if zone in ZONES]


def _first(zones: Sequence[Zone], always: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*always, *(zone["zone"] for zone in zones)]))[: max(AT_FIRST, len(always))]


def side(zone: Zone, sides: Sequence[Zone], asked: Sequence[str]) -> dict[str, Any]:
    """One zone's column: what pays, what is left out, what would still have to be known, and how near the rest is."""
    needs = _needs(zone)
    elsewhere = {name for other in sides if other["zone"] != zone["zone"] for name in _needs(other)}
    order = {name: place for place, name in enumerate(asked)}
    common = {policy["policy"] for policy in everywhere(sides)}
    near = [policy for policy in zone["groups"]["not_met"] if policy["nearest"]]
    shown = [
        {"name": name, "policies": needs[name], "here_alone": name not in elsewhere}
        for name in sorted(needs, key=lambda name: (order.get(name, len(order)), -needs[name], list(FACTS).index(name)))
    ]
    return {
        **zone,
        "by_year": {year["year"]: year for year in zone["years"]},
        "paying": [policy for policy in zone["open_or_met"] if policy["in_best_combination"]],
        "left_out": [policy for policy in zone["open_or_met"] if policy["left_out_because"]],
        "needs": [each for place, each in enumerate(shown) if place < NEEDS or each["here_alone"]],
        "more_needs": sum(place >= NEEDS and not each["here_alone"] for place, each in enumerate(shown)),
        "near": sorted(near, key=lambda each: (each["policy"] in common, *_distance(each)))[:NEAR],
    }


def _distance(policy: Policy) -> tuple[int, int]:
    """Facts to change, then facts to ask for."""
    return len(policy["nearest"]), len(policy["nearest_asks"])


def _needs(zone: Zone) -> dict[str, int]:
    """The facts that policies of a zone wait for which may still pay, with how many wait for each."""
    waiting = [policy for policy in zone["groups"]["unknown"] if policy["left_out_kind"] in (None, *STILL_COUNTED)]
    names = (name for policy in waiting for name in (*policy["missing_facts"], *policy["unclear_facts"]))
    return dict(Counter(name for name in names if name in FACTS))


def everywhere(sides: Sequence[Zone]) -> list[Policy]:
    """Policies that all of these zones have, once: they tell no zone from another."""
    first, *others = ({policy["policy"]: policy for policy in zone["policies"]} for zone in sides)
    return [policy for id, policy in first.items() if all(id in other for other in others)]


def instruments(sides: Sequence[Zone]) -> list[dict[str, Any]]:
    """What each zone has of its own, instrument beside instrument, what pays first."""
    common = {policy["policy"] for policy in everywhere(sides)}
    own = [[policy for policy in zone["policies"] if policy["policy"] not in common] for zone in sides]
    rows = [
        {"instrument": name, "cells": [[policy for policy in each if policy["instrument"] == name] for each in own]}
        for name in INSTRUMENTS
    ]
    return [row for row in rows if any(row["cells"])]


def rules(sides: Sequence[Zone]) -> list[dict[str, Any]]:
    """What the zones' own policies ask of the same fact, rule beside rule; the facts that most zones ask for first."""
    common = {policy["policy"] for policy in everywhere(sides)}
    by_fact: dict[str, list[dict[str, str]]] = {}
    for place, zone in enumerate(sides):
        for policy in zone["policies"]:
            for each in policy["conditions"] if policy["policy"] not in common else ():
                if each["fact"] in FACTS:
                    cells = by_fact.setdefault(each["fact"], [{} for _ in sides])
                    cells[place].setdefault(each["text"], each["verdict"])
    shared = {name: cells for name, cells in by_fact.items() if sum(map(bool, cells)) > 1}
    order = sorted(shared, key=lambda name: (-sum(map(bool, shared[name])), list(FACTS).index(name)))
    return [{"fact": name, "cells": [_by_verdict(cell) for cell in shared[name]]} for name in order[:RULES]]


def _by_verdict(cell: Mapping[str, str]) -> list[dict[str, str]]:
    found = [{"text": text, "verdict": verdict} for text, verdict in cell.items()]
    return sorted(found, key=lambda each: VERDICTS.index(each["verdict"]))
