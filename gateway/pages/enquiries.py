"""我要咨询: a visitor asks a zone and follows the answer with a code; the office answers on the lead's page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.zones import ZONES
from gateway.pages.api import Refused
from gateway.pages.forms import FACT, Form, check_facts, facts_from
from gateway.pages.people import officers_for, organisations, own_organisation
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.errors import NotFound

router = APIRouter(route_class=PageRoute)

FIELDS = ("zone", "organisation", "name", "phone", "email", "question")
UNSEEN = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@router.get("/enquiries/new")
async def new_enquiry(request: Request, visit: Visiting, to: str = "") -> Response:
    """The form; what was asked of the visitor before goes along in hidden fields."""
    asked = {name: request.query_params.getlist(name) for name in request.query_params if name.startswith(FACT)}
    return await _form(visit, {"zone": to if to in ZONES else ""}, asked)


@router.post("/enquiries")
async def enquire(request: Request, visit: Visiting) -> Response:
    """Save the answer that the visitor saw, then send the enquiry; the code is shown this once."""
    form = await Form.of(request)
    asked = {name: [str(value) for value in form.data.getlist(name)] for name in form.data if name.startswith(FACT)}
    facts = facts_from(asked)
    key, saved = form.own_key, None
    body: dict[str, Any] = form.given(*FIELDS) | {"facts": facts, "consent": bool(form.text("consent"))}
    if organisation := await own_organisation(visit):
        body["organisation"] = organisation
    try:
        check_facts(facts)
        if facts:
            sent_to = {"sent_to": body["zone"]} if body.get("zone") in ZONES else {}
            saved = body["decision"] = (await visit.api.post("/decisions", {"facts": facts} | sent_to, key=key))["id"]
        receipt = await visit.api.post("/enquiries", body, key=key)
    except Refused as refused:
        return await _form(visit, form.kept(), asked, refused.beside((*FIELDS, "consent")))
    return _private(visit.page("enquiry_sent.html", receipt=receipt, saved=saved))


@router.get("/enquiries/track")
async def track_form(visit: Visiting) -> Response:
    """The field for the code."""
    return _private(visit.page("enquiry_track.html", found=None, code=""))


@router.post("/enquiries/track")
async def track(request: Request, visit: Visiting) -> Response:
    """Where the enquiry stands."""
    return await _tracked(visit, await Form.of(request), "/enquiries/track")


@router.post("/enquiries/track/message")
async def add_message(request: Request, visit: Visiting) -> Response:
    """Add one message."""
    return await _tracked(visit, await Form.of(request), "/enquiries/track/message", "text")


@router.post("/enquiries/track/withdraw")
async def withdraw(request: Request, visit: Visiting) -> Response:
    """Withdraw the consent."""
    return await _tracked(visit, await Form.of(request), "/enquiries/track/withdraw")


@router.get("/leads/{id}/panels/enquiries")
async def lead_enquiries(id: str, visit: Visiting) -> Response:
    """The enquiries that made a lead or belong to it, each with its box for the answer."""
    return await _panel(visit, id)


@router.post("/leads/{id}/enquiries/{enquiry}")
async def answer(id: str, enquiry: str, request: Request, visit: Visiting) -> Response:
    """Write back to whoever asked."""
    form = await Form.of(request)
    body = form.given("text")
    await visit.api.post(f"/enquiries/{enquiry}/answer", body, key=form.key, revision=form.revision)
    return visit.go(f"/leads/{id}")


@router.get("/duty")
async def duty(visit: Visiting) -> Response:
    """Who is on duty at the office, and what was asked of it lately."""
    zone = _own_zone(visit)
    found = await visit.api.get(f"/duties/{zone}")
    asked = await visit.api.get("/enquiries", limit=50)
    colleagues = await officers_for(visit, zone)
    return visit.page("duty.html", zone=zone, officer=found["officer"], colleagues=colleagues, items=asked["items"])


@router.post("/duty")
async def set_duty(request: Request, visit: Visiting) -> Response:
    """Say who is on duty."""
    form = await Form.of(request)
    await visit.api.put(f"/duties/{_own_zone(visit)}", {"officer": form.text("officer") or None})
    return visit.go("/duty")


def _own_zone(visit: Visit) -> str:
    if visit.session is None or not visit.session.principal.zones:
        raise NotFound("您的账号没有所属的开发区，请联系管理员。")
    return visit.session.principal.zones[0]


async def _panel(visit: Visit, id: str) -> Response:
    await visit.api.get(f"/leads/{id}")
    found = await visit.api.get("/enquiries", lead_id=id, limit=20)
    seen = {each["id"]: await _decision(visit, each) for each in found["items"]}
    return visit.page(
        "panels/enquiries.html", items=found["items"], seen=seen, lead_id=id, organisations=await organisations(visit)
    )


async def _decision(visit: Visit, enquiry: dict[str, Any]) -> dict[str, Any] | None:
    """What the visitor was shown of the zone; None where nothing was saved."""
    if enquiry["decision"] is None:
        return None
    answered = await visit.api.find(f"/decisions/{enquiry['decision']}")
    zones = answered["zones"] if answered else []
    return next((zone for zone in zones if zone["zone"] == enquiry["zone"]), None)


async def _tracked(visit: Visit, form: Form, path: str, *names: str) -> Response:
    body = form.given("code", *names)
    try:
        found = await visit.api.post(path, body, key=form.own_key)
    except Refused as refused:
        answer = visit.page("enquiry_track.html", refused.status, found=None, code="", refused=refused)
        answer.headers.update(refused.headers)
        return _private(answer)
    return _private(visit.page("enquiry_track.html", found=found, code=form.text("code")))


async def _form(
    visit: Visit, kept: dict[str, Any], asked: dict[str, list[str]], refused: Refused | None = None
) -> Response:
    known = {name: values for name, values in asked.items() if name.removeprefix(FACT) in FACTS}
    more: dict[str, Any] = {"refused": refused, "wrong": refused.wrong} if refused else {}
    more["organisation"] = await own_organisation(visit)
    answer = visit.page("enquiry_new.html", refused.status if refused else 200, kept=kept, asked=known, **more)
    answer.headers.update(refused.headers if refused else {})
    return answer


def _private(answer: Response) -> Response:
    answer.headers.update(UNSEEN)
    return answer
