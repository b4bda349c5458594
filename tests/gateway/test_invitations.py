"""Inviting people: who may invite whom, what the link is worth, what is kept of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest

from gateway.model import account_id
from gateway.repository import Repository
from kit.store.port import Scope
from tests.gateway.conftest import World

ALL = Scope.system("tests")
OFFICER: dict[str, Any] = {"sign_in": "caidian", "name": "李晓明", "role": "officer", "zones": ["caidian"]}
PARTNER: dict[str, Any] = {
    "sign_in": "guest",
    "name": "来宾",
    "role": "partner",
    "organisation": {"name": "示例光电有限公司", "kind": "investor"},
    "email": "guest@example.com",
}
CHOSEN = "a-long-enough-one"


async def invite(browser: httpx.AsyncClient, body: dict[str, Any], key: str = "k") -> httpx.Response:
    return await browser.post("/api/v1/invitations", json=body, headers={"Idempotency-Key": key})


async def accept(world: World, link: str, password: str = CHOSEN) -> httpx.Response:
    body = {"code": link.partition("code=")[2], "password": password}
    return await world.browser().post("/api/v1/invitations/accept", json=body)


async def sign_in(world: World, account: str, password: str = CHOSEN) -> httpx.Response:
    return await world.browser().post("/api/v1/sessions", json={"account": account, "password": password})


async def test_a_link_lets_its_reader_choose_a_password_once(world: World) -> None:
    admin = await world.signed_in("admin")
    made = await invite(admin, OFFICER)
    assert made.status_code == 201, made.text
    link = made.json()["link"]
    assert len(link.partition("code=")[2]) >= 32 + 22, "128 bits and more beside the id"
    assert (await invite(admin, OFFICER)).json() == made.json() | {"link": None}
    shown = (await admin.get(f"/api/v1/accounts/{made.json()['id']}")).json()
    assert (shown["state"], shown["invited_by"]) == ("invited", account_id(world.ports.secret, "admin"))
    assert (await sign_in(world, "caidian", "")).status_code == 422
    assert (await sign_in(world, "caidian")).status_code == 401
    assert (await accept(world, link, "short")).status_code == 422
    accepted = await accept(world, link)
    assert accepted.json() == {"sign_in": "caidian"}
    assert (await sign_in(world, "caidian")).status_code == 201
    for password in (CHOSEN, "another-long-one"):
        again = await accept(world, link, password)
        assert (again.status_code, again.json()["type"]) == (404, "/problems/invitation-invalid")
    what = [each["what"] for each in await world.told()]
    assert {"account.invited", "invitation.accepted"} <= set(what)
    assert what.count("session.opened") == 2


async def test_only_the_digest_of_the_code_is_kept_and_none_of_it_is_told(world: World) -> None:
    admin = await world.signed_in("admin")
    made = (await invite(admin, PARTNER)).json()
    code = made["link"].partition("code=")[2]
    record = await world.app.state.repository.account_record(made["id"])
    assert code[32:] not in str(record)
    assert code[32:] not in str(await world.told())


async def test_of_two_who_open_a_link_at_once_one_chooses(world: World) -> None:
    link = (await invite(await world.signed_in("admin"), OFFICER)).json()["link"]
    chosen = [f"{CHOSEN}-{number}" for number in range(4)]
    answers = await asyncio.gather(*(accept(world, link, each) for each in chosen))
    assert sorted(each.status_code for each in answers) == [200, 404, 404, 404]
    opens = [(await sign_in(world, "caidian", each)).status_code for each in chosen]
    assert [each.status_code == 200 for each in answers] == [each == 201 for each in opens]


async def test_a_link_ends_after_seven_days_when_renewed_and_when_disabled(world: World) -> None:
    admin = await world.signed_in("admin")
    old = (await invite(admin, OFFICER)).json()
    renewed = await world.change(admin, f"/accounts/{old['id']}/invitation")
    assert (await accept(world, old["link"])).status_code == 404
    late = (await invite(admin, PARTNER)).json()
    world.clock.advance(timedelta(days=7, minutes=1))
    assert (await accept(world, renewed.json()["link"])).status_code == 404
    assert (await accept(world, late["link"])).status_code == 404
    admin = await world.signed_in("admin")
    fresh = (await world.change(admin, f"/accounts/{old['id']}/invitation")).json()["link"]
    assert (await world.change(admin, f"/accounts/{old['id']}", {"active": False}, "PATCH")).status_code == 200
    assert (await accept(world, fresh)).status_code == 404
    assert (await world.change(admin, f"/accounts/{old['id']}/invitation")).status_code == 409


@pytest.mark.parametrize("code", ["", "x", "0" * 64, "../" * 20, "é" * 50])
async def test_what_is_no_code_opens_nothing(world: World, code: str) -> None:
    answer = await world.browser().post("/api/v1/invitations/accept", json={"code": code, "password": CHOSEN})
    assert answer.status_code in (404, 422)
    assert (await world.browser().get("/invitation", params={"code": code})).status_code in (200, 404)


async def test_officers_invite_partners_see_and_disable_them_and_no_others(world: World) -> None:
    officer, other = await world.signed_in("donghu"), await world.signed_in("jingkai")
    assert (await invite(officer, OFFICER)).status_code == 403
    assert (await invite(await world.signed_in("manager"), PARTNER)).status_code == 403
    made = (await invite(officer, PARTNER)).json()
    path = f"/accounts/{made['id']}"
    mine = (await officer.get("/api/v1/accounts", params={"invited": True})).json()["items"]
    assert [(each["name"], each["state"]) for each in mine] == [("来宾", "invited")]
    assert (await other.get("/api/v1/accounts", params={"invited": True})).json()["items"] == []
    assert (await other.get(f"/api/v1{path}")).status_code == 404
    assert (await world.change(other, path, {"active": False}, "PATCH")).status_code == 404
    assert (await world.change(officer, path, {"role": "officer", "zones": ["donghu"]}, "PATCH")).status_code == 403
    assert (await world.change(officer, f"{path}/password-reset")).status_code == 403
    assert (await world.change(officer, path, {"active": False}, "PATCH")).status_code == 200
    assert (await world.change(officer, path, {"active": True}, "PATCH")).status_code == 403
    (told,) = [each for each in await world.told() if each["what"] == "account.disabled"]
    assert (told["subject"], told["office"]) == (f"account:{made['id']}", "city")
    assert told["changes"] == [{"field": "active", "before": "true", "after": "false"}]
    own = account_id(world.ports.secret, "donghu")
    assert (await world.change(officer, f"/accounts/{own}", {"active": False}, "PATCH")).status_code == 403


@pytest.mark.parametrize("promoted", [{"role": "administrator"}, {"role": "officer", "zones": ["donghu"]}])
async def test_who_is_no_guest_any_more_is_out_of_their_hosts_hands(world: World, promoted: dict[str, Any]) -> None:
    officer, admin = await world.signed_in("donghu"), await world.signed_in("admin")
    path = f"/accounts/{(await invite(officer, PARTNER)).json()['id']}"
    changed = await world.change(admin, path, promoted | {"organisation": None}, "PATCH")
    assert changed.status_code == 200, changed.text
    renewed = await world.change(officer, f"{path}/invitation")
    assert renewed.status_code == 404, "the link would make the host an administrator"
    assert (await world.change(officer, path, {"active": False}, "PATCH")).status_code in (403, 404)
    assert (await officer.get("/api/v1/accounts", params={"invited": True})).json()["items"] == []
    assert "sign_in" not in (await officer.get(f"/api/v1{path}")).json()


async def test_the_same_organisation_is_the_same(world: World) -> None:
    officer = await world.signed_in("donghu")
    ids = set()
    for number in range(2):
        made = (await invite(officer, PARTNER | {"sign_in": f"guest{number}"}, f"k{number}")).json()
        ids.add((await officer.get(f"/api/v1/accounts/{made['id']}")).json()["organisation"]["id"])
    assert len(ids) == 1


async def test_a_zone_invites_into_no_organisation_of_anothers(world: World) -> None:
    """Whoever invites sees the link, and could read as the guest what another zone shares with the organisation."""
    hosts = {who: await world.signed_in(who) for who in ("donghu", "jingkai", "bureau", "admin")}
    ids: dict[str, str] = {}
    for who, browser in hosts.items():
        made = (await invite(browser, PARTNER | {"sign_in": f"guest-{who}"})).json()
        ids[who] = (await browser.get(f"/api/v1/accounts/{made['id']}")).json()["organisation"]["id"]
    assert ids["bureau"] == ids["admin"]
    assert len({ids["donghu"], ids["jingkai"], ids["admin"]}) == 3
    for who, status in (("jingkai", 403), ("bureau", 201), ("admin", 201)):
        named = {**PARTNER["organisation"], "id": ids["donghu"]}
        body = PARTNER | {"sign_in": f"joined-{who}", "organisation": named}
        assert (await invite(hosts[who], body, "joined")).status_code == status, who


async def test_the_link_is_mailed_and_its_code_forgotten_when_the_mail_has_gone(world: World) -> None:
    officer = await world.signed_in("donghu")
    made = (await invite(officer, PARTNER)).json()
    assert made["mailed"]
    folder = world.notify.settings.data / "mail"
    for _ in range(200):
        kept = [each.body async for each in world.notify.store.scan("deliveries", ALL)]
        if kept and kept[0]["state"] == "sent":
            break
        await _pause()
    assert [(each["kind"], each["link"]) for each in kept] == [("account.invited", "/invitation")]
    text = next(folder.glob("*.eml")).read_bytes()
    assert _body(text).count("/invitation?code=") == 1
    assert "来宾" in _body(text)
    assert "示例光电" not in _body(text)


async def test_without_an_address_nothing_is_mailed(world: World) -> None:
    officer = await world.signed_in("donghu")
    body = {name: value for name, value in PARTNER.items() if name != "email"}
    made = (await invite(officer, body)).json()
    assert not made["mailed"]
    renewed = (await world.change(officer, f"/accounts/{made['id']}/invitation")).json()
    assert (renewed["mailed"], renewed["link"] is None) == (False, False)
    assert [each async for each in world.notify.store.scan("deliveries", ALL)] == []


def _body(mail: bytes) -> str:
    message = message_from_bytes(mail, policy=policy.default)
    return str(message.get_content())


async def _pause() -> None:
    await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("host", "offered"),
    [
        ("donghu", {"donghu", "manager-donghu", "bureau", "manager"}),
        ("bureau", {"donghu", "manager-donghu", "bureau", "manager", "hanyang"}),
        ("admin", {"donghu", "manager-donghu", "bureau", "manager", "hanyang"}),
    ],
)
async def test_zones_are_not_offered_whom_another_one_brought_in(world: World, host: str, offered: set[str]) -> None:
    made = (await invite(await world.signed_in(host), PARTNER)).json()["id"]
    repository: Repository = world.app.state.repository
    guest = await repository.account(made)
    assert guest is not None
    people = ("donghu", "manager-donghu", "bureau", "manager", "hanyang")
    accounts = [await repository.account(account_id(world.ports.secret, who)) for who in people]
    assert {each.sign_in for each in accounts if each and guest.offered_to(each.principal())} == offered
