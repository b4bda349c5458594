"""How often somebody without an account may ask: by address and by form, on the page and through the API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.limits import network_of
from gateway.settings import ENQUIRIES_A_FORM, ENQUIRIES_A_MINUTE
from kit.settings import Settings
from tests.gateway.conftest import World

NONCE = re.compile(r'name="csrf" value="([^"]+)"')
WAIT = re.compile(r"请求过于频繁，请 (\d+) 秒后再试")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The limits as they are."""
    return settings.model_copy(update={"rate_limit_factor": 1.0})


async def nonce_of(browser: httpx.AsyncClient) -> str:
    """The nonce of a fresh form."""
    found = NONCE.search((await browser.get("/enquiries/track")).text)
    assert found is not None
    return found[1]


async def on_page(browser: httpx.AsyncClient, nonce: str) -> httpx.Response:
    """Look an enquiry up through its page."""
    return await browser.post("/enquiries/track", data={"csrf": nonce, "code": "x", "idempotency_key": "k"})


async def through_api(browser: httpx.AsyncClient, nonce: str) -> httpx.Response:
    """Ask through the API with a form's nonce."""
    headers = {"X-CSRF-Token": nonce, "Idempotency-Key": "k"}
    return await browser.post("/api/v1/enquiries", json={}, headers=headers)


def assert_told_to_wait(answer: httpx.Response, said: str) -> None:
    """429 says for how long, to programs and in words."""
    assert answer.status_code == 429
    wait = int(answer.headers["retry-after"])
    found = WAIT.search(said)
    assert found is not None, said
    assert int(found[1]) == wait > 0


@pytest.mark.parametrize("way", [on_page, through_api], ids=["page", "api"])
async def test_one_form_asks_so_often_and_another_goes_on(world: World, way: Any) -> None:
    browser = world.browser()
    nonce = await nonce_of(browser)
    answers = [await way(browser, nonce) for _ in range(ENQUIRIES_A_FORM + 1)]
    assert 429 not in {each.status_code for each in answers[:-1]}
    assert_told_to_wait(answers[-1], answers[-1].text)
    assert (await way(browser, await nonce_of(browser))).status_code != 429


@pytest.mark.parametrize("way", [on_page, through_api], ids=["page", "api"])
async def test_one_address_asks_so_often_whatever_its_forms(world: World, way: Any) -> None:
    browser = world.browser()
    answers = [await way(browser, await nonce_of(browser)) for _ in range(ENQUIRIES_A_MINUTE + 1)]
    assert 429 not in {each.status_code for each in answers[:-1]}
    assert_told_to_wait(answers[-1], answers[-1].text)


async def test_a_nonce_that_is_not_ours_counts_for_no_form(world: World) -> None:
    browser = world.browser()
    answers = [await through_api(browser, "made-up") for _ in range(ENQUIRIES_A_MINUTE)]
    assert 429 not in {each.status_code for each in answers}


async def test_a_subscriber_with_a_network_of_addresses_asks_no_oftener(world: World) -> None:
    def at(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(world.app, raise_app_exceptions=False, client=(address, 4000))
        browser = httpx.AsyncClient(transport=transport, base_url="http://quce.test")
        world.clients.append(browser)
        return browser

    path = "/api/v1/enquiries"
    here = [(await at(f"2001:db8:7::{n:x}").post(path, json={})).status_code for n in range(ENQUIRIES_A_MINUTE + 1)]
    assert [code == 429 for code in here] == [False] * ENQUIRIES_A_MINUTE + [True]
    for elsewhere in ("2001:db8:8::1", "192.0.2.1", "::ffff:192.0.2.2", "fe80::1%eth0", "?"):
        assert (await at(elsewhere).post(path, json={})).status_code != 429


def test_a_network_is_that_of_the_address_however_written() -> None:
    assert network_of("192.0.2.9") == network_of("::ffff:192.0.2.7") == "192.0.2.0/24"
    assert network_of("2001:db8:7::1") == network_of("2001:db8:7:00ff::2") != network_of("2001:db8:7:100::1")
    assert (network_of("fe80::1%eth0"), network_of("?")) == ("fe80::/56", "")


async def test_after_the_wait_it_goes_on(world: World) -> None:
    browser = world.browser()
    nonce = await nonce_of(browser)
    for _ in range(ENQUIRIES_A_FORM):
        await through_api(browser, nonce)
    refused = await through_api(browser, nonce)
    world.clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    assert (await through_api(browser, nonce)).status_code != 429


async def test_an_organisation_asks_so_often_and_another_goes_on(world: World) -> None:
    partner, other = await world.signed_in("partner-a"), await world.signed_in("partner-b")
    answers = [await partner.post("/api/v1/enquiries", json={}) for _ in range(ENQUIRIES_A_MINUTE + 1)]
    assert 429 not in {each.status_code for each in answers[:-1]}
    assert_told_to_wait(answers[-1], answers[-1].text)
    assert (await other.post("/api/v1/enquiries", json={})).status_code != 429
