"""Signing in and out: what a session is worth, for how long, and what ends it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.issuing import TokenIssuer
from gateway.model import account_id
from gateway.repository import IDENTIFYING, SESSIONS
from kit.auth import Principal
from kit.settings import Settings
from tests.gateway.conftest import World


async def test_sign_in_gives_an_opaque_cookie_and_says_who_is_there(world: World) -> None:
    browser = world.browser()
    password = world.sign_ins["donghu"].password
    answer = await browser.post("/api/v1/sessions", json={"account": "donghu", "password": password})
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("quce=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert len(browser.cookies["quce"]) >= 43
    said = (await browser.get("/api/v1/sessions/current")).json()
    assert said["name"] == "陈思远"
    assert said["role"] == "officer"
    assert said["zones"] == ["donghu"]
    assert said["csrf"] == answer.json()["csrf"]


async def test_over_tls_the_cookie_is_one_that_subdomains_cannot_set(world: World) -> None:
    browser = world.browser("https://quce.test")
    password = world.sign_ins["donghu"].password
    answer = await browser.post("/api/v1/sessions", json={"account": "donghu", "password": password})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-quce=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert (await browser.get("/api/v1/sessions/current")).status_code == 200
    weak = world.browser("https://quce.test")
    weak.cookies.set("quce", browser.cookies["__Host-quce"])
    assert (await weak.get("/api/v1/sessions/current")).status_code == 401


async def test_only_digests_of_tokens_are_stored(world: World) -> None:
    browser = await world.signed_in("donghu")
    token = browser.cookies["quce"]
    kept = [record async for record in world.ports.store.scan(SESSIONS.name, IDENTIFYING)]
    assert kept
    assert not any(token in f"{record.id}{record.body}" for record in kept)


async def test_a_new_sign_in_has_a_new_token_and_ends_the_old_one(world: World) -> None:
    browser = await world.signed_in("donghu")
    before = browser.cookies["quce"]
    password = world.sign_ins["donghu"].password
    await browser.post("/api/v1/sessions", json={"account": "donghu", "password": password})
    assert browser.cookies["quce"] != before
    old = world.browser()
    old.cookies.set("quce", before)
    assert (await old.get("/api/v1/sessions/current")).status_code == 401


async def test_signing_out_ends_the_session_at_once(world: World) -> None:
    browser = await world.signed_in("donghu")
    token = browser.cookies["quce"]
    assert (await browser.delete("/api/v1/sessions/current")).status_code == 204
    again = world.browser()
    again.cookies.set("quce", token)
    assert (await again.get("/api/v1/sessions/current")).status_code == 401


async def test_a_session_ends_when_idle_and_in_any_case_after_a_day(world: World) -> None:
    idle, busy = await world.signed_in("donghu"), await world.signed_in("jingkai")
    for _ in range(3):
        world.clock.advance(timedelta(hours=7))
        assert (await busy.get("/api/v1/sessions/current")).status_code == 200
    assert (await idle.get("/api/v1/sessions/current")).status_code == 401
    world.clock.advance(timedelta(hours=4))
    assert (await busy.get("/api/v1/sessions/current")).status_code == 401


async def test_a_disabled_account_is_out_at_its_next_request(world: World) -> None:
    officer, program = await world.signed_in("donghu"), await world.bearer("donghu")
    admin = await world.signed_in("admin")
    id = (await officer.get("/api/v1/sessions/current")).json()["account"]
    assert (await program.get("/api/v1/leads")).status_code == 200
    path = f"/api/v1/accounts/{id}"
    change = {"Idempotency-Key": "k1", "If-Match": (await admin.get(path)).headers["etag"]}
    assert (await admin.patch(path, json={"active": False}, headers=change)).status_code == 200
    assert (await officer.get("/api/v1/sessions/current")).status_code == 401
    assert (await program.get("/api/v1/leads")).status_code == 401
    refused = await world.browser().post(
        "/api/v1/sessions", json={"account": "donghu", "password": world.sign_ins["donghu"].password}
    )
    assert refused.status_code == 401


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(world: World) -> None:
    browser = world.browser()
    answers = []
    for account in ("donghu", "nobody-here"):
        answer = await browser.post("/api/v1/sessions", json={"account": account, "password": "wrong-password"})
        document = answer.json()
        document.pop("trace_id")
        answers.append((answer.status_code, document))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert answers[0][1]["type"] == "/problems/sign-in-failed"


async def test_names_are_compared_without_case_width_and_blanks(world: World) -> None:
    password = world.sign_ins["donghu"].password
    answer = await world.browser().post("/api/v1/sessions", json={"account": " ＤｏｎｇＨｕ ", "password": password})
    assert answer.status_code == 201


async def test_a_signed_token_of_the_machine_dies_with_its_account(world: World) -> None:
    admin, operator = await world.signed_in("admin"), world.browser()
    token = TokenIssuer(world.ports.keys, world.clock).issue(Principal("donghu", "operator"), "gateway")
    operator.headers["Authorization"] = f"Bearer {token}"
    assert (await operator.get("/api/v1/leads")).status_code == 200
    path = f"/accounts/{account_id(world.ports.secret, 'donghu')}"
    assert (await world.change(admin, path, {"active": False}, "PATCH")).status_code == 200
    assert (await operator.get("/api/v1/leads")).status_code == 401


async def test_asking_for_unread_news_by_the_clock_keeps_no_session_alive(world: World) -> None:
    left, there = await world.signed_in("donghu"), await world.signed_in("donghu")
    for _ in range(7):
        world.clock.advance(timedelta(hours=1))
        assert (await left.get("/panels/unread")).status_code == 200
        assert (await there.get("/notifications")).status_code == 200
    world.clock.advance(timedelta(hours=1, minutes=1))
    assert (await left.get("/panels/unread")).status_code == 401
    assert (await there.get("/panels/unread")).status_code == 200


async def test_people_see_and_end_their_own_sessions(world: World) -> None:
    here, there = await world.signed_in("donghu"), await world.signed_in("donghu")
    stranger = await world.signed_in("jingkai")
    listed = (await here.get("/api/v1/sessions")).json()["items"]
    assert sorted(each["current"] for each in listed) == [False, True]
    assert {each["network"] for each in listed} == {"127.0.0.0/24"}
    other = next(each["id"] for each in listed if not each["current"])
    assert (await stranger.delete(f"/api/v1/sessions/{other}")).status_code == 404
    assert (await here.delete(f"/api/v1/sessions/{other}")).status_code == 204
    assert (await there.get("/api/v1/sessions/current")).status_code == 401
    assert (await here.delete(f"/api/v1/sessions/{other}")).status_code == 404
    more = [await world.signed_in("donghu") for _ in range(2)]
    assert (await here.post("/api/v1/sessions/end-others")).json() == {"ended": 2}
    assert [(await each.get("/api/v1/sessions/current")).status_code for each in (*more, here)] == [401, 401, 200]
    what = [each["what"] for each in await world.told()]
    assert what.count("session.opened") == 5
    assert what.count("session.ended") == 3


async def test_administrators_end_all_sessions_of_somebody(world: World) -> None:
    admin, officer = await world.signed_in("admin"), await world.signed_in("donghu")
    path = f"/accounts/{account_id(world.ports.secret, 'donghu')}/end-sessions"
    assert (await world.change(admin, path)).status_code == 200
    assert (await officer.get("/api/v1/sessions/current")).status_code == 401
    assert (await world.change(await world.signed_in("donghu"), path)).status_code == 403


class TestLimits:
    """Limits at their normal size."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limit_factor": 1.0})

    @pytest.mark.parametrize("account", ["donghu", "nobody-here"])
    async def test_after_five_failures_a_name_is_locked_whether_it_exists_or_not(
        self, world: World, account: str
    ) -> None:
        browser = world.browser()
        tried = {"account": account, "password": "wrong-password"}
        statuses = [(await browser.post("/api/v1/sessions", json=tried)).status_code for _ in range(7)]
        assert statuses == [401] * 5 + [429] * 2
        locked = await browser.post("/api/v1/sessions", json=tried)
        assert int(locked.headers["retry-after"]) <= 15 * 60
        right = {"account": "donghu", "password": world.sign_ins["donghu"].password}
        expected = 429 if account == "donghu" else 201
        assert (await browser.post("/api/v1/sessions", json=right)).status_code == expected
        world.clock.advance(timedelta(minutes=16))
        assert (await browser.post("/api/v1/sessions", json=right)).status_code == 201

    async def test_a_burst_of_guesses_cannot_slip_by(self, world: World) -> None:
        browser = world.browser()
        tried = {"account": "donghu", "password": "wrong-password"}
        answers = await asyncio.gather(*(browser.post("/api/v1/sessions", json=tried) for _ in range(20)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [401] * 5 + [429] * 15

    async def test_one_address_may_not_try_name_after_name(self, world: World) -> None:
        browser = world.browser()
        statuses = [
            (await browser.post("/api/v1/sessions", json={"account": f"name-{n}", "password": "x"})).status_code
            for n in range(35)
        ]
        assert statuses.count(429) >= 4
        world.clock.advance(timedelta(minutes=1))
        answer = await browser.post("/api/v1/sessions", json={"account": "name-x", "password": "x"})
        assert answer.status_code == 401

    async def test_success_forgets_failures(self, world: World) -> None:
        browser = world.browser()
        right = {"account": "donghu", "password": world.sign_ins["donghu"].password}
        for _ in range(2):
            for _ in range(4):
                await browser.post("/api/v1/sessions", json={"account": "donghu", "password": "wrong"})
            assert (await browser.post("/api/v1/sessions", json=right)).status_code == 201

    async def test_visitors_may_not_flood_the_services(self, world: World) -> None:
        browser = world.browser()
        statuses = [(await browser.post("/api/v1/leads", json={})).status_code for _ in range(125)]
        assert statuses.count(429) == 5
        officer = await world.bearer("donghu")
        assert (await officer.post("/api/v1/eligibility", json={})).status_code == 200


async def test_the_operator_of_the_machine_acts_as_an_account_by_name(world: World) -> None:
    issuer = TokenIssuer(world.ports.keys, world.clock)
    program = world.browser()
    program.headers["Authorization"] = f"Bearer {issuer.issue(Principal('donghu', 'operator'), 'gateway')}"
    said = (await program.get("/api/v1/leads")).json()
    assert said["role"] == "officer"
    assert said["zones"] == ["donghu"]
    program.headers["Authorization"] = f"Bearer {issuer.issue(Principal('nobody', 'administrator'), 'gateway')}"
    assert (await program.get("/api/v1/leads")).status_code == 401
    program.headers["Authorization"] = f"Bearer {issuer.issue(Principal('donghu', 'operator'), 'leads')}"
    assert (await program.get("/api/v1/leads")).status_code == 401


async def test_what_ended_is_erased_in_time(world: World) -> None:
    await world.signed_in("donghu")
    world.clock.advance(timedelta(days=2))
    await world.app.state.repository.purge(world.clock.now())
    assert [record async for record in world.ports.store.scan(SESSIONS.name, IDENTIFYING)] == []
