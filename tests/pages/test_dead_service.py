"""When a service is down, its part of a page says so, and the rest of the page stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from deploy.embedded import Suite, open_suite
from gateway.app import create_app
from gateway.peer import Peer
from kit.settings import Settings

WEEK = "2026-W48"


async def _dead(_scope: object, _receive: object, _send: object) -> None:
    raise RuntimeError("this service is down")


@pytest.fixture
async def suite(tmp_path: Path) -> AsyncIterator[Suite]:
    async with open_suite(Settings(data=tmp_path)) as opened:
        yield opened


def edge_without(suite: Suite, name: str) -> FastAPI:
    """The edge of this suite, as it is while one service is down."""
    peers = {each: Peer.in_process(app, each) for each, app in suite.services.items()}
    return create_app(suite.ports["gateway"], peers | {name: Peer.in_process(_dead, name)})


@asynccontextmanager
async def signed_in(app: FastAPI, suite: Suite, who: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody signed in at this edge."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://quce.test") as client:
        password = next(each.password for each in suite.sign_ins if each.account == who)
        answer = await client.post("/api/v1/sessions", json={"account": who, "password": password})
        assert answer.status_code == 201
        yield client


async def test_a_panel_says_that_its_service_is_down(suite: Suite) -> None:
    async with signed_in(edge_without(suite, "notify"), suite, "donghu") as client:
        page = await client.get("/")
        assert page.status_code == 200
        part = await client.get("/panels/changes", headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert "再试一次" in part.text
        assert "没有等着响应的线索" in (await client.get("/panels/todo", headers={"HX-Request": "true"})).text
        assert (await client.get("/panels/unread", headers={"HX-Request": "true"})).text == ""


async def test_a_page_of_a_dead_service_is_a_page(suite: Suite) -> None:
    async with signed_in(edge_without(suite, "notify"), suite, "manager") as client:
        page = await client.get(f"/digests/{WEEK}")
        assert page.status_code == 503
        assert "服务暂时没有响应" in page.text
        assert 'aria-label="主导航"' in page.text


async def test_a_lead_is_logged_while_the_catalogue_is_down(suite: Suite) -> None:
    async with signed_in(edge_without(suite, "incentives"), suite, "donghu") as client:
        assert (await client.get("/leads/new")).status_code == 200
        assert (await client.get("/leads")).status_code == 200
        assert (await client.get("/policies")).status_code == 503


async def test_an_unexpected_error_is_a_page_with_a_number(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    async with signed_in(suite.gateway, suite, "donghu") as client:
        monkeypatch.delattr(suite.gateway.state, "directory")
        page = await client.get("/leads")
        assert page.status_code == 500
        assert "出了点问题" in page.text
        assert page.headers["x-trace-id"] in page.text


async def test_the_pages_that_say_no(suite: Suite) -> None:
    async with signed_in(suite.gateway, suite, "donghu") as client:
        assert "没有找到这个页面" in (await client.get("/leads/no-such-lead")).text
        assert "没有权限" in (await client.get("/deliveries")).text
        forged = await client.post("/leads/new", data={"csrf": "forged", "title": "伪造"})
        assert forged.status_code == 403
        assert "<html" in forged.text
    async with httpx.AsyncClient(transport=httpx.ASGITransport(suite.gateway), base_url="http://quce.test") as visitor:
        answer = await visitor.get("/leads?zone=donghu")
        assert answer.headers["location"] == "/sign-in?next=/leads%3Fzone%3Ddonghu"
        assert (await visitor.get("/api/nothing")).headers["content-type"] == "application/problem+json"


async def test_the_system_and_dead_letters_stand_without_a_service(suite: Suite) -> None:
    async with signed_in(edge_without(suite, "notify"), suite, "admin") as client:
        for path in ("/system", "/dead-letters"):
            page = await client.get(path)
            assert page.status_code == 200
            assert "「通知与周报」服务暂时没有响应" in page.text
        assert "没有待发事件" in (await client.get("/system")).text
