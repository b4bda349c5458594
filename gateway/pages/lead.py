"""A lead's page: where it stands, what happened, what is known; and the acts on it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.stages import Stage
from gateway.pages.api import Refused
from gateway.pages.forms import Form, check_facts, fact_text
from gateway.pages.home import todo
from gateway.pages.industries import code_of, industries, name_industries
from gateway.pages.lights import clock_light
from gateway.pages.people import names_for, officers_for, organisations
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting, nothing_wrong
from kit.errors import NotFound

router = APIRouter(route_class=PageRoute)

CHANGED = {"HX-Trigger": "lead-changed"}


@router.get("/leads/{id}")
async def lead_page(id: str, visit: Visiting) -> Response:
    """Everything about a lead but its policies."""
    lead = await visit.api.get(f"/leads/{id}")
    return visit.page("lead.html", **await lead_context(visit, lead), tab="lead")


@router.get("/leads/{id}/panels/timeline")
async def timeline(id: str, visit: Visiting) -> Response:
    """What happened, latest first."""
    await name_industries(visit)
    found = await visit.api.get(f"/leads/{id}/timeline")
    names, known = await names_for(visit), await organisations(visit)
    return visit.page("panels/timeline.html", items=found["items"], names=names, organisations=known, lead_id=id)


@router.post("/leads/{id}/follow-ups")
async def follow_up(id: str, request: Request, visit: Visiting) -> Response:
    """Note a follow-up; the start page asks for its own part again."""
    form = await Form.of(request)
    body = form.given("text", "on", "next_plan", "next_on")
    try:
        await visit.api.post(f"/leads/{id}/follow-ups", body, key=form.key)
    except Refused as refused:
        if refused.status == 404:
            raise
        refused.beside(("text", "on", "next_plan", "next_on"))
        return visit.page(
            "panels/composer.html", 422, lead_id=id, kept=form.kept(), refused=refused, wrong=refused.wrong
        )
    if visit.swapped and form.text("then") == "todo":
        return await todo(visit)
    return visit.go(f"/leads/{id}")


@router.get("/leads/{id}/panels/move")
async def move_dialog(id: str, visit: Visiting, to: str = "") -> Response:
    """The dialog that asks what a move needs."""
    return _dialog(visit, await visit.api.get(f"/leads/{id}"), to)


@router.post("/leads/{id}/stage")
async def move(id: str, request: Request, visit: Visiting) -> Response:
    """Move a lead; the page it was done on is drawn again."""
    form = await Form.of(request)
    body = form.given("to", "on", "reason", "signed_amount")
    try:
        await visit.api.post(f"/leads/{id}/stage", body, key=form.key, revision=form.revision)
    except Refused as refused:
        lead = await visit.api.get(f"/leads/{id}")
        refused.beside(("on", "reason", "signed_amount"))
        return _dialog(visit, lead, form.text("to"), form.kept(), refused)
    if visit.swapped:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return visit.go(f"/leads/{id}")


@router.post("/leads/{id}/assign")
async def assign(id: str, request: Request, visit: Visiting) -> Response:
    """Give the lead to a colleague."""
    form = await Form.of(request)
    await visit.api.post(f"/leads/{id}/assign", {"owner": form.text("owner")}, key=form.key, revision=form.revision)
    return visit.go(f"/leads/{id}")


@router.get("/leads/{id}/panels/fact/{name}")
async def fact_form(id: str, name: str, visit: Visiting) -> Response:
    """One fact as a field."""
    if name not in FACTS:
        raise NotFound("没有这个字段，请刷新页面。")
    return await _fact_panel(visit, await visit.api.get(f"/leads/{id}"), name)


@router.post("/leads/{id}/facts")
async def change_fact(id: str, request: Request, visit: Visiting) -> Response:
    """Save one or more facts where they stand; an emptied field forgets its fact."""
    form = await Form.of(request)
    facts = form.facts()
    if "industry_code" in facts:
        facts["industry_code"] = code_of(form.text("fact.industry_code"), await industries(visit))
    asked = {name.removeprefix("fact.") for name in form.data if name.startswith("fact.")} & FACTS.keys()
    emptied = dict.fromkeys(asked - facts.keys()) if form.text("forget") else {}
    if not facts and not emptied:
        await visit.api.get(f"/leads/{id}")
        return visit.go(f"/leads/{id}/policies" if form.text("then") == "comparison" else f"/leads/{id}")
    try:
        check_facts(facts)
        receipt = await visit.api.patch(
            f"/leads/{id}", {"facts": facts | emptied}, key=form.key, revision=form.revision
        )
    except Refused as refused:
        lead = await visit.api.get(f"/leads/{id}")
        name = next(iter(sorted(asked)), "industry_code")
        answer = await _fact_panel(visit, lead, name, form.text(f"fact.{name}"), refused, form.text("then"))
        answer.headers.update({"HX-Retarget": f"#form-{name}", "HX-Reswap": "outerHTML"})
        return answer
    await name_industries(visit)
    if form.text("then") == "comparison":
        return visit.go(f"/leads/{id}/policies?after={receipt['revision']}")
    lead = await visit.api.get(f"/leads/{id}")
    answer = visit.page("panels/facts.html", lead=lead, facts=facts_of(visit, lead), unknown=unknown_of(visit, lead))
    answer.headers.update(CHANGED)
    return answer if visit.swapped else visit.go(f"/leads/{id}")


async def lead_context(visit: Visit, lead: dict[str, Any]) -> dict[str, Any]:
    """What every tab of a lead's page shows above it."""
    await name_industries(visit)
    reached = _reached(lead)
    order = Stage(lead["stage"]).order
    path = [
        {"stage": stage.value, "on": reached.get(stage.value), "state": _place(stage.order, order)} for stage in Stage
    ]
    colleagues = await officers_for(visit, lead["office"]) if visit.may("/leads/new") else {}
    clocks = [clock | {"light": clock_light(clock, visit.f.now)} for clock in lead["clocks"]]
    return {
        "lead": lead,
        "path": path,
        "clocks": clocks,
        "names": await names_for(visit),
        "lead_id": lead["id"],
        "kept": {},
        "facts": facts_of(visit, lead),
        "unknown": unknown_of(visit, lead),
        "next_move": _next_move(lead),
        "colleagues": {id: name for id, name in colleagues.items() if id != lead["owner"]},
    }


def facts_of(visit: Visit, lead: dict[str, Any]) -> list[dict[str, Any]]:
    """The known facts in the order of the registry, each with who said so."""
    sources = {
        "officer": "专员填写",
        "import": "台账导入",
        "partner": "企业填写",
        "visitor": "访客填写",
        "system": "系统",
    }
    return [
        {
            "name": name,
            "value": _shown(visit, name, fact),
            "source": visit.say(sources.get(fact["source"]["kind"], "其他")),
        }
        for name in FACTS
        if (fact := lead["facts"].get(name))
    ]


def unknown_of(visit: Visit, lead: dict[str, Any]) -> list[dict[str, str]]:
    """The facts nobody has stated yet."""
    return [{"name": name, "label": visit.f.fact_label(name)} for name in FACTS if name not in lead["facts"]]


async def _fact_panel(
    visit: Visit, lead: dict[str, Any], name: str, typed: str = "", refused: Refused | None = None, then: str = ""
) -> Response:
    known = lead["facts"].get(name) or {}
    value = typed or fact_text(FACTS[name], known.get("value"), known.get("as_written"))
    codes = await industries(visit) if name == "industry_code" else []
    return visit.page(
        "panels/fact_form.html", 422 if refused else 200, lead=lead, fact=FACTS[name], value=value, refused=refused,
        then=then, industries=codes, wrong=refused.wrong if refused else nothing_wrong,
    )  # fmt: skip


def _dialog(
    visit: Visit, lead: dict[str, Any], to: str, kept: dict[str, Any] | None = None, refused: Refused | None = None
) -> Response:
    legal = any(move["to"] == to for move in lead["legal_moves"])
    known = to in {stage.value for stage in Stage} | {"on_hold", "closed", "resume"}
    return visit.page(
        "panels/move.html", 422 if refused else 200, lead=lead, to=to if known else "", legal=legal, refused=refused,
        kept={"signed_amount": "", "reason": "", "on": ""} | (kept or {}),
        wrong=refused.wrong if refused else nothing_wrong,
    )  # fmt: skip


def _place(of: int, reached: int) -> str:
    if of == reached:
        return "now"
    return "done" if of < reached else "todo"


def _reached(lead: dict[str, Any]) -> dict[str, str]:
    reached = {move["to_stage"]: move["on"] for move in lead["moves"] if move["to_stage"] != move["from_stage"]}
    return {"new": lead["registered_on"]} | reached


def _next_move(lead: dict[str, Any]) -> dict[str, Any] | None:
    order = Stage(lead["stage"]).order
    forward = (move for move in lead["legal_moves"] if move["to"] == "resume" or _order(move["to"]) > order)
    return next(forward, None)


def _order(target: str) -> int:
    return Stage(target).order if target in {stage.value for stage in Stage} else -1


def _shown(visit: Visit, name: str, fact: dict[str, Any]) -> str:
    states = {"not_applicable": "不适用", "conflict": "说法不一，待核实", "missing": "未填写"}
    if fact["state"] in states:
        return visit.say(states[fact["state"]])
    return visit.f.fact(name, fact["value"])
