"""Other sites cannot act through a browser that is signed in here, nor sign one in."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request

from gateway.forgery import check_form
from gateway.forms import issue_nonce
from tests.gateway.conftest import World

CHANGES = [
    ("POST", "/api/v1/leads"),
    ("PATCH", "/api/v1/leads/1"),
    ("POST", "/api/v1/leads/1/stage"),
    ("POST", "/api/v1/imports"),
    ("DELETE", "/api/v1/jobs/1"),
    ("POST", "/api/v1/eligibility"),
    ("POST", "/api/v1/digests/2026-W48/send"),
    ("PUT", "/api/v1/recipients/1"),
    ("POST", "/api/v1/accounts"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/1"),
    ("DELETE", "/api/v1/sessions/current"),
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("token", [None, "", "guess", "other"])
async def test_a_change_by_cookie_needs_this_sessions_token(
    world: World, method: str, path: str, token: str | None
) -> None:
    browser = await world.signed_in("admin")
    del browser.headers["X-CSRF-Token"]
    if token == "other":
        token = (await world.signed_in("donghu")).headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    answer = await browser.request(method, path, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/forged-request"
    assert world.behind.asked == 0
    assert (await browser.get("/api/v1/sessions/current")).status_code == 200


FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]


@pytest.mark.parametrize("header", FOREIGN)
async def test_another_origin_is_refused_even_with_the_token(world: World, header: dict[str, str]) -> None:
    browser = await world.signed_in("donghu")
    assert (await browser.post("/api/v1/leads", json={}, headers=header)).status_code == 403
    own = {"Origin": "http://quce.test", "Sec-Fetch-Site": "same-origin"}
    assert (await browser.post("/api/v1/leads", json={}, headers=own)).status_code == 200


async def test_no_other_site_signs_a_visitor_in(world: World) -> None:
    body = {"account": "donghu", "password": world.sign_ins["donghu"].password}
    browser = world.browser()
    answer = await browser.post("/api/v1/sessions", json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not browser.cookies
    plain = await browser.post("/api/v1/sessions", content="{}", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 422


async def test_a_bearer_token_needs_no_other_proof(world: World) -> None:
    assert (await (await world.bearer("donghu")).post("/api/v1/leads", json={})).status_code == 200


@pytest.fixture
def forms(world: World) -> FastAPI:
    """The edge with a form of its own beside the real pages."""
    router = APIRouter(prefix="/form-of-a-test", dependencies=[Depends(check_form)])

    async def nonce(request: Request) -> str:
        return issue_nonce(request)

    async def take(request: Request) -> dict[str, str]:
        return {name: str(value) for name, value in (await request.form()).items()}

    router.add_api_route("", nonce, methods=["GET"])
    router.add_api_route("", take, methods=["POST"])
    world.app.include_router(router)
    world.app.router.routes.insert(0, world.app.router.routes.pop())
    return world.app


async def test_a_form_carries_the_token_in_a_field(world: World, forms: FastAPI) -> None:
    browser = await world.signed_in("donghu")
    csrf = browser.headers.pop("X-CSRF-Token")
    assert (await browser.post("/form-of-a-test", data={"a": "一"})).status_code == 403
    assert (await browser.post("/form-of-a-test", data={"a": "一", "csrf": "x"})).status_code == 403
    answer = await browser.post("/form-of-a-test", data={"a": "一", "csrf": csrf})
    assert answer.json() == {"a": "一", "csrf": csrf}
    file = {"file": ("a.txt", b"x")}
    assert (await browser.post("/form-of-a-test", data={"csrf": csrf}, files=file)).status_code == 200
    foreign = await browser.post("/form-of-a-test", data={"csrf": csrf}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


async def test_a_visitors_form_carries_a_nonce_of_ours(world: World, forms: FastAPI) -> None:
    visitor = world.browser()
    nonce = (await visitor.get("/form-of-a-test")).json()
    assert (await visitor.post("/form-of-a-test", data={"csrf": nonce})).status_code == 200
    said, until, _ = nonce.split(".")
    altered = nonce[:-1] + ("1" if nonce.endswith("0") else "0")
    for wrong in ("", "x", altered, f"{said}.{int(until) + 99}.{nonce[-64:]}", "一.二.三"):
        assert (await visitor.post("/form-of-a-test", data={"csrf": wrong})).status_code == 403
    officer = await world.signed_in("donghu")
    del officer.headers["X-CSRF-Token"]
    assert (await officer.post("/form-of-a-test", data={"csrf": nonce})).status_code == 403
    world.clock.instant = world.clock.instant.replace(day=24)
    assert (await visitor.post("/form-of-a-test", data={"csrf": nonce})).status_code == 403
