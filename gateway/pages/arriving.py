"""How people get in the first time: the office's first administrator, and whoever was invited."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.errors import InvitationInvalid
from gateway.invitations import Invitations
from gateway.pages.api import Refused, refusal
from gateway.pages.forms import Form, valid
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from gateway.schemas import AcceptInput, SetUpInput
from gateway.set_up import SetUp
from gateway.signing_in import address_of, signing_in_of
from kit.errors import Problem
from operating.idempotency import RequestKey
from operating.ids import random_id

router = APIRouter(route_class=PageRoute)

SETTING_UP = ("code", "sign_in", "name", "password", "again", "email")


@router.get("/setup")
async def set_up_page(visit: Visiting) -> Response:
    """The form, as long as nobody administers the installation."""
    return _set_up(visit) if await _setting(visit.request).needed() else visit.go("/sign-in")


@router.post("/setup")
async def set_up(request: Request, visit: Visiting) -> Response:
    """Make the first administrator."""
    if not await _setting(request).needed():
        return visit.go("/sign-in")
    form = await Form.of(request)
    try:
        signing_in_of(request).knock(address_of(request))
        said = form.given("code", "sign_in", "name", "email") | {"password": str(form.data.get("password", ""))}
        asked = valid(SetUpInput, said)
        _same(form)
        await _setting(request).run(asked, RequestKey.of(form.key or random_id(), {}, "set-up"), trusted=False)
    except Problem as problem:
        return _set_up(visit, form, refusal(problem))
    except Refused as refused:
        return _set_up(visit, form, refused)
    return visit.go("/sign-in")


@router.get("/invitation")
async def invitation(visit: Visiting, code: str = "") -> Response:
    """Whom the link invites, and the form for their password."""
    return await _invited(visit, code)


@router.post("/invitation")
async def accept(request: Request, visit: Visiting) -> Response:
    """Choose the password; then sign in."""
    form = await Form.of(request)
    code = form.text("code")
    try:
        signing_in_of(request).knock(address_of(request))
        asked = valid(AcceptInput, {"code": code, "password": str(form.data.get("password", ""))})
        _same(form)
        account = await _invitations(request).accept(asked.code, asked.password)
    except Problem as problem:
        return await _invited(visit, code, refusal(problem))
    except Refused as refused:
        return await _invited(visit, code, refused)
    return visit.page("invitation_accepted.html", sign_in=account.sign_in)


async def _invited(visit: Visit, code: str, refused: Refused | None = None) -> Response:
    try:
        account = await _invitations(visit.request).greet(code) if code else None
    except InvitationInvalid as problem:
        account, refused = None, refusal(problem)
    return visit.page(
        "invitation.html", refused.status if refused else 200, account=account, code=code,
        refused=refused.beside(("password", "again")) if refused else None,
        wrong=refused.wrong if refused else lambda _path: "",
    )  # fmt: skip


def _set_up(visit: Visit, form: Form | None = None, refused: Refused | None = None) -> Response:
    kept = {name: form.text(name) for name in ("code", "sign_in", "name", "email")} if form else {}
    return visit.page(
        "setup.html", refused.status if refused else 200, kept=kept,
        refused=refused.beside(SETTING_UP) if refused else None, wrong=refused.wrong if refused else lambda _path: "",
    )  # fmt: skip


def _same(form: Form) -> None:
    if form.data.get("password", "") != form.data.get("again", ""):
        raise Refused(422, "填写有误", "两次输入的密码不一样。", [("again", "和上面的密码不一样，请重新输入")])


def _setting(request: Request) -> SetUp:
    setting: SetUp = request.app.state.set_up
    return setting


def _invitations(request: Request) -> Invitations:
    invitations: Invitations = request.app.state.invitations
    return invitations
