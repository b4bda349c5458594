"""What no browser of ours sends: it is refused in words, costs little, and leads nowhere else."""

from __future__ import annotations

import re

import httpx
import pytest

from gateway.model import account_id
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


@pytest.mark.parametrize("header", ["W10", "MQ", "bnVsbA", "InRleHQi", "e30", "eyJraWQiOnt9fQ", "é", "."])
async def test_what_looks_like_a_signed_token_is_refused_whatever_its_header_is(world: World, header: str) -> None:
    authorization = f"Bearer {header}.a.b".encode("latin-1")
    answer = await world.browser().get("/api/v1/leads", headers={b"Authorization": authorization})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")


@pytest.mark.parametrize("revision", ["²", "٣", "9" * 25, "9" * 5000, "-1", ""])
async def test_a_revision_that_is_none_is_out_of_date(world: World, revision: str) -> None:
    admin = await world.signed_in("admin")
    path = f"/accounts/{account_id(world.ports.secret, 'donghu')}/disable"
    answer = await admin.post(path, data={"csrf": admin.headers["X-CSRF-Token"], "revision": revision})
    assert answer.status_code == 412
    await world.signed_in("donghu")


async def test_a_name_or_password_too_long_to_be_one_is_not_looked_at(world: World) -> None:
    browser = world.browser()
    csrf = await form_token(browser)
    longest = {"account": "\ufdfa" * 100, "password": "x" * 128}
    assert (await browser.post("/sign-in", data={"csrf": csrf} | longest)).status_code == 401
    for name in longest:
        said = {"csrf": csrf} | longest | {name: longest[name] + "x"}
        assert (await browser.post("/sign-in", data=said)).status_code == 422, name


@pytest.mark.parametrize(("letters", "status"), [("utf-7", 400), ('"UTF-7"', 400), ("utf-8", 401), ('"UTF-8"', 401)])
async def test_a_form_in_letters_that_cannot_be_shown_again_is_refused(world: World, letters: str, status: int) -> None:
    browser = world.browser()
    said = {"csrf": (await form_token(browser)).replace("+", ""), "account": "+2AA-", "password": "x"}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in said.items()]
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={letters}"}
    answer = await browser.post("/sign-in", content="".join([*parts, "--b--\r\n"]), headers=headers)
    assert answer.status_code == status
