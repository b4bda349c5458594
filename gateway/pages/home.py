"""An officer's start page: what to do, what changed, what is about to be lost. Three parts, each loaded by itself."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from gateway.pages.page_table import OFFICERS, start_of
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visiting

router = APIRouter(route_class=PageRoute)

SHOWN = 8
CHECKS = 4
RESPOND_WITHIN = timedelta(days=4)
PROTECT_WITHIN = timedelta(days=30)


@router.get("/")
async def home(visit: Visiting) -> Response:
    """The start page of officers; everybody else begins elsewhere."""
    if visit.role not in OFFICERS:
        return visit.go(start_of(visit.role))
    return visit.page("home.html")


@router.get("/panels/todo")
async def todo(visit: Visiting) -> Response:
    """Leads that wait for an answer, the most urgent first, then those with something to check."""
    before = (visit.f.today + RESPOND_WITHIN).isoformat()
    waiting = await visit.api.get(
        "/leads", state="active", respond_due_before=before, sort="respond_due", limit=SHOWN + 1
    )
    recent = await visit.api.get("/leads", state="active", sort="-updated", limit=100)
    due = [lead for lead in waiting["items"] if any(c["kind"] == "respond" and not c["met_at"] for c in lead["clocks"])]
    shown = {lead["id"] for lead in due}
    checks = [lead for lead in recent["items"] if lead["todo"] and lead["id"] not in shown][:CHECKS]
    return visit.page("panels/todo.html", leads=due[:SHOWN], more=len(due) > SHOWN, checks=checks)


@router.get("/panels/changes")
async def changes(visit: Visiting) -> Response:
    """The latest notifications."""
    found = await visit.api.get("/notifications", limit=SHOWN + 4)
    empty = visit.say("还没有变化。线索匹配完成、分派给您或台账导入完成时，会在这里告诉您。")
    return visit.page("panels/changes.html", items=found["items"], empty=empty)


@router.get("/panels/losing")
async def losing(visit: Visiting) -> Response:
    """Leads whose protection ends within a month or has ended."""
    before = (visit.f.today + PROTECT_WITHIN).isoformat()
    found = await visit.api.get(
        "/leads", state="active", protect_due_before=before, sort="protect_due", limit=SHOWN + 1
    )
    leads = [lead for lead in found["items"] if any(c["kind"] == "protect" and not c["met_at"] for c in lead["clocks"])]
    return visit.page("panels/losing.html", leads=leads[:SHOWN], more=len(leads) > SHOWN)
