"""Addresses that lead nowhere: a page that says so, for everything that is not the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages.api import Refused
from gateway.pages.routing import show
from kit.errors import NotFound

router = APIRouter()

NOT_PAGES = ("api", "healthz", "readyz", "metrics")


@router.get("/{path:path}")
async def lost(path: str, request: Request) -> Response:
    """The page for an address that nothing answers.

    Raises:
        NotFound: the address is one for programs.
    """
    if path.split("/", 1)[0] in NOT_PAGES:
        raise NotFound("没有这个地址，请检查路径。")
    return await show(request, Refused(404, NotFound.title, "地址可能写错了，或者这一页已经不在。请从菜单重新进入。"))
