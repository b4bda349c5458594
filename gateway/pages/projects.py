"""我的项目: what a partner follows, and on a lead's page whom it is shared with and what was written back."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.people import names_for, offered, organisations
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting, nothing_wrong

router = APIRouter(route_class=PageRoute)

ROWS = 30


@router.get("/projects")
async def project_list(visit: Visiting, cursor: str | None = None, asked: str | None = None) -> Response:
    """The projects and the enquiries of one's organisation, each a page at a time."""
    projects = await visit.api.get("/projects", limit=ROWS, cursor=cursor)
    enquiries = await visit.api.get("/projects/enquiries", limit=ROWS, cursor=asked)
    return visit.page(
        "projects.html", projects=projects, enquiries=enquiries, later=bool(cursor), later_asked=bool(asked)
    )


@router.get("/projects/{id}")
async def project_page(id: str, visit: Visiting) -> Response:
    """How one project stands and what the office wrote back."""
    return visit.page("project.html", project=await visit.api.get(f"/projects/{id}"))


@router.get("/projects/enquiries/{id}")
async def asked_page(id: str, visit: Visiting) -> Response:
    """One enquiry and its answers."""
    return visit.page("project_enquiry.html", asked=await visit.api.get(f"/projects/enquiries/{id}"))


@router.get("/leads/{id}/panels/partners")
async def partners(id: str, visit: Visiting) -> Response:
    """Whom the lead is shared with, and what was written back to them."""
    return await _panel(visit, id)


@router.post("/leads/{id}/share")
async def share(id: str, request: Request, visit: Visiting) -> Response:
    """Share the lead with a partner."""
    return await _changed(visit, await Form.of(request), id, "share")


@router.post("/leads/{id}/unshare")
async def unshare(id: str, request: Request, visit: Visiting) -> Response:
    """End it."""
    return await _changed(visit, await Form.of(request), id, "unshare")


@router.post("/leads/{id}/answers")
async def answer(id: str, request: Request, visit: Visiting) -> Response:
    """Write back to a partner; the clock above is met, so that the page is drawn again."""
    form = await Form.of(request)
    try:
        await visit.api.post(f"/leads/{id}/answers", form.given("org", "text"), key=form.key)
    except Refused as refused:
        if not visit.swapped:
            raise
        return await _panel(visit, id, form, refused)
    return visit.go(f"/leads/{id}")


async def _changed(visit: Visit, form: Form, id: str, act: str) -> Response:
    try:
        await visit.api.post(f"/leads/{id}/{act}", form.given("org"), key=form.key, revision=form.revision)
    except Refused as refused:
        if not visit.swapped:
            raise
        return await _panel(visit, id, form, refused)
    return visit.go(f"/leads/{id}")


async def _panel(visit: Visit, id: str, form: Form | None = None, refused: Refused | None = None) -> Response:
    lead = await visit.api.get(f"/leads/{id}")
    answers = await visit.api.get(f"/leads/{id}/answers", limit=ROWS)
    if refused is not None:
        refused.beside(("org", "text"))
    return visit.page(
        "panels/partners.html", 422 if refused else 200, lead=lead, answers=answers["items"], refused=refused,
        organisations=await organisations(visit), offered=await offered(visit), names=await names_for(visit),
        kept=form.kept() if form else {},
        wrong=refused.wrong if refused else nothing_wrong,
    )  # fmt: skip
