"""Every answer of the edge carries the guards, whatever it is and whoever made it; cookies hold to the host."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from kit.settings import Settings
from tests.gateway.conftest import World

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ANSWERS = [
    ("GET", "/sign-in", 200), ("GET", "/", 303), ("GET", "/no-such-page", 404), ("GET", "/leads", 303),
    ("GET", "/static/css/base.css", 200), ("GET", "/static/none.css", 404), ("GET", "/static/..%2fapp.py", 404),
    ("GET", "/assets/none.js", 404), ("GET", "/assets/htmx.js", 200), ("GET", "/api/openapi.json", 200),
    ("GET", "/api/docs", 200), ("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/leads", 200),
    ("GET", "/api/v1/leads/missing", 404), ("GET", "/api/v1/accounts", 401), ("PUT", "/api/v1/sessions", 405),
    ("POST", "/api/v1/sessions", 422), ("OPTIONS", "/sign-in", 405), ("HEAD", "/sign-in", 405),
    ("GET", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/metrics", 200), ("GET", "/broken", 500),
    ("GET", "/api/v1/sessions/broken", 500),
]  # fmt: skip
KEPT = ("/static/css/base.css", "/assets/htmx.js")


def assert_guarded(headers: httpx.Headers) -> None:
    """All guards are there, once each."""
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "," not in headers["x-frame-options"], "one layer sets it"
    assert "server" not in headers


@pytest.fixture
def broken(world: World) -> World:
    """The edge with two routes that fail as nobody foresaw."""

    async def fail() -> None:
        raise RuntimeError("CANARY of a failure")

    app: FastAPI = world.app
    for path in ("/broken", "/api/v1/sessions/broken"):
        app.add_api_route(path, fail, methods=["GET"], include_in_schema=False)
        app.router.routes.insert(0, app.router.routes.pop())
    return world


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_carries_the_guards(broken: World, method: str, path: str, status: int) -> None:
    answer = await broken.browser().request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == status
    assert_guarded(answer.headers)
    assert "strict-transport-security" not in answer.headers, "not promised where there is no TLS"
    assert answer.headers["cache-control"] == ("public, max-age=86400" if path in KEPT else "no-store")


async def test_an_unforeseen_failure_says_what_to_do_and_nothing_else(broken: World) -> None:
    answer = await broken.browser().get("/broken")
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (document["type"], document["status"]) == ("/problems/internal", 500)
    assert "请稍后重试" in document["detail"]
    assert document["trace_id"] == answer.headers["x-trace-id"]
    assert "CANARY" not in answer.text


class TestOverTls:
    """An installation with a certificate in front of it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://quce.example.cn"})

    @pytest.mark.parametrize("path", ["/sign-in", "/static/css/base.css", "/api/v1/leads", "/broken", "/no-such-page"])
    async def test_every_answer_promises_tls(self, broken: World, path: str) -> None:
        answer = await broken.browser("https://quce.example.cn").get(path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"

    async def test_the_session_is_a_cookie_of_this_host_alone(self, world: World) -> None:
        browser = world.browser("https://quce.example.cn")
        body = {"account": "donghu", "password": world.sign_ins["donghu"].password}
        cookie = (await browser.post("/api/v1/sessions", json=body)).headers["set-cookie"]
        name, _, attributes = cookie.partition("=")
        assert name == "__Host-quce"
        assert {"httponly", "secure", "path=/", "samesite=lax"} <= set(attributes.lower().split("; "))
        assert "domain" not in attributes.lower()

    async def test_a_cookie_that_a_subdomain_could_set_does_not_count(self, world: World) -> None:
        browser = world.browser("https://quce.example.cn")
        body = {"account": "donghu", "password": world.sign_ins["donghu"].password}
        await browser.post("/api/v1/sessions", json=body)
        token = browser.cookies["__Host-quce"]
        assert (await browser.get("/api/v1/sessions/current")).status_code == 200
        browser.cookies.clear()
        browser.cookies.set("quce", token)
        assert (await browser.get("/api/v1/sessions/current")).status_code == 401
