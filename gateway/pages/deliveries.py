"""Deliveries for administrators: what did not arrive and why, and what to do about it, singly or by a filter."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.weeks import Week
from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.people import names_for
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting

router = APIRouter(route_class=PageRoute)

ROWS = 50
WEEKS = 8
FILTER = ("channel", "recipient", "week")


@router.get("/deliveries")
async def deliveries(
    visit: Visiting, state: str = "", channel: str = "", recipient: str = "", week: str = "", cursor: str | None = None
) -> Response:
    """What was sent to whom, and what could not be."""
    wanted = {"state": state, "channel": channel, "recipient": recipient, "week": week}
    given = {name: value for name, value in wanted.items() if value}
    found = await visit.api.get("/deliveries", **given, limit=ROWS, cursor=cursor)
    following = f"/deliveries?{urlencode(given | {'cursor': found['next']})}" if found["next"] else ""
    narrowing = {name: value for name, value in given.items() if name in FILTER}
    return visit.page(
        "deliveries.html", items=found["items"], names=await names_for(visit), wanted=wanted, weeks=_weeks(visit),
        next_url=following, tab=_tabs(narrowing), retry_url=f"/deliveries/retry?{urlencode(narrowing)}",
    )  # fmt: skip


@router.get("/deliveries/retry")
async def count_failed(visit: Visiting, channel: str = "", recipient: str = "", week: str = "") -> Response:
    """What sending again would do, before anybody says so."""
    return await _confirmation(visit, {"channel": channel, "recipient": recipient, "week": week})


@router.post("/deliveries/retry")
async def retry_failed(request: Request, visit: Visiting) -> Response:
    """Send again what was counted."""
    form = await Form.of(request)
    wanted = form.given(*FILTER)
    try:
        await visit.api.post("/deliveries/retry", wanted | {"expected": form.number("expected")}, key=form.key)
    except Refused as refused:
        return await _confirmation(visit, wanted, refused)
    return visit.go("/deliveries")


@router.get("/deliveries/{id}")
async def delivery(id: str, visit: Visiting) -> Response:
    """One delivery, attempt by attempt."""
    return await _opened(visit, id)


@router.post("/deliveries/{id}/{act}")
async def decide(id: str, act: str, request: Request, visit: Visiting) -> Response:
    """Send it again, take it as sent, or leave it out."""
    form = await Form.of(request)
    path = f"/deliveries/{id}/{act if act in ('confirm', 'discard') else 'retry'}"
    try:
        await visit.api.post(path, form.given("reason"), key=form.key, revision=form.revision)
    except Refused as refused:
        return await _opened(visit, id, refused.beside(()))
    return visit.go(f"/deliveries/{id}")


async def _opened(visit: Visit, id: str, refused: Refused | None = None) -> Response:
    found = await visit.api.get(f"/deliveries/{id}")
    status = refused.status if refused else 200
    return visit.page("delivery.html", status, each=found, names=await names_for(visit), refused=refused)


async def _confirmation(visit: Visit, wanted: dict[str, str], refused: Refused | None = None) -> Response:
    given = {name: value for name, value in wanted.items() if value}
    counted = await visit.api.post("/deliveries/dry-run", given)
    return visit.page(
        "deliveries_retry.html", refused.status if refused else 200, counted=counted, wanted=given, refused=refused,
        names=await names_for(visit),
    )  # fmt: skip


def _tabs(narrowing: dict[str, str]) -> Any:
    def address(state: str) -> str:
        query = urlencode(narrowing | ({"state": state} if state else {}))
        return f"/deliveries?{query}" if query else "/deliveries"

    return address


def _weeks(visit: Visit) -> list[str]:
    weeks = [Week.of(visit.f.now)]
    while len(weeks) < WEEKS:
        weeks.append(weeks[-1].previous)
    return [each.id for each in weeks]
