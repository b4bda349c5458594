"""Bringing in the ledger workbook an office keeps: drop it, watch it, read what became of every row."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.people import names_for
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.errors import Invalid

router = APIRouter(route_class=PageRoute)

RUNNING = ("queued", "running")
ROWS = 100
FILTERS = ("problems", "created", "linked", "refused", "all")


@router.get("/imports")
async def import_page(visit: Visiting) -> Response:
    """Where the file is dropped, and earlier imports."""
    return await _draw(visit)


@router.post("/imports")
async def request_import(request: Request, visit: Visiting) -> Response:
    """Pass the workbook on and show how it goes."""
    form = await Form.of(request)
    file = form.file("file")
    try:
        if file is None:
            raise Refused(422, Invalid.title, visit.say("请先选择台账文件。"))
        job = await visit.api.upload("/imports", file, form.given("default_zone"), key=form.key)
    except Refused as refused:
        return await _draw(visit, refused)
    return visit.go(f"/imports/{job['import_id']}")


@router.get("/imports/{id}")
async def import_result(id: str, visit: Visiting, show: str = "", cursor: str | None = None) -> Response:
    """Progress while it runs; then what became of every row, problems first."""
    job = await visit.api.get(f"/imports/{id}")
    context: dict[str, Any] = {"job": job, "names": await names_for(visit)}
    if job["state"] in RUNNING:
        return visit.page("import_running.html", **context)
    chosen = show if show in FILTERS else "problems" if job["counts"]["with_problems"] else "all"
    rows = await visit.api.get(f"/imports/{id}/rows", **_rows(chosen), limit=ROWS, cursor=cursor)
    following = f"/imports/{id}?show={chosen}&cursor={rows['next']}" if rows["next"] else ""
    return visit.page("import_result.html", **context, rows=rows["items"], chosen=chosen, next_url=following)


@router.get("/imports/{id}/progress")
async def progress(id: str, visit: Visiting) -> Response:
    """The bar, asked for again and again; at the end the page is drawn anew."""
    job = await visit.api.get(f"/imports/{id}")
    if job["state"] not in RUNNING:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return visit.page("panels/progress.html", job=job)


@router.post("/imports/{id}/cancel")
async def cancel(id: str, request: Request, visit: Visiting) -> Response:
    """Stop an import after the rows under way."""
    form = await Form.of(request)
    await visit.api.delete(f"/jobs/{id}", key=form.key)
    return visit.go(f"/imports/{id}")


def _rows(chosen: str) -> dict[str, Any]:
    if chosen == "problems":
        return {"troubled": True}
    return {} if chosen == "all" else {"result": chosen}


async def _draw(visit: Visit, refused: Refused | None = None) -> Response:
    try:
        earlier = (await visit.api.get("/imports", limit=20))["items"]
    except Refused:
        earlier = []
    status = 422 if refused else 200
    return visit.page("imports.html", status, refused=refused, earlier=earlier, names=await names_for(visit))
