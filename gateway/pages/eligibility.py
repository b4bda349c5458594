"""What a company would get, and where: three questions first, no account, no names, and no JavaScript needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.zones import ZONES
from gateway.pages.api import Answered, Refused
from gateway.pages.comparison import ordered_zones, questions_of, zone_view
from gateway.pages.forms import FACT, check_facts, facts_from
from gateway.pages.industries import code_of, industries, name_industries
from gateway.pages.routing import PageRoute
from gateway.pages.titles import titles_for
from gateway.pages.visit import Visit, Visiting, nothing_wrong

router = APIRouter(route_class=PageRoute)

FIRST = ("industry_code", "fixed_asset_investment", "entry_date")
NEXT_ASKED = 5


@router.get("/eligibility")
async def eligibility(request: Request, visit: Visiting) -> Response:
    """The questions and, as soon as one is answered, the zones; everything typed is in the address."""
    fields = {name: request.query_params.getlist(name) for name in request.query_params if name.startswith(FACT)}
    await name_industries(visit)
    facts = await asked_facts(visit, fields)
    zone = request.query_params.get("zone", "")
    answer, refused = await _answer(visit, facts, zone) if facts else (None, None)
    kept = {name: values if _is_tags(name) else values[0] for name, values in fields.items() if values}
    questions = questions_of(answer) if answer else []
    context = {
        "answer": answer,
        "titles": await titles_for(visit) if answer else {},
        "zones": _zones(visit, answer) if answer else [],
        "refused": refused,
        "kept": kept,
        "to_save": fields | ({f"{FACT}industry_code": [facts["industry_code"]]} if "industry_code" in facts else {}),
        "zone": zone,
        "industries": await industries(visit),
        "first": [FACTS[name] for name in FIRST],
        **_asked(fields, questions),
        "wrong": refused.wrong if refused else nothing_wrong,
        "gains": {each["fact"].name: each for each in questions},
        "share": f"/eligibility?{urlencode({**fields, **({'zone': [zone]} if zone else {})}, doseq=True)}",
        "asking": f"?{urlencode(fields, doseq=True)}" if fields else "",
        "given": given_facts(visit, facts),
        "by_amount": visit.session is not None,
    }
    template = "panels/eligibility.html" if visit.swapped else "eligibility.html"
    shown = visit.page(template, refused.status if refused and not visit.swapped else 200, **context)
    shown.headers.update(refused.headers if refused else {})
    return shown


async def _answer(visit: Visit, facts: Mapping[str, Any], zone: str) -> tuple[Answered | None, Refused | None]:
    body: dict[str, Any] = {"facts": dict(facts)}
    if zone in ZONES:
        body["zones"] = [zone]
    try:
        check_facts(facts)
        return await visit.api.post("/eligibility", body), None
    except Refused as refused:
        return None, refused.beside([f"facts.{name}" for name in FACTS])


def _zones(visit: Visit, answer: Answered) -> list[dict[str, Any]]:
    """By industry fit as the service orders them; by amount for those who are signed in."""
    if visit.session is not None:
        return ordered_zones(answer["zones"])
    return [zone_view(zone) for zone in answer["zones"]]


async def asked_facts(visit: Visit, fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """The facts of the form's fields; an industry by its name as well as by its code."""
    facts = facts_from(fields)
    if "industry_code" in facts:
        facts["industry_code"] = code_of(fields[f"{FACT}industry_code"][0], await industries(visit))
    return facts


def _asked(fields: Mapping[str, Any], questions: list[dict[str, Any]]) -> dict[str, Any]:
    """The next question, and those below: beyond the first three those answered already, then those that follow.

    What stands in a field already keeps it, and is not asked in a second one.
    """
    answered = [name for field in fields if (name := field.removeprefix(FACT)) in FACTS and name not in FIRST]
    shown = {*FIRST, *answered}
    coming = [each["fact"].name for each in questions[1:] if each["fact"].name not in shown]
    following = questions[0] if questions else None
    return {
        "next_question": following,
        "in_its_place": following is not None and following["fact"].name in shown,
        "asked": [FACTS[name] for name in (*answered, *coming[:NEXT_ASKED])],
    }


def given_facts(visit: Visit, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was said, with labels, as a person reads it."""
    worded = ("boolean", "choice", "tags", "date", "code")
    return [
        {
            "label": visit.f.fact_label(name),
            "value": visit.f.fact(name, value) if FACTS[name].kind in worded else str(value),
        }
        for name, value in facts.items()
    ]


def _is_tags(field: str) -> bool:
    fact = FACTS.get(field.removeprefix(FACT))
    return fact is not None and fact.kind == "tags"
