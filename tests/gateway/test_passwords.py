"""One-time passwords and one's own: what works before, what ends after, and the set-up of an office."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from gateway.issuing import TokenIssuer
from gateway.model import account_id
from kit.auth import Principal
from kit.settings import Settings
from tests.gateway.conftest import World

OWN = "/api/v1/sessions/current/password"
CHOSEN = "a-long-enough-one"


async def open_with(world: World, account: str, password: str) -> httpx.AsyncClient:
    browser = world.browser()
    answer = await browser.post("/api/v1/sessions", json={"account": account, "password": password})
    assert answer.status_code == 201, answer.text
    browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return browser


async def choose(browser: httpx.AsyncClient, current: str, new: str = CHOSEN, key: str = "p") -> httpx.Response:
    return await browser.post(OWN, json={"current": current, "new": new}, headers={"Idempotency-Key": key})


async def test_a_reset_password_must_be_changed_before_anything_else_works(world: World) -> None:
    admin, program = await world.signed_in("admin"), await world.bearer("donghu")
    path = f"/accounts/{account_id(world.ports.secret, 'donghu')}"
    reset = await world.change(admin, f"{path}/password-reset")
    once = reset.json()["password"]
    assert (await admin.get(f"/api/v1{path}")).json()["must_change"]
    browser = await open_with(world, "donghu", once)
    assert (await browser.get("/api/v1/sessions/current")).json()["must_change"]
    asked = world.behind.asked
    tries = [
        await browser.get("/api/v1/leads"),
        await browser.post("/api/v1/leads", json={}),
        await browser.get("/api/v1/accounts"),
        await browser.get("/api/v1/tokens"),
        await browser.post("/api/v1/eligibility", json={}),
        await program.get("/api/v1/leads"),
        await program.get("/api/v1/tokens"),
    ]
    assert {answer.status_code for answer in tries} == {403}
    assert {answer.json()["type"] for answer in tries} == {"/problems/password-change-required"}
    assert world.behind.asked == asked
    for page in ("/", "/leads", "/account", "/policies"):
        answer = await browser.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/password"), page
    assert (await browser.get("/account/password")).status_code == 200
    assert (await choose(browser, once, once)).status_code == 422
    assert (await choose(browser, once, key="q")).status_code == 200
    assert (await browser.get("/api/v1/leads")).status_code == 200
    assert (await program.get("/api/v1/leads")).status_code == 200
    assert (await world.browser().post("/api/v1/sessions", json={"account": "donghu", "password": once})).is_error
    what = [each["what"] for each in await world.told()]
    assert [each for each in what if each.startswith("password")] == ["password.changed", "password.reset"]


async def test_a_repeated_reset_shows_nothing_again(world: World) -> None:
    admin = await world.signed_in("admin")
    path = f"/api/v1/accounts/{account_id(world.ports.secret, 'donghu')}/password-reset"
    headers = {"Idempotency-Key": "a", "If-Match": '"1"'}
    first, again = [await admin.post(path, headers=headers) for _ in range(2)]
    assert again.json() == first.json() | {"password": None}
    record = await world.app.state.repository.account_record(first.json()["id"])
    assert first.json()["password"] not in str(record)


async def test_an_account_opened_without_a_password_gets_a_one_time_one(world: World) -> None:
    admin = await world.signed_in("admin")
    asked = {"sign_in": "caidian", "name": "李晓明", "role": "officer", "zones": ["caidian"]}
    made = await admin.post("/api/v1/accounts", json=asked, headers={"Idempotency-Key": "k"})
    browser = await open_with(world, "caidian", made.json()["password"])
    assert (await browser.get("/api/v1/leads")).status_code == 403


async def test_ones_own_password_takes_the_old_one_and_ends_other_sessions(world: World) -> None:
    old = world.sign_ins["donghu"].password
    here, there = await world.signed_in("donghu"), await world.signed_in("donghu")
    wrong = await choose(here, "not-the-old-one", key="a")
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/wrong-password")
    assert (await choose(here, old, "short", "b")).status_code == 422
    first, again = [await choose(here, old, key="c") for _ in range(2)]
    assert first.status_code == 200
    assert first.json() == again.json()
    assert (await here.get("/api/v1/sessions/current")).status_code == 200
    assert (await there.get("/api/v1/sessions/current")).status_code == 401
    assert (await choose(await world.bearer("jingkai"), world.sign_ins["jingkai"].password)).status_code == 403


class TestOffice:
    """An office starts without anybody; whoever reads its console names the first administrator."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"catalogue": "office"})

    async def test_demo_accounts_are_not_there(self, world: World) -> None:
        assert world.sign_ins == {}
        assert not await world.app.state.repository.has_administrator()
        answer = await world.browser().post("/api/v1/sessions", json={"account": "admin", "password": "x"})
        assert answer.status_code == 401

    @pytest.mark.parametrize("page", ["/", "/leads", "/sign-in", "/policies", "/eligibility", "/invitation"])
    async def test_every_page_leads_to_the_set_up(self, world: World, page: str) -> None:
        answer = await world.browser().get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/setup")

    async def test_the_code_of_the_console_makes_one_administrator(self, world: World) -> None:
        visitor, code = world.browser(), world.app.state.set_up.code
        asked = {"sign_in": "lin", "name": "林主任", "password": CHOSEN, "email": "lin@example.com"}

        async def set_up(code: str, key: str, **more: str) -> httpx.Response:
            body = {**asked, "code": code, **more}
            return await visitor.post("/api/v1/setup", json=body, headers={"Idempotency-Key": key})

        for wrong in ("", "x", code[:-1], code.swapcase()):
            refused = await set_up(wrong, "a")
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-set-up-code")
        made = await set_up(code, "b")
        assert made.status_code == 201, made.text
        assert (await set_up(code, "b")).json() == made.json()
        assert (await set_up(code, "c", sign_in="second")).status_code == 404
        assert (await visitor.get("/setup")).headers["location"] == "/sign-in"
        assert (await visitor.get("/sign-in")).status_code == 200
        admin = await open_with(world, "lin", CHOSEN)
        assert len((await admin.get("/api/v1/accounts")).json()["items"]) == 1
        told = await world.told()
        assert [each["what"] for each in told] == ["office.set_up", "session.opened"]
        assert not any(secret in str(told) for secret in ("林主任", "lin@example.com", '"lin"'))

    async def test_of_many_who_read_the_console_at_once_one_is_the_first(self, world: World) -> None:
        async def set_up(name: str) -> int:
            body = {"sign_in": name, "name": "林主任", "password": CHOSEN, "code": world.app.state.set_up.code}
            headers = {"Idempotency-Key": name}
            return (await world.browser().post("/api/v1/setup", json=body, headers=headers)).status_code

        assert sorted(await asyncio.gather(*(set_up(f"first{number}") for number in range(4)))) == [201, 404, 404, 404]
        assert [each["what"] for each in await world.told()] == ["office.set_up"]

    async def test_the_machines_own_keys_need_no_code(self, world: World) -> None:
        token = TokenIssuer(world.ports.keys, world.clock).issue(Principal("anybody", "operator"), "gateway")
        other = TokenIssuer(world.ports.keys, world.clock).issue(Principal("anybody", "operator"), "leads")
        body = {"sign_in": "lin", "name": "林主任"}
        for bearer, status in ((other, 403), (token, 201)):
            headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": "k"}
            answer = await world.browser().post("/api/v1/setup", json=body, headers=headers)
            assert answer.status_code == status, answer.text
        browser = await open_with(world, "lin", answer.json()["password"])
        assert (await browser.get("/api/v1/accounts")).status_code == 403


async def test_the_demo_is_never_set_up(world: World) -> None:
    body = {"sign_in": "lin", "name": "林主任", "password": CHOSEN, "code": world.app.state.set_up.code}
    answer = await world.browser().post("/api/v1/setup", json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 404
