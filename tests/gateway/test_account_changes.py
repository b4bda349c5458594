"""Changing accounts when something stands in the way: a wrong field, another administrator, a silent service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.calls import Line
from gateway.model import account_id
from gateway.peer import Peer
from gateway.replicas import Replicas
from tests.gateway.conftest import Behind, World, crashing

SECOND: dict[str, Any] = {
    "sign_in": "second",
    "name": "另一位",
    "role": "administrator",
    "password": "a-long-enough-one",
}


async def test_what_was_typed_into_an_accounts_form_is_there_again_when_it_is_refused(world: World) -> None:
    admin = await world.signed_in("admin")
    path = f"/accounts/{account_id(world.ports.secret, 'donghu')}"
    said = {"csrf": admin.headers["X-CSRF-Token"], "name": "陈新名", "role": "officer", "zones": ["caidian"]}
    answer = await admin.post(f"{path}/change", data=said | {"revision": "1", "email": "no-address"})
    assert answer.status_code == 422
    for typed in ('value="陈新名"', 'value="no-address"', 'value="caidian" checked'):
        assert typed in answer.text
    stale = await admin.post(f"{path}/change", data=said | {"revision": "7", "email": "donghu@example.com"})
    assert stale.status_code == 412
    assert "陈新名" not in stale.text, "what stands there now is read before it is saved over"


async def test_what_was_typed_into_a_tokens_form_is_there_again_when_it_is_refused(world: World) -> None:
    officer = await world.signed_in("donghu")
    assert 'value="90"' in (await officer.get("/account")).text
    said = {"csrf": officer.headers["X-CSRF-Token"], "name": "夜间脚本", "scope": "read_write", "expires_days": "999"}
    answer = await officer.post("/account/tokens", data=said)
    assert answer.status_code == 422
    for typed in ('value="夜间脚本"', 'value="read_write" selected', 'value="999"'):
        assert typed in answer.text


async def test_of_two_administrators_who_shut_each_other_out_one_stays(world: World) -> None:
    admin = await world.signed_in("admin")
    made = await admin.post("/api/v1/accounts", json=SECOND, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201
    other = world.browser()
    signed = await other.post("/api/v1/sessions", json={"account": "second", "password": SECOND["password"]})
    other.headers["X-CSRF-Token"] = signed.json()["csrf"]
    paths = [f"/accounts/{account_id(world.ports.secret, name)}" for name in ("second", "admin")]
    answers = await asyncio.gather(
        world.change(admin, paths[0], {"active": False}, "PATCH"),
        world.change(other, paths[1], {"role": "reviewer"}, "PATCH"),
    )
    done, refused = sorted(answers, key=lambda each: each.status_code)
    assert done.status_code == 200
    assert refused.json()["type"] in ("/problems/last-administrator", "/problems/unauthenticated"), "or came too late"
    assert await world.app.state.repository.has_administrator()


async def test_somebody_is_shut_out_and_given_a_password_while_notify_is_silent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, officer = await world.signed_in("admin"), await world.signed_in("donghu")
    silent = Peer.in_process(crashing(world.app, Behind(crash=1000)), "notify")
    line = Line("notify", Replicas.of(silent), world.clock, places=1)
    monkeypatch.setitem(world.app.state.upstream._lines, "notify", line)
    path = f"/accounts/{account_id(world.ports.secret, 'donghu')}"
    page = await admin.get(path)
    assert page.status_code == 200
    assert "通知服务暂时没有响应" in page.text
    assert 'name="email"' not in page.text, "an address that cannot be seen is not saved over"
    assert (await world.change(admin, path, {"name": "陈远"}, "PATCH")).status_code == 503
    assert (await world.change(admin, path, {"email": None}, "PATCH")).status_code == 503
    assert (await admin.get(f"/api/v1{path}")).json()["revision"] == 1
    assert (await world.change(admin, path, {"active": False}, "PATCH")).status_code == 200
    assert (await officer.get("/api/v1/sessions/current")).status_code == 401
    assert (await world.change(admin, path, {"active": True}, "PATCH")).status_code == 200
    assert (await world.change(admin, f"{path}/password-reset")).status_code == 200
