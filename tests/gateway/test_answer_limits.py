"""How often somebody without an account may ask what a project would get."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from gateway.settings import ANSWERS_A_MINUTE
from kit.settings import Settings
from tests.gateway.conftest import World

API = "/api/v1/eligibility"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The limits as they are."""
    return settings.model_copy(update={"rate_limit_factor": 1.0})


def at(world: World, address: str) -> httpx.AsyncClient:
    """A browser at this address."""
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False, client=(address, 4000))
    browser = httpx.AsyncClient(transport=transport, base_url="http://quce.test")
    world.clients.append(browser)
    return browser


async def asked(browser: httpx.AsyncClient, path: str = API) -> list[int]:
    """As often as one may, and once more."""
    return [(await browser.post(path, json={})).status_code for _ in range(ANSWERS_A_MINUTE + 1)]


async def test_thirty_a_minute_from_one_address(world: World) -> None:
    assert ANSWERS_A_MINUTE == 30
    browser = at(world, "192.0.2.1")
    assert [code == 429 for code in await asked(browser)] == [False] * ANSWERS_A_MINUTE + [True]
    refused = await browser.post(API, json={})
    assert refused.json()["detail"].startswith("请求过于频繁")
    assert (await at(world, "192.0.2.2").post(API, json={})).status_code == 200
    world.clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    assert (await browser.post(API, json={})).status_code == 200


async def test_saving_counts_as_asking_does(world: World) -> None:
    browser = at(world, "192.0.2.1")
    assert 429 in await asked(browser, "/api/v1/decisions")
    assert (await browser.post(API, json={})).status_code == 429


async def test_whoever_has_an_account_is_not_counted(world: World) -> None:
    assert 429 not in await asked(await world.bearer("donghu"))
