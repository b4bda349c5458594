"""The way to the services: the right one, as the right person, and nothing that is not theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway import calls
from gateway.routing import BENCH, SERVICES, Table, body_limit
from kit.settings import Settings
from tests.gateway.conftest import World

PATHS = {
    "/leads": "leads",
    "/leads/1": "leads",
    "/leads/1/stage": "leads",
    "/leads/1/follow-ups": "leads",
    "/leads/1/timeline": "leads",
    "/leads/1/matches": "incentives",
    "/leads/board": "leads",
    "/investors/1": "leads",
    "/contacts": "leads",
    "/imports/1/rows": "leads",
    "/jobs/1": "leads",
    "/projects/1": "leads",
    "/leads/1/answers": "leads",
    "/eligibility": "incentives",
    "/decisions/1": "incentives",
    "/zones": "incentives",
    "/policies/p/versions/1": "incentives",
    "/industry-codes": "incentives",
    "/notifications/count": "notify",
    "/digests/2026-W48": "notify",
    "/deliveries": "notify",
    "/reports/funnel": "notify",
    "/recipients/1": "notify",
}


@pytest.mark.parametrize(("path", "service"), PATHS.items())
def test_each_path_has_its_service(path: str, service: str) -> None:
    assert Table().service(path) == service


@pytest.mark.parametrize(
    "path",
    [
        "/agreements",
        "/views",
        "/files",
        "/attachments",
        "/healthz",
        "/metrics",
        "/bench/empty",
        "/leads/../metrics",
    ],
)
async def test_what_is_nobodys_is_not_found(world: World, path: str) -> None:
    browser = await world.bearer("donghu")
    for method in ("GET", "POST"):
        answer = await browser.request(method, f"/api/v1{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert world.behind.asked == 0


@pytest.mark.parametrize("path", ["/leads/%2e%2e/metrics", "/leads/%2E/x", "/leads//x", "/leads/..%2fmetrics"])
async def test_nobody_climbs_out_of_a_path(world: World, path: str) -> None:
    browser = await world.bearer("donghu")
    scope_path = path.replace("%2e", ".").replace("%2E", ".").replace("%2f", "/")
    sent: list[int] = []

    async def send(message: dict[str, int]) -> None:
        if message["type"] == "http.response.start":  # type: ignore[comparison-overlap]
            sent.append(message["status"])

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"authorization", browser.headers["authorization"].encode())]
    scope = {
        "type": "http", "method": "GET", "path": f"/api/v1{scope_path}", "raw_path": f"/api/v1{path}".encode(),
        "query_string": b"", "headers": headers, "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1),
        "server": ("quce.test", 80), "root_path": "",
    }  # fmt: skip
    await world.app(scope, receive, send)  # type: ignore[arg-type]
    assert sent == [404]
    assert world.behind.asked == 0


async def test_a_service_hears_the_person_and_not_the_credentials(world: World) -> None:
    browser = await world.signed_in("donghu")
    headers = {"Idempotency-Key": "k", "If-Match": '"3"', "TE": "trailers"}
    headers |= {"X-Forwarded-For": "1.2.3.4", "X-Secret": "s"}
    answer = await browser.patch("/api/v1/leads/%E4%B8%80?a=1&b=%2F", json={"x": 1}, headers=headers)
    said = answer.json()
    assert said["role"] == "officer"
    assert said["zones"] == ["donghu"]
    assert said["method"] == "PATCH"
    assert said["path"] == "/leads/%E4%B8%80"
    assert said["query"] == "a=1&b=%2F"
    assert said["headers"]["idempotency-key"] == "k"
    assert said["headers"]["if-match"] == '"3"'
    assert said["headers"]["traceparent"][3:35] == answer.headers["x-trace-id"]
    assert not {"cookie", "x-forwarded-for", "te", "x-secret", "x-csrf-token"} & set(said["headers"])
    assert answer.headers["etag"] == '"3"'
    assert answer.headers["location"] == "/api/v1/leads/1"
    assert "set-cookie" not in answer.headers
    assert len(answer.headers.get_list("x-trace-id")) == 1


async def test_visitors_reach_what_is_public_as_nobody(world: World) -> None:
    said = (await world.browser().post("/api/v1/eligibility", json={"facts": {}})).json()
    assert said["account"] == ""
    assert said["role"] == "anonymous"


async def test_a_trace_goes_through(world: World) -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    answer = await (await world.bearer("donghu")).get("/api/v1/leads", headers={"traceparent": trace})
    assert answer.headers["x-trace-id"] == "a" * 32
    assert answer.json()["headers"]["traceparent"] == trace


async def test_problems_of_a_service_come_through_as_they_are(world: World) -> None:
    answer = await (await world.bearer("donghu")).get("/api/v1/leads/missing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "没有这条线索。"


async def test_bodies_are_bounded_by_what_they_are_for(world: World) -> None:
    browser = await world.bearer("donghu")
    assert (await browser.post("/api/v1/leads", content=b"x" * (1 << 20))).status_code == 200
    large = await browser.post("/api/v1/leads", content=b"x" * ((1 << 20) + 1))
    assert large.status_code == 413
    assert large.json()["type"] == "/problems/too-large"
    file = {"file": ("a.xlsx", b"x" * (19 << 20))}
    took = await browser.post("/api/v1/imports", files=file)
    assert took.status_code == 200
    assert took.json()["length"] > 19 << 20
    assert (await browser.post("/api/v1/imports", files={"file": ("a.xlsx", b"x" * (21 << 20))})).status_code == 413


async def test_a_body_without_a_declared_length_is_bounded_while_it_is_read(world: World) -> None:
    browser = await world.bearer("donghu")

    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 65536

    assert (await browser.post("/api/v1/leads", content=chunks(17))).status_code == 413
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await browser.post("/api/v1/imports", content=chunks(330), headers=form)).status_code == 413
    assert (await browser.post("/api/v1/imports", content=chunks(300), headers=form)).status_code == 200


async def test_a_get_is_tried_once_more_and_a_change_is_not(world: World) -> None:
    browser = await world.bearer("donghu")
    world.behind.crash = 1
    assert (await browser.get("/api/v1/leads")).status_code == 200
    assert world.behind.asked == 2
    world.behind.asked, world.behind.crash = 0, 1
    lost = await browser.post("/api/v1/leads", json={})
    assert lost.status_code == 503
    assert lost.headers["retry-after"]
    assert "Idempotency-Key" in lost.json()["detail"]
    assert world.behind.asked == 1


async def test_a_service_that_stays_silent_is_left_alone_for_a_while(world: World) -> None:
    browser = await world.bearer("donghu")
    world.behind.crash = 100
    for _ in range(5):
        assert (await browser.post("/api/v1/leads", json={})).status_code == 503
    asked = world.behind.asked
    refused = await browser.get("/api/v1/leads")
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) <= 10
    assert world.behind.asked == asked
    assert (await browser.get("/api/v1/zones")).status_code == 200
    asked = world.behind.asked
    world.clock.advance(timedelta(seconds=11))
    assert (await browser.post("/api/v1/leads", json={})).status_code == 503
    assert world.behind.asked == asked + 1
    assert (await browser.post("/api/v1/leads", json={})).status_code == 503
    assert world.behind.asked == asked + 1
    world.behind.crash = 0
    world.clock.advance(timedelta(seconds=11))
    assert (await browser.get("/api/v1/leads")).status_code == 200
    assert (await browser.get("/api/v1/leads")).status_code == 200


async def test_failures_far_apart_open_nothing(world: World) -> None:
    browser = await world.bearer("donghu")
    for _ in range(8):
        world.behind.crash = 1
        await browser.post("/api/v1/leads", json={})
        world.clock.advance(timedelta(seconds=4))
    world.behind.crash = 0
    assert (await browser.get("/api/v1/leads")).status_code == 200


async def test_a_slow_service_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "seconds_for", lambda _method, _path: 0.05)
    browser = await world.bearer("donghu")
    world.behind.pause = 1.0
    async with asyncio.timeout(0.8):
        answer = await browser.get("/api/v1/leads")
    assert answer.status_code == 503
    assert answer.json()["service"] == "leads"


async def test_every_answer_carries_the_guards(world: World) -> None:
    browser = world.browser()
    for path in ("/api/v1/leads", "/api/v1/nothing", "/api/openapi.json"):
        headers = (await browser.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-robots-tag"].startswith("noindex")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


class TestBench:
    """The empty routes."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"bench": True})

    async def test_are_there_only_when_asked_for(self, world: World) -> None:
        browser = await world.bearer("donghu")
        assert (await browser.get("/api/v1/bench/empty")).json()["path"] == "/bench/empty"
        assert (await browser.post("/api/v1/bench/empty", json={})).status_code == 200


def test_no_service_is_missing_and_no_path_is_open_by_prefix_alone() -> None:
    assert set(SERVICES.values()) == {"leads", "incentives", "notify"}
    assert not set(BENCH) & set(SERVICES)
    assert not {"leadsx", "accounts", "sessions", "tokens"} & set(SERVICES)
    assert body_limit("/api/v1/leads") < body_limit("/api/v1/imports")
