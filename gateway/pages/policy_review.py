"""Another person's review of a draft, and its publication."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.fair_competition import GROUNDS
from gateway.pages import policy_steps
from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.errors import Stale

router = APIRouter(route_class=PageRoute)

FIELDS = ("conclusion", "basis", "ground", "until", "overrides")
REASON = "reason."


@router.get("/policies/{id}/review")
async def review_page(id: str, visit: Visiting) -> Response:
    """The draft beside what is published, its flags, and the form of the review."""
    return await _draw(visit, id)


@router.post("/policies/{id}/review")
async def review(id: str, request: Request, visit: Visiting) -> Response:
    """Record the review; a refusal keeps it and says where."""
    form = await Form.of(request)
    try:
        await visit.api.post(f"/policies/{id}/review", _review(form), key=form.key, revision=form.revision)
    except Refused as refused:
        return await _draw(visit, id, form, refused)
    return visit.go(f"/policies/{id}?saved=review")


@router.post("/policies/{id}/publish")
async def publish(id: str, request: Request, visit: Visiting) -> Response:
    """Make the draft count from now on."""
    form = await Form.of(request)
    await visit.api.post(f"/policies/{id}/publish", key=form.key, revision=form.revision)
    return visit.go(f"/policies/{id}?saved=publication")


def _review(form: Form) -> dict[str, Any]:
    reasons = {name.removeprefix(REASON): form.text(name) for name in form.data if name.startswith(REASON)}
    return {
        "approved": form.text("approved") == "true",
        "conclusion": form.text("conclusion"),
        "basis": form.text("basis"),
        "ground": form.text("ground") or None,
        "until": form.text("until") or None,
        "overrides": [{"rule": rule, "reason": reason} for rule, reason in reasons.items() if reason],
    }


async def _draw(visit: Visit, id: str, form: Form | None = None, refused: Refused | None = None) -> Response:
    found = await visit.api.get(f"/policies/{id}")
    context: dict[str, Any] = {
        "found": found,
        "grounds": GROUNDS,
        "refused": refused,
        "kept": form.kept() if form else {},
    }
    if found["draft"] is not None:
        context["checks"] = await visit.api.get(f"/policies/{id}/checks")
        context["text"] = await visit.api.text(f"/policies/{id}/text", draft=True)
        context["own"] = policy_steps.own(visit, found["draft"])
    if refused is not None:
        context["wrong"] = refused.beside(FIELDS).wrong
        context["stale"] = refused.status == Stale.status
    return visit.page("policy_review.html", refused.status if refused else 200, **context)
