"""What has become of a policy, in words for those who see what companies do not, and its withdrawal by an editor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.policies import shown
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visiting

router = APIRouter(route_class=PageRoute)


@router.post("/policies/{id}/withdraw")
async def withdraw(id: str, request: Request, visit: Visiting) -> Response:
    """Withdraw a policy; refused, the form comes back with what was typed."""
    form = await Form.of(request)
    body: Mapping[str, Any] = form.given("reason", "from")
    try:
        await visit.api.post(f"/policies/{id}/withdraw", body, key=form.key, revision=form.revision)
    except Refused as refused:
        return await shown(visit, id, refused.beside(("reason", "from")), form.kept())
    return visit.go(f"/policies/{id}")
