"""A lead's policies, zone beside zone: the picture that shows where it would get what, and what is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from contracts.vocabulary.facts import FACTS
from gateway.pages.forms import fact_text
from gateway.pages.industries import industries, name_industries
from gateway.pages.lead import lead_context
from gateway.pages.routing import PageRoute
from gateway.pages.titles import titles_for
from gateway.pages.visit import Visiting

router = APIRouter(route_class=PageRoute)

ASKED = 6
VERDICTS = ("met", "unknown", "not_met")
PATIENCE = 40
"""How often the page asks again for matches of a new revision before it shows what there is."""


@router.get("/leads/{id}/policies")
async def policies_tab(id: str, visit: Visiting, after: int = 0) -> Response:
    """The tab; its content follows."""
    lead = await visit.api.get(f"/leads/{id}")
    return visit.page("lead_policies.html", **await lead_context(visit, lead), tab="policies", after=after)


@router.get("/leads/{id}/panels/comparison")
async def comparison(id: str, visit: Visiting, after: int = 0, tries: int = 0) -> Response:
    """Every zone's answer; asks again shortly while the latest facts are being matched."""
    lead = await visit.api.get(f"/leads/{id}")
    answer = await visit.api.find(f"/leads/{id}/matches")
    waiting = answer is None or answer["lead_revision"] < after
    if waiting and tries < PATIENCE:
        return visit.page("panels/matching.html", lead=lead, after=after, tries=tries + 1)
    if answer is None:
        return visit.page("panels/unavailable.html", detail=visit.say("还没有算好，请稍后刷新页面。"), retry="")
    asked = questions_of(answer)
    await name_industries(visit)
    codes = await industries(visit) if any(each["fact"].kind == "code" for each in asked[:ASKED]) else []
    return visit.page(
        "panels/comparison.html",
        lead=lead,
        answer=answer,
        titles=await titles_for(visit),
        zones=ordered_zones(answer["zones"]),
        industries=codes,
        questions=_with_values(asked[:ASKED], lead),
        more_questions=asked[ASKED:],
        most=most_of(answer["zones"]),
    )


def ordered_zones(zones: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Zones by certain amount, then by possible, each with its policies grouped by verdict."""
    ranked = sorted(zones, key=_worth, reverse=True)
    return [zone_view(zone) for zone in ranked]


def zone_view(zone: Mapping[str, Any]) -> dict[str, Any]:
    """A zone with its policies grouped by verdict, the largest first."""
    groups = {verdict: [each for each in zone["policies"] if each["verdict"] == verdict] for verdict in VERDICTS}
    open_or_met = [*groups["met"], *groups["unknown"]]
    counted = {verdict: sum(not each.get("hidden_because") for each in groups[verdict]) for verdict in VERDICTS}
    years = [year for year in zone["by_year"] if year["certain_fen"] or year["possible_fen"]]
    most_a_year = max((year["possible_fen"] or year["certain_fen"] for year in years), default=0)
    return {
        **zone,
        "groups": groups,
        "open_or_met": open_or_met,
        "counted": counted,
        "years": years,
        "most_a_year": most_a_year,
    }


def most_of(zones: Sequence[Mapping[str, Any]]) -> int:
    """The longest bar's sum."""
    sums = [end for zone in zones for end in (zone["certain_fen"], zone["possible_fen"]) if end is not None]
    return max(sums, default=0) or 1


def questions_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What to ask next, the question on which most hangs first, each with its fact."""
    first = answer["next_question"]
    following = [*([first] if first else []), *answer["further_questions"]]
    return [each | {"fact": FACTS[each["fact"]]} for each in following if each["fact"] in FACTS]


def _worth(zone: Mapping[str, Any]) -> tuple[int, float, int, int]:
    possible = zone["possible_fen"]
    return (
        zone["certain_fen"],
        float("inf") if possible is None else possible,
        zone.get("met", 0),
        zone.get("unknown", 0),
    )


def _with_values(questions: list[dict[str, Any]], lead: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = lead["facts"]
    return [each | {"value": _typed(each["fact"].name, known)} for each in questions]


def _typed(name: str, known: Mapping[str, Any]) -> Any:
    fact = known.get(name) or {}
    return fact_text(FACTS[name], fact.get("value"), fact.get("as_written"))
