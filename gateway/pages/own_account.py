"""My account: the password, where one is signed in, tokens for programs, the language."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.accounts import Accounts
from gateway.directory import Directory
from gateway.pages.api import Refused, refusal
from gateway.pages.forms import Form, valid
from gateway.pages.page_table import start_of
from gateway.pages.routing import PageRoute
from gateway.pages.sign_in import remember_language
from gateway.pages.visit import Visit, Visiting
from gateway.password_changes import PasswordChanges
from gateway.schemas import AccountAnswer, AccountChange, NewToken, OwnPassword, SessionListed, TokenAnswer
from gateway.session import Session, sessions_of
from gateway.settings import TOKEN_DAYS
from gateway.tokens import Tokens
from kit.errors import NotFound, Problem
from operating.idempotency import RequestKey
from operating.ids import random_id

router = APIRouter(route_class=PageRoute)

ROWS = 100


@router.get("/account")
async def own_account(visit: Visiting) -> Response:
    """What is one's own."""
    return await _shown(visit)


@router.get("/account/password")
async def password_page(visit: Visiting) -> Response:
    """The form; whoever has a one-time password comes nowhere else."""
    return _password(visit)


@router.post("/account/password")
async def change_password(request: Request, visit: Visiting) -> Response:
    """Choose another password; all other sessions end."""
    form = await Form.of(request)
    session, changes = _session(visit), _changes(request)
    try:
        asked = valid(OwnPassword, {name: str(form.data.get(name, "")) for name in ("current", "new")})
        if str(form.data.get("again", "")) != asked.new:
            raise Refused(422, "填写有误", "两次输入的新密码不一样。", [("again", "和上面的新密码不一样，请重新输入")])
        await changes.change(session, asked.current, asked.new, _key(form, "own-password"))
    except Problem as problem:
        return _password(visit, refusal(problem))
    except Refused as refused:
        return _password(visit, refused)
    return visit.go(start_of(visit.role) if session.must_change else "/account")


@router.post("/account/language")
async def choose_language(request: Request, visit: Visiting) -> Response:
    """The language of pages and mails."""
    form, by = await Form.of(request), _session(visit).principal
    accounts: Accounts = request.app.state.accounts
    try:
        change = valid(AccountChange, {"locale": form.text("locale")})
        await accounts.change(by.account, change, form.revision, _key(form, "language"), by)
    except Problem as problem:
        return await _shown(visit, refusal(problem))
    except Refused as refused:
        return await _shown(visit, refused)
    answer = visit.go("/account")
    remember_language(request, answer, "en" if form.text("locale") == "en" else "zh")
    return answer


@router.post("/account/sessions/end-others")
async def end_others(request: Request, visit: Visiting) -> Response:
    """Stay signed in here only."""
    await sessions_of(request).end_others(_session(visit))
    return visit.go("/account")


@router.post("/account/sessions/{id}/end")
async def end_session(id: str, request: Request, visit: Visiting) -> Response:
    """End one session; one that has ended already is as good."""
    try:
        await sessions_of(request).end(id, _session(visit))
    except NotFound:
        return visit.go("/account")
    return visit.go("/account")


@router.post("/account/tokens")
async def make_token(request: Request, visit: Visiting) -> Response:
    """Make a token and show it, once."""
    form = await Form.of(request)
    try:
        asked = valid(NewToken, form.given("name", "scope", "expires_days"))
        made = await _tokens(request).make(
            asked, RequestKey.of(form.key or random_id(), asked, "make"), _session(visit)
        )
    except Problem as problem:
        return await _shown(visit, refusal(problem), typed=form.kept())
    except Refused as refused:
        return await _shown(visit, refused, typed=form.kept())
    return await _shown(visit, token=made["token"])


@router.post("/account/tokens/{id}/withdraw")
async def withdraw_token(id: str, request: Request, visit: Visiting) -> Response:
    """End a token; one that is gone already is as good."""
    form = await Form.of(request)
    try:
        await _tokens(request).withdraw(id, form.revision, _key(form, "withdraw"), _session(visit))
    except NotFound:
        return visit.go("/account")
    except Problem as problem:
        return await _shown(visit, refusal(problem))
    return visit.go("/account")


async def _shown(
    visit: Visit, refused: Refused | None = None, token: str | None = None, typed: dict[str, Any] | None = None
) -> Response:
    session, request = _session(visit), visit.request
    directory: Directory = request.app.state.directory
    account = await directory.read(session.principal, session.principal.account)
    assert isinstance(account, AccountAnswer)  # noqa: S101 - everybody sees their own in full
    page = await _tokens(request).list(session.principal, ROWS, None)
    used = await _tokens(request).used(page.records)
    listed: list[Any] = [TokenAnswer.of(record, used[record.id]) for record in page.records]
    own = [SessionListed.of(each, session.id) for each in await sessions_of(request).own(session)]
    return visit.page(
        "own_account.html", refused.status if refused else 200, account=account, sessions=own, tokens=listed,
        token=token, kept=typed or {"expires_days": TOKEN_DAYS},
        refused=refused.beside(("name", "expires_days")) if refused else None,
        wrong=refused.wrong if refused else lambda _path: "",
    )  # fmt: skip


def _password(visit: Visit, refused: Refused | None = None) -> Response:
    return visit.page(
        "own_password.html", refused.status if refused else 200, must=_session(visit).must_change,
        refused=refused.beside(("current", "new", "again")) if refused else None,
        wrong=refused.wrong if refused else lambda _path: "",
    )  # fmt: skip


def _key(form: Form, act: str) -> RequestKey:
    return RequestKey.of(form.key or random_id(), {}, "page", act)


def _tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.tokens
    return tokens


def _changes(request: Request) -> PasswordChanges:
    changes: PasswordChanges = request.app.state.password_changes
    return changes


def _session(visit: Visit) -> Session:
    assert visit.session is not None  # noqa: S101 - the page table lets nobody else in
    return visit.session
