"""What no browser of ours sends: it is refused in words, costs little, and leads nowhere else."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.gateway.conftest import World


async def form_token(browser: httpx.AsyncClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/sign-in")).text)
    assert found is not None
    return found[1]


async def sign_in(world: World, browser: httpx.AsyncClient, wanted: str) -> httpx.Response:
    said = {"account": "donghu", "password": world.sign_ins["donghu"].password, "next": wanted}
    return await browser.post("/sign-in", data={"csrf": await form_token(browser)} | said)


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/leads?stage=new&q=%E4%B8%9C", "/leads?stage=new&q=%E4%B8%9C"),
        ("/leads?q=东湖", "/leads?q=%E4%B8%9C%E6%B9%96"),
        ("/\t/evil.example", "/%09/evil.example"),
        ("/\r\n/evil.example", "/%0D%0A/evil.example"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
    ],
)
async def test_signing_in_leads_to_a_page_of_ours(world: World, wanted: str, place: str) -> None:
    browser = world.browser()
    answer = await sign_in(world, browser, wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    onwards = await browser.get("/sign-in", params={"next": wanted})
    assert onwards.headers["location"] == place, "whoever is signed in already goes the same way"
