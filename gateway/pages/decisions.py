"""测算记录: an answer as it was given, beside what would be said today; and the list of those one was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.facts import FACTS
from gateway.pages.api import Answered
from gateway.pages.comparison import zone_view
from gateway.pages.forms import Form, check_facts
from gateway.pages.industries import name_industries
from gateway.pages.people import names_for
from gateway.pages.replays import PARTS, InWords
from gateway.pages.routing import PageRoute
from gateway.pages.titles import titles_for
from gateway.pages.visit import Visit, Visiting

router = APIRouter(route_class=PageRoute)

ROWS = 30
SHOWN_FACTS = 4
UNSEEN = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@router.post("/eligibility/save")
async def save(request: Request, visit: Visiting) -> Response:
    """Keep the answer that is on the page, and open it under its own address."""
    form = await Form.of(request)
    facts, zone = form.facts(), form.text("zone")
    check_facts(facts)
    body: dict[str, Any] = {"facts": facts} | ({"zones": [zone]} if zone else {})
    saved = await visit.api.post("/decisions", body, key=form.own_key)
    return visit.go(f"/decisions/{saved['id']}")


@router.get("/decisions")
async def own_decisions(visit: Visiting, lead: str = "", cursor: str | None = None) -> Response:
    """What one was told, latest first; of one lead what anybody was told."""
    found = await visit.api.get("/decisions", limit=ROWS, cursor=cursor, lead=lead or None)
    await name_industries(visit)
    narrowed = {"lead": lead} if lead else {}
    first = f"/decisions?{urlencode(narrowed)}" if narrowed else "/decisions"
    following = f"/decisions?{urlencode(narrowed | {'cursor': found['next']})}" if found["next"] else ""
    return visit.page(
        "decisions.html",
        items=[each | {"given": _given(visit, each["facts"])} for each in found["items"]],
        lead=lead,
        title=next((each["title"] for each in found["items"]), None) if lead else None,
        names=await names_for(visit),
        shown_facts=SHOWN_FACTS,
        next_url=following,
        first_url=first if cursor else "",
    )


@router.get("/decisions/{id}")
async def decision_page(id: str, visit: Visiting) -> Response:
    """One answer, exactly as it was given, and whether it would be given again."""
    answer = await visit.api.get(f"/decisions/{id}")
    replay = await visit.api.get(f"/decisions/{id}/replay")
    await name_industries(visit)
    titles = await titles_for(visit)
    words = InWords(visit.f, {**replay["titles"], **titles}, _conditions(answer))
    today = replay["today"]
    page = visit.page(
        "decision.html",
        answer=answer,
        replay=replay,
        zones=[zone_view(zone) for zone in answer["zones"]],
        titles=titles,
        given=_given(visit, replay["facts"]),
        otherwise=words.rows(replay["differences"]),
        now=words.rows(today["differences"]) if today else [],
        names=await names_for(visit),
        parts=PARTS,
        asking=None if replay["lead"] else "",
    )
    page.headers.update(UNSEEN)
    return page


def _given(visit: Visit, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The facts of an answer as pills, in the order of the registry."""
    known = [(name, facts[name]) for name in FACTS if name in facts]
    return [
        {
            "label": visit.f.fact_label(name),
            "value": fact["as_written"] or visit.f.fact(name, fact["value"]) if fact["state"] == "value" else "—",
        }
        for name, fact in known
    ]


def _conditions(answer: Answered) -> dict[tuple[str, str], str]:
    """The sentence of each condition, by its policy and id."""
    return {
        (policy["policy"], each["id"]): each["text"]
        for zone in answer["zones"]
        for policy in zone["policies"]
        for each in policy["conditions"]
    }
