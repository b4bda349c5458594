"""The officers' leads as a list and as a board."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.stages import Stage
from gateway.pages.lead_filter import Wanted, chips_of, views_of
from gateway.pages.people import names_for
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting

router = APIRouter(route_class=PageRoute)

ROWS = 40
CARDS = 25


@router.get("/leads")
async def lead_list(request: Request, visit: Visiting) -> Response:
    """Leads as a table."""
    wanted = Wanted.of(request.query_params)
    found = await visit.api.get(
        "/leads", **wanted.params(visit), sort=wanted.sort, limit=ROWS, cursor=wanted.given.get("cursor")
    )
    following = wanted.url(cursor=found["next"]) if found["next"] else ""
    context = await _head(visit, wanted, "/leads")
    first = wanted.url() if "cursor" in wanted.given else ""
    return visit.page(
        "leads.html", **context, layout="table",
        export_fields={**wanted.params(visit), "sort": wanted.sort},
        leads=found["items"], next_url=following, first_url=first,
        views=views_of(wanted, visit, await visit.api.get("/leads/board", **_beside_view(wanted))),
    )  # fmt: skip


@router.get("/leads/board")
async def board(request: Request, visit: Visiting) -> Response:
    """Leads as a board; each column fills itself."""
    wanted = Wanted.of(request.query_params)
    context = await _head(visit, wanted, "/leads/board")
    board = await visit.api.get("/leads/board", **_beside_view(wanted))
    return visit.page("board.html", **context, layout="board", board=board)


@router.get("/leads/board/{stage}")
async def board_column(stage: Stage, request: Request, visit: Visiting) -> Response:
    """The cards of one column."""
    wanted = Wanted.of(request.query_params)
    params = _beside_view(wanted) | {"state": "active", "stage": stage.value}
    found = await visit.api.get("/leads", **params, sort="-amount", limit=CARDS, cursor=wanted.given.get("cursor"))
    following = wanted.url(f"/leads/board/{stage.value}", cursor=found["next"]) if found["next"] else ""
    names = await names_for(visit)
    return visit.page("panels/board_cards.html", leads=found["items"], next_url=following, names=names)


async def _head(visit: Visit, wanted: Wanted, path: str) -> dict[str, Any]:
    names = await names_for(visit)
    return {"wanted": wanted, "chips": chips_of(wanted, visit, names, path), "names": names, "top_query": wanted.q}


def _beside_view(wanted: Wanted) -> dict[str, Any]:
    return {
        name: wanted.given[name] for name in ("zone", "owner", "source_mode", "import_id", "q") if name in wanted.given
    }
