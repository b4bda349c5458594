"""A list as a file: asked for on the list, watched here, fetched when it is written."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.forms import Form
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visiting

router = APIRouter(route_class=PageRoute)

RUNNING = ("queued", "running")
FIELDS = (
    *("stage", "state", "zone", "office", "owner", "source_mode", "import_id", "q", "respond_due_before"),
    *("protect_due_before", "sort"),
)


@router.post("/exports")
async def request_export(request: Request, visit: Visiting) -> Response:
    """Ask for the list's file."""
    form = await Form.of(request)
    export = await visit.api.post("/exports", form.given(*FIELDS), key=form.key)
    return visit.go(f"/exports/{export['id']}")


@router.get("/exports/{id}")
async def export_result(id: str, visit: Visiting) -> Response:
    """Progress while it is written, drawn anew by itself; then the file."""
    export = await visit.api.get(f"/exports/{id}")
    return visit.page("export.html", export=export, running=export["state"] in RUNNING)


@router.post("/exports/{id}/cancel")
async def cancel(id: str, request: Request, visit: Visiting) -> Response:
    """Stop writing it; there will be no file."""
    form = await Form.of(request)
    await visit.api.delete(f"/jobs/{id}", key=form.key)
    return visit.go(f"/exports/{id}")
