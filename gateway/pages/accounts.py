"""Accounts: administrators keep them all, officers bring in partners and see whom they brought."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.accounts import Accounts
from gateway.directory import Directory
from gateway.invitations import Invitations
from gateway.pages.api import Refused, refusal
from gateway.pages.forms import Form, valid
from gateway.pages.people import names_for
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from gateway.password_changes import PasswordChanges
from gateway.schemas import AccountAnswer, AccountChange, AccountFilter, NewAccount, NewInvitation
from gateway.session import Session
from kit.auth import Principal
from kit.errors import NotFound, Problem, Stale
from operating.idempotency import RequestKey
from operating.ids import random_id

router = APIRouter(route_class=PageRoute)

FIELDS = ("sign_in", "name", "role", "zones", "organisation.name", "organisation.kind", "organisation.id", "email")
WITH_ZONES = ("officer", "manager")


@router.get("/accounts")
async def accounts(
    visit: Visiting, role: str = "", zone: str = "", active: str = "", q: str = "", cursor: str | None = None
) -> Response:
    """Who has an account here; for officers, whom they invited."""
    wanted = {"role": role, "zone": zone, "active": active, "q": q}
    given = {name: value for name, value in wanted.items() if value}
    asked = valid(AccountFilter, {**given, "cursor": cursor, "invited": not _administers(visit)})
    directory: Directory = visit.request.app.state.directory
    page = await directory.list(_principal(visit), asked)
    following = f"/accounts?{urlencode(given | {'cursor': page.next})}" if page.next else ""
    return visit.page("accounts.html", items=page.items, wanted=wanted, next_url=following, all=_administers(visit))


@router.get("/accounts/new")
async def new_account(visit: Visiting) -> Response:
    """The form for somebody new."""
    return _form(visit)


@router.post("/accounts/new")
async def add_account(request: Request, visit: Visiting) -> Response:
    """Invite somebody by a link, or open an account with a one-time password."""
    form, by = await Form.of(request), _principal(visit)
    said = _person(form, administers=_administers(visit))
    try:
        if form.text("how") == "password" and _administers(visit):
            opening: Accounts = request.app.state.accounts
            opened = await opening.open(valid(NewAccount, said), _key(form, "open", by), by)
            return visit.page("account_shown.html", account=opened["id"], password=opened["password"], link=None)
        inviting: Invitations = request.app.state.invitations
        invited = await inviting.invite(valid(NewInvitation, said), _key(form, "invite", by), by)
        return visit.page("account_shown.html", account=invited["id"], password=None, **_link(invited))
    except Problem as problem:
        return _form(visit, form, refusal(problem))
    except Refused as refused:
        return _form(visit, form, refused)


@router.get("/accounts/{id}")
async def account(id: str, visit: Visiting) -> Response:
    """One account."""
    return await _opened(visit, id)


@router.post("/accounts/{id}/{act}")
async def act(id: str, act: str, request: Request, visit: Visiting) -> Response:
    """Change what the form says, disable or enable, reset the password, invite again, or end all sessions."""
    form, by = await Form.of(request), _principal(visit)
    try:
        shown = await _do(request, id, act, form, by)
    except Problem as problem:
        return await _opened(visit, id, refusal(problem), _typed(form, act, problem.status))
    except Refused as refused:
        return await _opened(visit, id, refused, _typed(form, act, refused.status))
    return visit.page("account_shown.html", account=id, **shown) if shown else visit.go(f"/accounts/{id}")


async def _do(request: Request, id: str, act: str, form: Form, by: Principal) -> dict[str, Any] | None:
    key, revision = _key(form, act, by), form.revision
    state = request.app.state
    accounts, changes, invitations = _desks(state)
    if act in ("disable", "enable"):
        await accounts.change(id, AccountChange(active=act == "enable"), revision, key, by)
        return None
    if act == "invite":
        return {"password": None, **_link(await invitations.renew(id, revision, key, by))}
    if by.role != "administrator":
        raise NotFound("没有这个页面，或只有管理员可以使用。")
    if act == "change":
        await accounts.change(id, _change(form), revision, key, by)
        return None
    if act == "reset":
        return {"password": (await changes.reset(id, revision, key, by))["password"], "link": None}
    if act == "end-sessions":
        await accounts.end_sessions(id, revision, key, by)
        return None
    raise NotFound("没有这项操作，请从页面上的按钮进入。")


def _change(form: Form) -> AccountChange:
    said = _person(form, administers=True)
    body: dict[str, Any] = {name: said[name] for name in ("name", "role", "zones", "locale") if name in said}
    return valid(AccountChange, body | {"email": form.text("email") or None, "organisation": said.get("organisation")})


def _desks(state: Any) -> tuple[Accounts, PasswordChanges, Invitations]:
    return state.accounts, state.password_changes, state.invitations


def _typed(form: Form, act: str, status: int) -> dict[str, Any] | None:
    """What was typed and is shown again; not over what somebody else saved meanwhile, which has to be read first."""
    if act != "change" or status == Stale.status:
        return None
    return form.kept() | {"zones": form.data.getlist("zones")}


async def _opened(
    visit: Visit, id: str, refused: Refused | None = None, typed: dict[str, Any] | None = None
) -> Response:
    directory: Directory = visit.request.app.state.directory
    found = await directory.read(_principal(visit), id)
    if not isinstance(found, AccountAnswer) or (found.id == _principal(visit).account and not _administers(visit)):
        raise NotFound("没有这个账号，或不是您邀请的；请返回列表重新选择。")
    address = await _address(visit, id) if _administers(visit) else None
    return visit.page(
        "account.html", refused.status if refused else 200, each=found, names=await names_for(visit),
        kept=_kept(found, address or "") | (typed or {}), refused=refused.beside(FIELDS) if refused else None,
        all=_administers(visit), reached=address is not None,
        wrong=refused.wrong if refused else lambda _path: "", own=id == _principal(visit).account,
    )  # fmt: skip


async def _address(visit: Visit, id: str) -> str | None:
    """Where they are reached, empty for nowhere; None while notify is silent, so that nobody saves over what it has."""
    try:
        known = await visit.api.find(f"/recipients/{id}")
    except Refused as refused:
        if refused.status < 500:
            raise
        return None
    return str((known or {}).get("email") or "")


def _form(visit: Visit, form: Form | None = None, refused: Refused | None = None) -> Response:
    kept = form.kept() | {"zones": form.data.getlist("zones")} if form else {"role": "officer"}
    return visit.page(
        "account_new.html", refused.status if refused else 200, kept=kept, all=_administers(visit),
        refused=refused.beside(FIELDS) if refused else None, wrong=refused.wrong if refused else lambda _path: "",
    )  # fmt: skip


def _person(form: Form, *, administers: bool) -> dict[str, Any]:
    said: dict[str, Any] = form.given("sign_in", "name", "email", "locale", "role")
    if not administers:
        said["role"] = "partner"
    said["zones"] = form.data.getlist("zones") if said.get("role") in WITH_ZONES else []
    if said.get("role") == "partner":
        named = {"name": "organisation_name", "kind": "organisation_kind", "id": "organisation_id"}
        said["organisation"] = {part: text for part, field in named.items() if (text := form.text(field))}
    return said


def _kept(found: AccountAnswer, address: str) -> dict[str, Any]:
    kept: dict[str, Any] = found.model_dump() | {"email": address}
    if found.organisation is not None:
        each = found.organisation
        kept |= {"organisation_name": each.name, "organisation_kind": each.kind, "organisation_id": each.id}
    return kept


def _link(invited: dict[str, Any]) -> dict[str, Any]:
    return {"link": invited["link"], "mailed": invited["mailed"]}


def _key(form: Form, act: str, by: Principal) -> RequestKey:
    return RequestKey.of(form.key or random_id(), {}, "page", act, by.account)


def _administers(visit: Visit) -> bool:
    return visit.role == "administrator"


def _principal(visit: Visit) -> Principal:
    session: Session | None = visit.session
    assert session is not None  # noqa: S101 - the page table lets nobody else in
    return session.principal
