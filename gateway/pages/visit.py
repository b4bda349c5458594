"""One visit to a page: who came, in which language, and how the answer is drawn."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.personal_data import LegalBasis, NoticeGiven
from contracts.vocabulary.stages import Stage
from contracts.vocabulary.zones import ZONES
from gateway.forms import issue_nonce
from gateway.model import ROLE_NAMES
from gateway.pages import assets
from gateway.pages.api import Api
from gateway.pages.formats import Formats
from gateway.pages.labels import labels_in
from gateway.pages.languages import language_of
from gateway.pages.lights import light_of
from gateway.pages.page_table import BY_PATH, Entry, entries_for, may_open
from gateway.session import Session, current_session
from gateway.set_up import SetUp
from kit.errors import Forbidden, Unauthenticated

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
VISITOR = "anonymous"
SET_UP = "/setup"


@cache
def templates() -> Environment:
    """The templates; every value is escaped, and a misspelt one is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        FACTS=FACTS,
        BASES=list(LegalBasis),
        NOTICES=list(NoticeGiven),
        ROLES=list(ROLE_NAMES),
        STAGES=list(Stage),
        ZONES=ZONES,
        new_key=lambda: secrets.token_urlsafe(18),
        assets_version=assets.version(),
    )
    return environment


def nothing_wrong(_path: str) -> str:
    """What a form says beside a field before anything was refused."""
    return ""


class Typed(dict[str, Any]):
    """What was typed into a form; a field that was not is empty."""

    def __missing__(self, name: str) -> str:
        """The field is empty."""
        return ""


class Visit:
    """A request to a page, and everything its answer needs."""

    def __init__(self, request: Request, session: Session | None) -> None:
        self.request, self.session = request, session
        self.language = language_of(request)
        self.f = Formats(self.language, request.app.state.ports.clock.now())
        self.say = self.f.say
        self.api = Api(request, session)

    @property
    def role(self) -> str:
        """The role of who came; visitors are anonymous."""
        return self.session.principal.role if self.session else VISITOR

    @property
    def swapped(self) -> bool:
        """Whether htmx asked for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    def may(self, path: str) -> bool:
        """Whether who came may open a page."""
        return may_open(path, self.role)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Draw a template."""
        filled = self._context() | context | {"kept": Typed(context.get("kept", {}))}
        html = templates().get_template(template).render(filled)
        return HTMLResponse(html, status)

    def go(self, path: str) -> Response:
        """Send the browser elsewhere, as htmx or as a plain form understands it."""
        if self.swapped:
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, 303)

    def _context(self) -> dict[str, Any]:
        path, query = self.request.url.path, self.request.url.query
        return {
            "_": self.say,
            "f": self.f,
            "lang": self.language,
            "session": self.session,
            "role": self.role,
            "may": self.may,
            "nonce": self.request.state.csp_nonce,
            "csrf": self.session.csrf if self.session else issue_nonce(self.request),
            "here": path,
            "here_full": f"{path}?{query}" if query else path,
            "nav": self._nav(path),
            "role_name": lambda role: self.say(ROLE_NAMES[role]),
            "office_name": self._office_name,
            "lead_light": lambda lead: light_of(lead, self.f.now),
            "top_query": "",
            "wrong": nothing_wrong,
            "refused": None,
            **labels_in(self.f),
        }

    def _nav(self, path: str) -> list[Mapping[str, Any]]:
        entries = entries_for(self.role)
        here = max((each.path for each in entries if _leads_to(each, path)), key=len, default="")
        return [
            {"path": each.path, "label": each.label, "icon": each.icon, "here": each.path == here} for each in entries
        ]

    def _office_name(self) -> str:
        zones = self.session.principal.zones if self.session else ()
        if not zones:
            return self.say("武汉市招商部门") if self.role in ("bureau_officer", "manager") else self.say("武汉市")
        return self.say("、").join(self.f.zone_name(zone) for zone in zones)


def _leads_to(entry: Entry, path: str) -> bool:
    return path == entry.path or (entry.path != "/" and path.startswith(f"{entry.path}/"))


async def _visit(request: Request, session: Annotated[Session | None, Depends(current_session)]) -> Visit:
    """The visit, if the page table lets this role in.

    Raises:
        Unauthenticated: the page needs an account.
        Forbidden: it needs another role.
        NotSetUp: nobody administers the installation yet.
    """
    page = BY_PATH[request.scope["route"].path]
    if page.path != SET_UP:
        setting: SetUp = request.app.state.set_up
        await setting.check()
    if page.roles is not None:
        if session is None:
            raise Unauthenticated("请先登录，再打开这个页面。")
        if session.principal.role not in page.roles:
            raise Forbidden("您的账号不能使用这个页面；如确需使用，请联系管理员调整角色。")
    return Visit(request, session)


Visiting = Annotated[Visit, Depends(_visit)]
