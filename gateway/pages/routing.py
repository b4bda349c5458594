"""How routes of pages fail: with a page in the visitor's language, or with a notice inside the part that failed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from gateway.errors import NotSetUp, PasswordChangeRequired
from gateway.pages.api import Refused, refusal
from gateway.pages.visit import SET_UP, Visit
from gateway.session import current_session
from gateway.settings import UNATTENDED
from kit.errors import BadRequest, Problem, Unauthenticated
from kit.telemetry import trace_id

log = logging.getLogger(__name__)

UNEXPECTED = "系统出现意外错误，已记录；请稍后重试，仍不行请把编号告诉管理员。"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
TITLES = {
    403: "没有权限", 404: "没有找到这个页面", 412: "内容已被他人更新", 429: "操作过于频繁", 503: "服务暂时没有响应",
}  # fmt: skip


class PageRoute(APIRoute):
    """A route whose problems are shown to a person."""

    def get_route_handler(self) -> Handler:
        """The handler, with problems turned into pages."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except (Unauthenticated, PasswordChangeRequired, NotSetUp) as first:
                return _to_what_comes_first(request, first)
            except Refused as refused:
                return await show(request, refused)
            except Problem as problem:
                return await show(request, refusal(problem))
            except RequestValidationError:
                return await show(request, refusal(BadRequest("页面地址里的条件无法识别，请从菜单重新进入。")))
            except HTTPException:
                raise
            except Exception:
                log.exception("a page failed")
                return await show(request, Refused(500, "出了点问题", UNEXPECTED))

        return handle


async def show(request: Request, refused: Refused) -> Response:
    """A refusal as a page, or as a notice where only a part of a page was asked for."""
    try:
        session = await current_session(request)
    except Problem:
        session = None
    visit = Visit(request, session)
    if visit.swapped and request.method == "GET":
        retry = str(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
        return visit.page(
            "panels/unavailable.html", detail=refused.detail, retry=retry if refused.status >= 500 else ""
        )
    if visit.swapped:
        return _flash(visit, refused)
    title = visit.say(TITLES.get(refused.status, refused.title or "出了点问题"))
    trace = refused.trace or (trace_id() if refused.status >= 500 else "")
    answer = visit.page("error.html", refused.status, title=title, detail=refused.detail, trace=trace)
    answer.headers.update(refused.headers)
    return answer


def _flash(visit: Visit, refused: Refused) -> Response:
    """A refused act says why above the page, which keeps what was typed."""
    title = visit.say(TITLES.get(refused.status, refused.title))
    answer = visit.page("panels/flash.html", refused.status, title=title, detail=refused.detail)
    answer.headers.update({"HX-Retarget": "#flash", "HX-Reswap": "innerHTML"})
    return answer


def _to_what_comes_first(request: Request, problem: Problem) -> Response:
    if isinstance(problem, PasswordChangeRequired):
        return _elsewhere(request, "/account/password")
    return _elsewhere(request, SET_UP) if isinstance(problem, NotSetUp) else _to_sign_in(request)


def _to_sign_in(request: Request) -> Response:
    if request.url.path == UNATTENDED:
        return Response(status_code=401)
    if request.headers.get("hx-request") == "true":
        return _elsewhere(request, "/sign-in")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = "" if request.method != "GET" or wanted == "/" else f"?next={quote(wanted)}"
    return RedirectResponse(f"/sign-in{back}", 303)


def _elsewhere(request: Request, path: str) -> Response:
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)
