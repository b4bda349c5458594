"""Accounts: who may make, change and see them; what others hear of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from contracts.gateway import AccountChanged
from gateway.model import account_id
from gateway.passwords import Passwords, random_password
from gateway.seed import seed_accounts
from kit.store.port import Scope
from tests.gateway.conftest import World

ALL = Scope.system("tests")
NEW: dict[str, Any] = {
    "sign_in": "caidian",
    "name": "李晓明",
    "role": "officer",
    "zones": ["caidian"],
    "password": "a-long-enough-one",
    "email": "caidian@example.com",
}


async def post(browser: httpx.AsyncClient, body: dict[str, Any], key: str = "k") -> httpx.Response:
    return await browser.post("/api/v1/accounts", json=body, headers={"Idempotency-Key": key})


async def test_a_new_account_is_told_of_and_its_address_is_kept_by_notify(world: World) -> None:
    admin = await world.signed_in("admin")
    made = await post(admin, NEW)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    assert made.headers["location"] == f"/api/v1/accounts/{id}"
    recipient = (await admin.get(f"/api/v1/recipients/{id}")).json()
    assert recipient["email"] == "caidian@example.com"
    assert recipient["name"] == "李晓明"
    account = (await admin.get(f"/api/v1/accounts/{id}")).json()
    assert "email" not in account
    assert not {"password", "password_hash"} & set(account)
    for _ in range(100):
        heard = await world.notify.store.get("accounts", ALL, id)
        if heard is not None:
            break
        await asyncio.sleep(0.02)
    assert heard is not None
    answer = await world.browser().post(
        "/api/v1/sessions", json={"account": "caidian", "password": "a-long-enough-one"}
    )
    assert answer.status_code == 201


async def test_an_event_says_role_and_office_and_no_name(world: World) -> None:
    admin = await world.signed_in("admin")
    id = (await post(admin, NEW)).json()["id"]
    for _ in range(100):
        if not await world.ports.store.pending(1):
            break
        await asyncio.sleep(0.02)
    account = await world.app.state.repository.account(id)
    said = account.changed()
    assert said == AccountChanged(account=id, role="officer", zones=["caidian"], org=None, active=True, locale="zh-CN")
    assert "李晓明" not in said.model_dump_json()


async def test_a_repeat_is_answered_as_before_and_another_body_is_refused(world: World) -> None:
    admin = await world.signed_in("admin")
    first, again = await post(admin, NEW), await post(admin, NEW)
    assert first.json() == again.json()
    other = await post(admin, NEW | {"name": "别人"})
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-mismatch"
    assert (await post(admin, NEW | {"password": "but-another-one"})).json() == first.json()
    taken = await post(admin, NEW, key="another")
    assert taken.status_code == 409
    assert taken.json()["type"] == "/problems/account-exists"
    another = NEW | {"sign_in": "xinzhou", "zones": ["xinzhou"]}
    many = await asyncio.gather(*(post(admin, another, "x") for _ in range(10)))
    assert {answer.json()["id"] for answer in many} == {many[0].json()["id"]}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"role": "officer", "zones": []}, "zones"),
        ({"role": "administrator"}, "zones"),
        ({"role": "partner", "zones": []}, "organisation"),
        ({"organisation": {"id": "x", "name": "x", "kind": "investor"}}, "organisation"),
        ({"zones": ["atlantis"]}, "zones"),
        ({"sign_in": "有空格 的"}, "sign_in"),
        ({"password": "short"}, "password"),
        ({"email": "no-address"}, "email"),
        ({"role": "king"}, "role"),
        ({"is_admin": True}, "is_admin"),
        ({"password_hash": "x"}, "password_hash"),
        ({"name": "<b>x</b>"}, "name"),
    ],
)
async def test_bad_input_is_named(world: World, change: dict[str, Any], where: str) -> None:
    admin = await world.signed_in("admin")
    answer = await post(admin, NEW | change)
    assert answer.status_code == 422
    assert where in answer.text
    assert (await post(admin, NEW)).status_code == 201


async def test_keys_and_revisions_are_asked_for(world: World) -> None:
    admin = await world.signed_in("admin")
    assert (await admin.post("/api/v1/accounts", json=NEW)).status_code == 400
    id = (await post(admin, NEW)).json()["id"]
    path, body = f"/api/v1/accounts/{id}", {"name": "李明"}
    assert (await admin.patch(path, json=body, headers={"Idempotency-Key": "a"})).status_code == 428
    assert (await admin.patch(path, json=body, headers={"If-Match": '"1"'})).status_code == 400
    stale = await admin.patch(path, json=body, headers={"Idempotency-Key": "a", "If-Match": '"7"'})
    assert stale.status_code == 412
    headers = {"Idempotency-Key": "a", "If-Match": '"1"'}
    first, again = [await admin.patch(path, json=body, headers=headers) for _ in range(2)]
    assert first.status_code == 200
    assert first.json() == again.json() == {"id": id, "revision": 2}
    assert (await admin.get(path)).json()["name"] == "李明"
    recipient = (await admin.get(f"/api/v1/recipients/{id}")).json()
    assert (recipient["name"], recipient["email"]) == ("李明", "caidian@example.com")


async def test_only_administrators_manage_accounts(world: World) -> None:
    for account in ("donghu", "bureau", "manager", "editor", "reviewer", "partner-a"):
        browser = await world.signed_in(account)
        assert (await post(browser, NEW)).status_code == 403
        own = (await browser.get("/api/v1/sessions/current")).json()["account"]
        headers = {"Idempotency-Key": "a", "If-Match": '"1"'}
        answer = await browser.patch(f"/api/v1/accounts/{own}", json={"role": "administrator"}, headers=headers)
        assert answer.status_code == 403
    assert (await post(world.browser(), NEW)).status_code == 401
    assert (await world.browser().get("/api/v1/accounts")).status_code == 401


async def test_colleagues_of_the_own_office_are_seen_by_name_and_role_only(world: World) -> None:
    seen = {}
    for account in ("donghu", "jingkai", "bureau", "manager-donghu", "partner-a", "editor", "admin"):
        browser = await world.signed_in(account)
        items = (await browser.get("/api/v1/accounts", params={"limit": 200})).json()["items"]
        seen[account] = {item["name"] for item in items}
        if account != "admin":
            assert all(set(item) == {"id", "name", "role"} for item in items)
    assert seen["donghu"] == {"陈思远", "吴晓燕"}
    assert seen["jingkai"] == {"刘芳"}
    assert seen["manager-donghu"] == {"陈思远", "吴晓燕"}
    assert seen["bureau"] == {"周建国", "孙立群", "陈思远", "刘芳", "王海涛", "赵敏"}
    assert seen["partner-a"] == {"林嘉怡"}
    assert seen["editor"] == {"郑文静"}
    assert len(seen["admin"]) == 12


async def test_one_account_is_shown_as_far_as_one_may_know(world: World) -> None:
    id = account_id(world.ports.secret, "donghu")
    path = f"/api/v1/accounts/{id}"
    assert set((await (await world.signed_in("manager-donghu")).get(path)).json()) == {"id", "name", "role"}
    assert (await (await world.signed_in("donghu")).get(path)).json()["sign_in"] == "donghu"
    assert (await (await world.signed_in("jingkai")).get(path)).status_code == 404
    assert (await (await world.signed_in("partner-a")).get(path)).status_code == 404
    assert (await (await world.signed_in("admin")).get(path)).json()["revision"] == 1


async def test_lists_come_in_pages(world: World) -> None:
    admin = await world.signed_in("admin")
    names: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/api/v1/accounts", params=params)).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(names) == len(set(names)) == 12
    officers = (await admin.get("/api/v1/accounts", params={"role": "officer"})).json()["items"]
    assert {item["role"] for item in officers} == {"officer"}


async def test_a_new_role_counts_at_once_and_old_sessions_end(world: World) -> None:
    officer, admin = await world.signed_in("donghu"), await world.signed_in("admin")
    path = f"/api/v1/accounts/{account_id(world.ports.secret, 'donghu')}"
    body = {"role": "officer", "zones": ["jingkai"]}
    changed = await admin.patch(path, json=body, headers={"Idempotency-Key": "a", "If-Match": '"1"'})
    assert changed.status_code == 200
    assert (await officer.get("/api/v1/leads")).json()["role"] == "anonymous"
    assert (await (await world.signed_in("donghu")).get("/api/v1/leads")).json()["zones"] == ["jingkai"]


async def test_a_password_reset_ends_sessions_and_a_new_name_does_not(world: World) -> None:
    officer, admin = await world.signed_in("donghu"), await world.signed_in("admin")
    path = f"/api/v1/accounts/{account_id(world.ports.secret, 'donghu')}"
    headers = {"Idempotency-Key": "a", "If-Match": '"1"'}
    assert (await admin.patch(path, json={"name": "陈远"}, headers=headers)).status_code == 200
    assert (await officer.get("/api/v1/sessions/current")).json()["name"] == "陈远"
    headers = {"Idempotency-Key": "b", "If-Match": '"2"'}
    assert (await admin.patch(path, json={"password": "another-long-one"}, headers=headers)).status_code == 422
    assert (await admin.post(f"{path}/password-reset", headers=headers)).status_code == 200
    assert (await officer.get("/api/v1/sessions/current")).status_code == 401


async def test_administrators_cannot_shut_themselves_out(world: World) -> None:
    admin = await world.signed_in("admin")
    path = f"/api/v1/accounts/{account_id(world.ports.secret, 'admin')}"
    for number, body in enumerate(({"active": False}, {"role": "reviewer"})):
        answer = await admin.patch(path, json=body, headers={"Idempotency-Key": str(number), "If-Match": '"1"'})
        assert answer.status_code == 409
    assert (await admin.get(path)).status_code == 200


async def test_a_change_that_does_not_fit_the_role_is_refused(world: World) -> None:
    admin = await world.signed_in("admin")
    path = f"/api/v1/accounts/{account_id(world.ports.secret, 'donghu')}"
    answer = await admin.patch(path, json={"role": "partner"}, headers={"Idempotency-Key": "a", "If-Match": '"1"'})
    assert answer.status_code == 422
    assert (await admin.get(path)).json()["revision"] == 1


async def test_seeding_again_makes_nothing(world: World) -> None:
    assert await seed_accounts(world.ports, world.peers["notify"]) == []
    assert {each.role for each in world.sign_ins.values()} == {
        "officer", "bureau_officer", "manager", "policy_editor", "reviewer", "partner", "administrator",
    }  # fmt: skip
    assert world.sign_ins["donghu"].describe() == "陈思远 招商专员 东湖新技术开发区"
    assert world.sign_ins["partner-b"].describe().endswith("引荐机构")
    assert len({each.password for each in world.sign_ins.values()}) == len(world.sign_ins)


async def test_a_first_start_that_broke_off_gives_new_passwords(world: World) -> None:
    await world.ports.store.erase("marks", "first-accounts")
    again = {each.account: each for each in await seed_accounts(world.ports, world.peers["notify"])}
    assert set(again) == set(world.sign_ins)
    old = await world.browser().post(
        "/api/v1/sessions", json={"account": "donghu", "password": world.sign_ins["donghu"].password}
    )
    assert old.status_code == 401
    world.sign_ins.update(again)
    await world.signed_in("donghu")


async def test_passwords_are_hashed_as_agreed() -> None:
    passwords = Passwords()
    stored = await passwords.hash("a-long-enough-one")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(stored, "a-long-enough-one")
    assert not await passwords.verify(stored, "a-long-enough-onE")
    assert not await passwords.verify(None, "a-long-enough-one")
    assert len({random_password() for _ in range(100)}) == 100
    passwords.close()
