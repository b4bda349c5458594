"""Running the suite, for administrators: how each service is, and its dead letters with what to do about them."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.people import names_for
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from gateway.routing import APPS
from kit.errors import NotFound

router = APIRouter(route_class=PageRoute)

STATES = ("", "dead", "waiting", "discarded", "handled", "unknown", "unreadable")
ROWS = 100


@router.get("/system")
async def system(visit: Visiting) -> Response:
    """Every service: ready or not, how far behind, what waits."""
    found = await asyncio.gather(*(_asked(visit, name, f"/system/{name}") for name in APPS))
    return visit.page("system.html", services=found)


@router.get("/dead-letters")
async def dead_letters(visit: Visiting, state: str = "") -> Response:
    """The dead letters of all services in one table; a silent service has its own notice."""
    wanted = state if state in STATES else ""
    asked = [_asked(visit, name, f"/dead-letters/{name}", state=wanted or None, limit=ROWS) for name in APPS]
    found = await asyncio.gather(*asked)
    rows = [item | {"service": each["name"]} for each in found if each["answer"] for item in each["answer"]["items"]]
    rows.sort(key=lambda row: row["failed_at"] or "", reverse=True)
    more = [each["name"] for each in found if each["answer"] and each["answer"]["next"]]
    dead = sorted({row["service"] for row in rows if row["state"] in ("dead", "unknown")})
    return visit.page("dead_letters.html", found=found, rows=rows, more=more, dead=dead, state=wanted, states=STATES)


@router.get("/dead-letters/{service}/replay")
async def count_letters(service: str, visit: Visiting) -> Response:
    """What starting all again would do, before anybody says so."""
    return await _confirmation(visit, _named(service))


@router.post("/dead-letters/{service}/replay")
async def replay_letters(service: str, request: Request, visit: Visiting) -> Response:
    """Start again what was counted."""
    form = await Form.of(request)
    body, path = {"expected": form.number("expected")}, f"/dead-letters/{_named(service)}/replay"
    try:
        await visit.api.post(path, body, key=form.key)
    except Refused as refused:
        return await _confirmation(visit, service, refused)
    return visit.go("/dead-letters")


@router.get("/dead-letters/{service}/{id}")
async def letter(service: str, id: str, visit: Visiting) -> Response:
    """One dead letter and what waits behind it."""
    return await _opened(visit, _named(service), id)


@router.post("/dead-letters/{service}/{id}/{act}")
async def decide(service: str, id: str, act: str, request: Request, visit: Visiting) -> Response:
    """Start it again, or leave it out with a reason."""
    form = await Form.of(request)
    path, discarding = f"/dead-letters/{_named(service)}/{id}", act == "discard"
    body = {"reason": form.text("reason")} if discarding else None
    try:
        await visit.api.post(
            f"{path}/{'discard' if discarding else 'replay'}", body, key=form.key, revision=form.revision
        )
    except Refused as refused:
        return await _opened(visit, service, id, refused.beside(()))
    return visit.go(path)


async def _opened(visit: Visit, service: str, id: str, refused: Refused | None = None) -> Response:
    found = await visit.api.get(f"/dead-letters/{service}/{id}")
    return visit.page(
        "dead_letter.html", refused.status if refused else 200, each=found, service=service, refused=refused,
        names=await names_for(visit),
    )  # fmt: skip


async def _confirmation(visit: Visit, service: str, refused: Refused | None = None) -> Response:
    counted = await visit.api.post(f"/dead-letters/{service}/dry-run", {})
    status = refused.status if refused else 200
    return visit.page("dead_letters_replay.html", status, counted=counted, service=service, refused=refused)


async def _asked(visit: Visit, name: str, path: str, **params: Any) -> dict[str, Any]:
    try:
        return {"name": name, "answer": await visit.api.get(path, **params), "silent": ""}
    except Refused as refused:
        return {"name": name, "answer": None, "silent": refused.detail}


def _named(service: str) -> str:
    if service not in APPS:
        raise NotFound("没有这个服务，请从死信列表重新打开。")
    return service
