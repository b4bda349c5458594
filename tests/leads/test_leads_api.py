"""Registering, reading, changing and moving leads, as officers do it over HTTP."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from contracts.leads import LeadChanged, LeadRegistered, LeadsAudited
from contracts.vocabulary.facts import FACTS
from tests.leads.conftest import Team, lead_body


async def events(team: Team) -> list[Any]:
    """Everything the service has said of leads and imports."""
    subscription = await team.ports.bus.subscribe("test-reader", ["quce.leads"])
    heard: list[Any] = []
    while batch := await subscription.poll(100, 0.3):
        heard += batch
    return [delivery.value for delivery in heard if b"cutoff_passed" not in delivery.value]


async def test_a_registered_lead_reads_back_with_its_clocks(team: Team) -> None:
    receipt = await team["jingkai"].register()
    assert receipt["revision"] == 1
    assert [clock["kind"] for clock in receipt["clocks"]] == ["respond", "protect"]
    lead = await team["jingkai"].get(f"/leads/{receipt['id']}")
    assert lead["investor"]["name"] == "示例汽车电子有限公司"
    assert lead["fixed_asset_investment"]["low"] == 35_000_000_000
    assert lead["facts"]["land_mu"]["value"] == 80_000_000
    assert lead["clocks"][0]["due_at"] == "2026-11-24T02:00:00.000000Z"


async def test_the_event_says_everything_but_people(team: Team) -> None:
    await team["jingkai"].register(
        contact={"name": "王建国", "phone": "13812341234", "email": "wang@example.com"}, referrer="李引荐"
    )
    value, audit = await events(team)
    assert LeadRegistered.event_type.encode() in value
    assert LeadsAudited.event_type.encode() in audit
    for secret in ("王建国", "13812341234", "wang@example.com", "李引荐", "会谈纪要"):
        assert secret.encode() not in value + audit


async def test_contacts_are_masked_on_screen_and_sealed_on_disk(team: Team) -> None:
    receipt = await team["jingkai"].register(contact={"name": "王建国", "phone": "138 1234 1234"})
    lead = await team["jingkai"].get(f"/leads/{receipt['id']}")
    (contact,) = lead["contacts"]
    assert contact["phone_masked"] == "138****1234"
    files = list(team.ports.settings.data.glob("leads.db*"))
    content = b"".join([await asyncio.to_thread(path.read_bytes) for path in files])
    assert "智能车载终端项目".encode() in content
    assert "王建国".encode() not in content
    assert b"12341234" not in content


async def test_the_same_key_registers_once(team: Team) -> None:
    officer = team["jingkai"]
    answers = await asyncio.gather(*(officer.send("POST", "/leads", key="same", json=lead_body()) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await officer.get("/leads"))["items"]) == 1


async def test_the_same_key_for_another_body_is_refused(team: Team) -> None:
    officer = team["jingkai"]
    await officer.send("POST", "/leads", key="same", json=lead_body())
    other = await officer.send("POST", "/leads", key="same", json=lead_body(title="另一个项目"))
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-mismatch"


async def test_a_repeat_in_the_same_office_is_named_and_refused(team: Team) -> None:
    first = await team["jingkai"].register()
    again = await team["jingkai"].send("POST", "/leads", json=lead_body(title="智能车载终端"))
    assert again.status_code == 409
    assert again.json()["lead"] == first["id"]


async def test_another_zone_registers_the_same_without_learning_anything(team: Team) -> None:
    await team["jingkai"].register()
    receipt = await team["donghu"].register(zone="donghu")
    assert receipt["revision"] == 1
    assert len((await team["donghu"].get("/leads"))["items"]) == 1
    assert len((await team["bureau"].get("/leads"))["items"]) == 2
    assert len((await team["bureau"].get("/investors"))["items"]) == 1


async def test_foreign_leads_do_not_exist(team: Team) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}"
    for attempt in (
        await team["donghu"].send("GET", path),
        await team["donghu"].send("PATCH", path, match=1, json={"title": "抢"}),
        await team["donghu"].send("POST", f"{path}/stage", match=1, json={"to": "assessing"}),
        await team["donghu"].send("POST", f"{path}/follow-ups", json={"text": "抢"}),
        await team["donghu"].send("GET", f"{path}/timeline"),
    ):
        assert attempt.status_code == 404
    assert (await team["donghu"].get("/leads", q="智能车载"))["items"] == []
    assert sum(column["count"] for column in (await team["donghu"].get("/leads/board"))["columns"]) == 0


@pytest.mark.parametrize(("who", "status"), [("", 401), ("partner", 403), ("manager", 403)])
async def test_only_officers_register(team: Team, who: str, status: int) -> None:
    answer = await team[who].send("POST", "/leads", json=lead_body())
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"facts": {"job": 3}}, "facts.job"),
        ({"facts": {"fixed_asset_investment": "负三亿"}}, "facts.fixed_asset_investment"),
        ({"facts": {"fixed_asset_investment": "999999万亿元"}}, "facts.fixed_asset_investment"),
        ({"facts": {"land_mu": -1}}, "facts.land_mu"),
        (
            {"investor": {"name": "甲", "unified_social_credit_code": "914201001"}},
            "investor.unified_social_credit_code",
        ),
        ({"first_contact": {"date": "2027-01-01"}}, "first_contact.date"),
        ({"title": "   "}, "title"),
        ({"unknown": 1}, "unknown"),
        ({"source_mode": "magic"}, "source_mode"),
    ],
)
async def test_bad_input_says_where_and_stores_nothing(team: Team, changes: dict[str, Any], path: str) -> None:
    answer = await team["jingkai"].send("POST", "/leads", json=lead_body(**changes))
    assert answer.status_code == 422
    assert any(path in error["path"] for error in answer.json()["errors"])
    assert (await team["jingkai"].get("/leads"))["items"] == []


async def test_a_missing_key_and_a_missing_revision_are_asked_for(team: Team) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}"
    no_match = await team["jingkai"].send("PATCH", path, json={"title": "新"})
    assert no_match.status_code == 428
    stale = await team["jingkai"].send("PATCH", path, match=7, json={"title": "新"})
    assert stale.status_code == 412
    no_key = await team["jingkai"].send("POST", "/leads", key="", json=lead_body())
    assert no_key.status_code == 400


async def test_changes_show_before_and_after(team: Team) -> None:
    receipt = await team["jingkai"].register()
    changed = await team["jingkai"].send(
        "PATCH",
        f"/leads/{receipt['id']}",
        match=1,
        json={"facts": {"jobs": 500, "land_mu": None}, "title": "车载终端二期"},
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    timeline = (await team["jingkai"].get(f"/leads/{receipt['id']}/timeline"))["items"]
    changes = {change["field"]: (change["before"], change["after"]) for change in timeline[0]["changes"]}
    assert changes == {
        "facts.jobs": (300, 500),
        "facts.land_mu": (80_000_000, None),
        "title": ("智能车载终端项目", "车载终端二期"),
    }


async def test_a_repeated_change_replays_its_receipt(team: Team) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}/stage"
    first = await team["jingkai"].send("POST", path, match=1, key="m", json={"to": "assessing"})
    again = await team["jingkai"].send("POST", path, match=1, key="m", json={"to": "assessing"})
    assert first.json() == again.json()
    assert len([value for value in await events(team) if LeadChanged.event_type.encode() in value]) == 1


async def test_of_many_concurrent_changes_one_wins(team: Team) -> None:
    receipt = await team["jingkai"].register()
    answers = await asyncio.gather(
        *(
            team["jingkai"].send("PATCH", f"/leads/{receipt['id']}", match=1, json={"title": f"第{n}版"})
            for n in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 19]


async def test_an_illegal_move_says_what_is_legal(team: Team) -> None:
    receipt = await team["jingkai"].register()
    answer = await team["jingkai"].send("POST", f"/leads/{receipt['id']}/stage", match=1, json={"to": "in_production"})
    assert answer.status_code == 409
    assert "研判" in answer.json()["detail"]


async def test_signing_needs_an_amount_and_keeps_it(team: Team) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}/stage"
    officer = team["jingkai"]
    await officer.send("POST", path, match=1, json={"to": "negotiating"})
    without = await officer.send("POST", path, match=2, json={"to": "signed"})
    assert without.status_code == 422
    signed = await officer.send(
        "POST", path, match=2, json={"to": "signed", "signed_amount": "3.2亿元", "on": "2026-11-20"}
    )
    assert signed.status_code == 200
    lead = await officer.get(f"/leads/{receipt['id']}")
    assert lead["signed_amount"]["low"] == 32_000_000_000
    assert lead["signed_on"] == "2026-11-20"


async def test_a_follow_up_meets_the_respond_clock_once(team: Team) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}/follow-ups"
    team.clock.advance(timedelta(hours=2))
    for _ in range(3):
        note = await team["jingkai"].send("POST", path, key="n", json={"text": "已电话联系", "next_plan": "周五上门"})
        assert note.status_code == 201
    lead = await team["jingkai"].get(f"/leads/{receipt['id']}")
    respond = next(clock for clock in lead["clocks"] if clock["kind"] == "respond")
    assert respond["met_at"] == "2026-11-23T04:00:00.000000Z"
    assert lead["next_plan"] == "周五上门"
    assert len((await team["jingkai"].get(path))["items"]) == 1
    assert lead["revision"] == 2


async def test_putting_aside_stops_the_clocks_and_resuming_returns(team: Team) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}/stage"
    assert (await team["jingkai"].send("POST", path, match=1, json={"to": "on_hold"})).status_code == 422
    held = await team["jingkai"].send("POST", path, match=1, json={"to": "on_hold", "reason": "企业融资未完成"})
    assert held.json()["state"] == "on_hold"
    assert all(clock["met_at"] for clock in held.json()["clocks"])
    back = await team["jingkai"].send("POST", path, match=2, json={"to": "resume", "reason": "融资到位"})
    assert (back.json()["state"], back.json()["stage"]) == ("active", "new")


async def test_lists_filter_sort_and_page(team: Team) -> None:
    for number in range(7):
        await team["bureau"].register(
            title=f"项目{number}号",
            zone="donghu" if number % 2 else "jingkai",
            facts={"total_investment": f"{number + 1}亿元"},
        )
    bureau = team["bureau"]
    page = await bureau.get("/leads", sort="-amount", limit=3)
    assert [item["title"] for item in page["items"]] == ["项目6号", "项目5号", "项目4号"]
    rest = await bureau.get("/leads", sort="-amount", limit=10, cursor=page["next"])
    assert [item["title"] for item in rest["items"]] == ["项目3号", "项目2号", "项目1号", "项目0号"]
    assert len((await bureau.get("/leads", zone="donghu"))["items"]) == 3
    assert [item["title"] for item in (await bureau.get("/leads", q="xm3h"))["items"]] == ["项目3号"]
    board = await bureau.get("/leads/board")
    assert board["columns"][0] == {"stage": "new", "count": 7, "total_fen": 280_000_000_000}
    assert (await team["jingkai"].get("/leads"))["items"][0]["zone"] == "jingkai"


async def test_a_confidential_lead_goes_by_a_code_name(team: Team) -> None:
    await team["jingkai"].register(confidential=True)
    value, audit = await events(team)
    for secret in ("智能车载终端项目", "示例汽车电子有限公司"):
        assert secret.encode() not in value + audit


async def test_a_path_names_fields_not_types(team: Team) -> None:
    answer = await team["jingkai"].send("POST", "/leads", json=lead_body(facts={"fixed_asset_investment": -5}))
    assert [error["path"] for error in answer.json()["errors"]] == ["facts.fixed_asset_investment"]


async def test_every_fact_may_be_changed_at_once(team: Team) -> None:
    officer = team["jingkai"]
    receipt = await officer.register(facts={})
    plain = {"amount": "3亿元", "integer": 3, "decimal": "3", "ratio": "3%", "boolean": True, "date": "2026-11-01"}
    facts = {
        name: {
            **plain,
            "code": "3962",
            "choice": next(iter(fact.choices), ""),
            "tags": list(fact.choices)[:1],
            "text": "甲",
        }[fact.kind]
        for name, fact in FACTS.items()
    }
    headers = {"If-Match": f'"{receipt["revision"]}"'}
    answer = await officer.send("PATCH", f"/leads/{receipt['id']}", json={"facts": facts}, headers=headers)
    assert answer.status_code == 200, answer.text
    said = [json.loads(value)["data"] for value in await events(team) if b"lead.changed" in value]
    [changes] = [each["changes"] for each in said if "changes" in each]
    assert {each["field"] for each in changes} == {f"facts.{name}" for name in FACTS}
