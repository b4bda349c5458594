"""Bearer tokens: shown once, as good as the account, gone when withdrawn or too old."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from gateway.repository import IDENTIFYING, TOKENS
from tests.gateway.conftest import World


async def make(browser: httpx.AsyncClient, key: str = "k", **body: object) -> httpx.Response:
    return await browser.post("/api/v1/tokens", json={"name": "脚本", **body}, headers={"Idempotency-Key": key})


async def test_a_token_is_shown_once_and_kept_as_a_digest(world: World) -> None:
    browser = await world.signed_in("donghu")
    first, again = await make(browser), await make(browser)
    assert first.status_code == 201
    token = first.json()["token"]
    assert token.startswith("quce_")
    assert again.json() == first.json() | {"token": None}
    assert (await make(browser, name="别的")).status_code == 422
    assert (await browser.post("/api/v1/tokens", json={"name": "x"})).status_code == 400
    kept = [record async for record in world.ports.store.scan(TOKENS.name, IDENTIFYING)]
    assert len(kept) == 1
    assert token[-40:] not in str(kept)
    listed = (await browser.get("/api/v1/tokens")).json()["items"]
    assert [item["name"] for item in listed] == ["脚本"]
    assert "token" not in listed[0]


async def test_a_token_acts_as_its_account_until_it_expires(world: World) -> None:
    browser = await world.signed_in("donghu")
    token = (await make(browser, expires_days=2)).json()["token"]
    program = world.browser()
    program.headers["Authorization"] = f"Bearer {token}"
    said = (await program.get("/api/v1/sessions/current")).json()
    assert (said["name"], said["csrf"]) == ("陈思远", "")
    world.clock.advance(timedelta(days=1, hours=23))
    assert (await program.get("/api/v1/leads")).json()["role"] == "officer"
    world.clock.advance(timedelta(hours=2))
    assert (await program.get("/api/v1/leads")).status_code == 401


async def test_a_token_that_a_token_made_ends_with_it(world: World) -> None:
    browser = await world.signed_in("donghu")
    parent = (await make(browser, expires_days=2)).json()
    program, child = world.browser(), world.browser()
    program.headers["Authorization"] = f"Bearer {parent['token']}"
    made = (await make(program, key="later", expires_days=366)).json()
    assert made["expires_at"] == parent["expires_at"]
    assert (await make(program, key="sooner", expires_days=1)).json()["expires_at"] < parent["expires_at"]
    child.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await child.get("/api/v1/leads")).status_code == 200
    world.clock.advance(timedelta(days=2, minutes=1))
    assert (await child.get("/api/v1/leads")).status_code == 401


async def test_a_withdrawn_token_is_out_at_once(world: World) -> None:
    browser = await world.signed_in("donghu")
    made = (await make(browser)).json()
    program = world.browser()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await program.get("/api/v1/leads")).status_code == 200
    path = f"/api/v1/tokens/{made['id']}"
    assert (await browser.delete(path, headers={"Idempotency-Key": "d"})).status_code == 428
    assert (await browser.delete(path, headers={"Idempotency-Key": "d", "If-Match": '"9"'})).status_code == 412
    headers = {"Idempotency-Key": "d", "If-Match": '"1"'}
    first, again = [await browser.delete(path, headers=headers) for _ in range(2)]
    assert first.status_code == 200
    assert first.json() == again.json()
    assert (await program.get("/api/v1/leads")).status_code == 401
    assert (await browser.get("/api/v1/tokens")).json()["items"] == []


async def test_tokens_of_others_do_not_exist(world: World) -> None:
    made = (await make(await world.signed_in("donghu"))).json()
    other = await world.signed_in("admin")
    headers = {"Idempotency-Key": "d", "If-Match": '"1"'}
    assert (await other.delete(f"/api/v1/tokens/{made['id']}", headers=headers)).status_code == 404
    assert (await other.get("/api/v1/tokens")).json()["items"] == []


@pytest.mark.parametrize("text", ["quce_", "quce_" + "0" * 80, "x", "a.b.c", "quce_" + "z" * 60, "一"])
async def test_what_is_no_token_is_refused(world: World, text: str) -> None:
    visitor = world.browser()
    answer = await visitor.get("/api/v1/leads", headers=[(b"Authorization", f"Bearer {text}".encode())])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert world.behind.asked == 0


async def test_a_token_whose_secret_is_wrong_by_one_letter_is_refused(world: World) -> None:
    token = (await make(await world.signed_in("donghu"))).json()["token"]
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    answer = await world.browser().get("/api/v1/leads", headers={"Authorization": f"Bearer {wrong}"})
    assert answer.status_code == 401


async def test_a_read_token_reads_and_asks_and_changes_nothing(world: World) -> None:
    browser = await world.signed_in("admin")
    program = world.browser()
    made = (await make(browser, scope="read")).json()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    for method, path in (
        ("GET", "/leads"),
        ("GET", "/accounts"),
        ("POST", "/eligibility"),
        ("POST", "/policies/x/dry-run"),
    ):
        assert (await program.request(method, f"/api/v1{path}")).status_code == 200, path
    asked = world.behind.asked
    changes = ["POST /leads", "PATCH /leads/1", "DELETE /jobs/1", "PUT /recipients/1", "POST /accounts", "POST /tokens"]
    changes += [f"DELETE /tokens/{made['id']}", "POST /imports", "DELETE /sessions/current"]
    changes += ["PUT /recipients/dry-run", "PATCH /leads/dry-run", "DELETE /jobs/dry-run", "PUT /eligibility"]
    for method, path in (each.split(" ") for each in changes):
        answer = await program.request(method, f"/api/v1{path}", json={})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/read-only-token"), path
    assert (await program.post("/account/language", data={"locale": "en"})).status_code == 403
    assert world.behind.asked == asked


async def test_the_list_says_what_a_token_may_and_when_it_was_last_used(world: World) -> None:
    browser = await world.signed_in("donghu")
    token = (await make(browser, scope="read")).json()["token"]
    program = world.browser()
    program.headers["Authorization"] = f"Bearer {token}"

    async def used_at() -> str | None:
        (listed,) = (await browser.get("/api/v1/tokens")).json()["items"]
        assert listed["scope"] == "read"
        used: str | None = listed["used_at"]
        return used

    assert await used_at() is None
    await program.get("/api/v1/leads")
    first = await used_at()
    assert first is not None
    world.clock.advance(timedelta(minutes=30))
    await program.get("/api/v1/leads")
    assert await used_at() == first, "written rarely"
    world.clock.advance(timedelta(minutes=31))
    await program.get("/api/v1/leads")
    assert await used_at() != first


async def test_days_and_scopes_have_their_limits_and_acts_are_told(world: World) -> None:
    browser = await world.signed_in("donghu")
    assert (await make(browser, expires_days=367)).status_code == 422
    assert (await make(browser, scope="write")).status_code == 422
    made = (await make(browser, expires_days=366)).json()
    headers = {"Idempotency-Key": "d", "If-Match": '"1"'}
    await browser.delete(f"/api/v1/tokens/{made['id']}", headers=headers)
    told = [(each["what"], each["subject"], each["office"]) for each in await world.told()]
    assert [each for each in told if each[0].startswith("token")] == [
        (what, f"token:{made['id']}", "donghu") for what in ("token.made", "token.withdrawn")
    ]
