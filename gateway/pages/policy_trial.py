"""Trying a draft on the leads there are: who gains, loses or gets another sum, what it costs; nothing is changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.errors import Invalid

router = APIRouter(route_class=PageRoute)


@router.get("/policies/{id}/dry-run")
async def dry_run_page(id: str, visit: Visiting, as_of: str = "") -> Response:
    """As of which day; the result is asked for by the page, which says that it takes a moment."""
    found = await visit.api.get(f"/policies/{id}")
    return visit.page("policy_trial.html", found=found, as_of=_day(visit, as_of))


@router.get("/policies/{id}/panels/dry-run")
async def dry_run_panel(id: str, visit: Visiting, as_of: str = "") -> Response:
    """The result; as a page of its own where no script swaps it in."""
    day = _day(visit, as_of)
    tried = await _tried(visit, id, day)
    if visit.swapped:
        return visit.page("panels/trial.html", tried=tried, id=id)
    found = await visit.api.get(f"/policies/{id}")
    return visit.page("policy_trial.html", found=found, as_of=day, tried=tried, id=id)


async def _tried(visit: Visit, id: str, day: str) -> dict[str, Any]:
    try:
        return await visit.api.post(f"/policies/{id}/dry-run", as_of=day)
    except Refused as refused:
        if refused.status < 500:
            raise
        said = visit.say("线索较多，一分钟内没有算完，什么也没有改动。请过几分钟再试；仍不行请联系管理员。")
        raise Refused(refused.status, refused.title, said) from refused


def _day(visit: Visit, text: str) -> str:
    """The day asked for, today where none is.

    Raises:
        Refused: it is no day.
    """
    if not text:
        return visit.f.today.isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Refused(Invalid.status, Invalid.title, visit.say("日期写成 2026-11-23 这样。")) from error
