"""Signing in and out, and the language of the pages."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gateway.pages.api import Refused, refusal
from gateway.pages.forms import Form, valid
from gateway.pages.languages import COOKIE, Language
from gateway.pages.page_table import start_of
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from gateway.schemas import SignIn
from gateway.signing_in import sign_in as open_session
from gateway.signing_in import sign_out as close_session
from kit.errors import Problem

router = APIRouter(route_class=PageRoute)

YEAR = 365 * 24 * 3600
_IN_PATHS = ":/%#?=@[]!$&'()*+,;"


@router.get("/sign-in")
async def sign_in_page(visit: Visiting, next: str = "") -> Response:
    """The form; whoever is signed in already goes on."""
    if visit.session is not None:
        return visit.go(_own_path(next) or start_of(visit.role))
    return _form(visit, _own_path(next))


@router.post("/sign-in")
async def sign_in(request: Request, visit: Visiting) -> Response:
    """Check the password and go where the visitor wanted."""
    form = await Form.of(request)
    wanted, account = _own_path(form.text("next")), form.text("account")
    answer = RedirectResponse("/", 303)
    try:
        asked = valid(SignIn, {"account": account, "password": str(form.data.get("password", ""))})
        session = await open_session(request, answer, asked.account, asked.password)
    except Problem as problem:
        return _form(visit, wanted, account, refusal(problem))
    except Refused as refused:
        return _form(visit, wanted, account, refused)
    answer.headers["location"] = wanted or start_of(session.principal.role)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    answer = RedirectResponse("/sign-in", 303)
    await close_session(request, answer)
    return answer


@router.post("/language")
async def choose_language(request: Request) -> Response:
    """Remember the language in a cookie and show the same page again."""
    form = await Form.of(request)
    answer = RedirectResponse(_own_path(form.text("back")) or "/", 303)
    remember_language(request, answer, "en" if form.text("language") == "en" else "zh")
    return answer


def remember_language(request: Request, answer: Response, language: Language) -> None:
    """Have this browser's pages in a language from now on."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, language, max_age=YEAR, path="/", secure=secure, httponly=True, samesite="lax")


def _form(visit: Visit, wanted: str, account: str = "", refused: Refused | None = None) -> Response:
    status = refused.status if refused else 200
    return visit.page("sign_in.html", status, next=wanted, account=account, refused=refused)


def _own_path(path: str) -> str:
    """A path of ours, quoted as a header carries it; empty for anything that leads elsewhere.

    Browsers drop tabs and line ends from addresses, so that a bare ``/<tab>/evil.example`` would lead there.
    """
    return quote(path, _IN_PATHS, errors="replace") if path.startswith("/") and path[1:2] not in ("/", "\\") else ""
