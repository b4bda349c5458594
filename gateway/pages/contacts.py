"""Contacts on a lead's page: added, corrected, shown for the moment, handed out and erased, in one dialog."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting, nothing_wrong

router = APIRouter(route_class=PageRoute)

NEW = "new"
FIELDS = ("name", "phone", "email", "position", "legal_basis", "notice_given", "purpose", "retain_until")
NO_STORE = {"Cache-Control": "no-store"}


@router.get("/leads/{id}/panels/contacts/{contact}")
async def contact_dialog(id: str, contact: str, visit: Visiting) -> Response:
    """The dialog of one contact, or of a new one."""
    return await _dialog(visit, id, contact)


@router.post("/leads/{id}/contacts")
async def add(id: str, request: Request, visit: Visiting) -> Response:
    """Add a person to the lead."""
    form = await Form.of(request)
    try:
        await visit.api.post("/contacts", {"lead_id": id, **form.given(*FIELDS)}, key=form.key)
    except Refused as refused:
        return await _dialog(visit, id, NEW, form, refused)
    return visit.go(f"/leads/{id}")


@router.post("/leads/{id}/contacts/{contact}")
async def correct(id: str, contact: str, request: Request, visit: Visiting) -> Response:
    """Correct what was filled in; a field left empty stays as it is."""
    form = await Form.of(request)
    try:
        await visit.api.patch(f"/contacts/{contact}", form.given(*FIELDS), key=form.key, revision=form.revision)
    except Refused as refused:
        return await _dialog(visit, id, contact, form, refused)
    return visit.go(f"/leads/{id}")


@router.post("/leads/{id}/contacts/{contact}/unmask")
async def unmask(id: str, contact: str, request: Request, visit: Visiting) -> Response:
    """Show the person in the clear, inside the dialog only."""
    await visit.api.get(f"/leads/{id}")
    form = await Form.of(request)
    person, wrong = None, None
    try:
        person = await visit.api.post(f"/contacts/{contact}/unmask", {"reason": form.text("reason")}, key=form.key)
    except Refused as refused:
        wrong = refused
    answer = visit.page("panels/contact_plain.html", 422 if wrong else 200, person=person, refused=wrong)
    answer.headers.update(NO_STORE)
    return answer


@router.post("/leads/{id}/contacts/{contact}/export")
async def export(id: str, contact: str, request: Request, visit: Visiting) -> Response:
    """What is kept of the person, as a file."""
    form = await Form.of(request)
    try:
        kept = await visit.api.post(f"/contacts/{contact}/export", {"reason": form.text("reason")}, key=form.key)
    except Refused as refused:
        return await _dialog(visit, id, contact, None, refused)
    name = f'attachment; filename="personal-data-{contact[:8]}.json"'
    content = orjson.dumps(kept, option=orjson.OPT_INDENT_2)
    return Response(content, media_type="application/json", headers=NO_STORE | {"Content-Disposition": name})


@router.post("/leads/{id}/contacts/{contact}/erase")
async def erase(id: str, contact: str, request: Request, visit: Visiting) -> Response:
    """Erase the person; the lead's page says when and why."""
    form = await Form.of(request)
    body = {"reason": form.text("reason")}
    try:
        await visit.api.delete(f"/contacts/{contact}", body, key=form.key, revision=form.revision)
    except Refused as refused:
        return await _dialog(visit, id, contact, None, refused)
    return visit.go(f"/leads/{id}")


async def _dialog(
    visit: Visit, id: str, contact: str, form: Form | None = None, refused: Refused | None = None
) -> Response:
    lead = await visit.api.get(f"/leads/{id}")
    found: dict[str, Any] | None = None if contact == NEW else await visit.api.get(f"/contacts/{contact}")
    if refused is not None:
        refused.beside(FIELDS)
    return visit.page(
        "panels/contact.html", 422 if refused else 200, lead=lead, contact=found, refused=refused,
        kept=form.kept() if form else {}, wrong=refused.wrong if refused else nothing_wrong,
    )  # fmt: skip
