"""Notifications: the bell's count and drawer, the page, and opening one, which marks it as read."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.page_table import start_of
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visiting

router = APIRouter(route_class=PageRoute)

DRAWER = 8
ROWS = 50
MANY = 99


@router.get("/panels/unread")
async def unread(visit: Visiting) -> Response:
    """The number on the bell; nothing where there is none to show."""
    try:
        count = (await visit.api.get("/notifications/count"))["unread"]
    except Refused:
        return HTMLResponse("")
    return visit.page("panels/unread.html", count=count, shown=f"{MANY}+" if count > MANY else str(count))


@router.get("/panels/notifications")
async def drawer(visit: Visiting) -> Response:
    """The latest, under the bell."""
    found = await visit.api.get("/notifications", limit=DRAWER)
    return visit.page("panels/changes.html", items=found["items"], empty=visit.say("还没有通知。"))


@router.get("/notifications")
async def page(visit: Visiting, unread: bool = False, cursor: str | None = None) -> Response:
    """All of them, newest first."""
    found = await visit.api.get("/notifications", unread=True if unread else None, limit=ROWS, cursor=cursor)
    flag = "unread=1&" if unread else ""
    following = f"/notifications?{flag}cursor={found['next']}" if found["next"] else ""
    return visit.page("notifications.html", items=found["items"], unread=unread, next_url=following)


@router.post("/notifications/read-all")
async def read_all(visit: Visiting) -> Response:
    """Mark all as read."""
    await visit.api.post("/notifications/read-all")
    return visit.go("/notifications")


@router.post("/notifications/{id}/open")
async def open_one(id: str, request: Request, visit: Visiting) -> Response:
    """Mark one as read and go where it leads."""
    form = await Form.of(request)
    link = form.text("link")
    opened = await visit.api.post(f"/notifications/{id}/read")
    own = opened["link"] or link
    return visit.go(own if own.startswith("/") and not own.startswith("//") else start_of(visit.role))
