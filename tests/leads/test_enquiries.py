"""An enquiry becomes a lead, once, whatever breaks off; its visitor learns nothing of what the zone knows."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from contracts.gateway import AccountChanged
from contracts.leads import LeadsAudited
from kit.store.port import Scope
from services.leads import enquiry_steps
from services.leads.people import remember_account
from services.leads.repository import CONTACTS, ENQUIRIES
from tests.leads.conftest import Team
from tests.leads.test_portal import told

ALL = Scope.system("tests")
PAIRS = 60
"""Interleaved, so that a busy machine is as slow to both."""


def enquiry(**changes: Any) -> dict[str, Any]:
    """A complete enquiry."""
    body = {
        "zone": "jingkai", "organisation": "示例咨询有限公司", "name": "钱多多", "phone": "13933334444",
        "question": "厂房租金怎么补？", "facts": {"jobs": 120}, "consent": True,
    }  # fmt: skip
    return body | changes


async def ask(team: Team, *, key: str = "nonce-1", **changes: Any) -> Any:
    response = await team[""].send("POST", "/enquiries", json=enquiry(**changes), key=key)
    assert response.status_code == 201, response.text
    await enquiry_steps.sweep(team.ports)
    return response.json()


async def tracked(team: Team, code: str) -> Any:
    response = await team[""].send("POST", "/enquiries/track", json={"code": code})
    assert response.status_code == 200, response.text
    return response.json()


async def test_an_enquiry_becomes_a_lead_with_its_facts_contact_and_clock(team: Team) -> None:
    receipt = await ask(team, decision="00000000-0000-8000-8000-000000000001")
    [item] = (await team["jingkai"].get("/leads"))["items"]
    lead = await team["jingkai"].get(f"/leads/{item['id']}")
    assert (lead["office"], lead["source_mode"], lead["origin"]) == ("jingkai", "enquiry", "enquiry")
    assert lead["facts"]["jobs"]["source"]["kind"] == "visitor"
    assert lead["decision"] == "00000000-0000-8000-8000-000000000001"
    assert [contact["phone_masked"] for contact in lead["contacts"]] == ["139****4444"]
    assert [(each["legal_basis"], each["notice_given"]) for each in lead["contacts"]] == [("consent", "form")]
    assert receipt["respond_by"] in [clock["due_at"] for clock in lead["clocks"]]
    assert (await team["donghu"].get("/enquiries"))["items"] == []


async def test_the_answer_meets_the_clock_and_reaches_whoever_has_the_code(team: Team) -> None:
    code = (await ask(team))["code"]
    assert (await tracked(team, code))["state"] == "received"
    [item] = (await team["jingkai"].get("/enquiries"))["items"]
    path, body = f"/enquiries/{item['id']}/answer", {"text": "按租金的一半补三年。"}
    assert (await team["donghu"].send("POST", path, json=body, match=item["revision"])).status_code == 404
    for _ in range(2):
        answered = await team["jingkai"].send("POST", path, json=body, match=item["revision"], key="answer")
        assert answered.status_code == 200, answered.text
    await enquiry_steps.sweep(team.ports)
    seen = await tracked(team, code.lower().replace("-", ""))
    assert (seen["state"], [each["text"] for each in seen["replies"]]) == ("answered", ["按租金的一半补三年。"])
    assert "by" not in seen["replies"][0]
    lead = await team["jingkai"].get(f"/leads/{item['lead_id']}")
    assert [clock["met_at"] is not None for clock in lead["clocks"] if clock["kind"] == "respond"] == [True]


async def test_a_double_click_is_one_enquiry_with_one_code(team: Team) -> None:
    first, second = await ask(team), await ask(team)
    assert first == second
    assert len((await team["jingkai"].get("/enquiries"))["items"]) == 1
    assert len((await team["jingkai"].get("/leads"))["items"]) == 1
    other = await team[""].send("POST", "/enquiries", json=enquiry(question="别的问题"), key="nonce-1")
    assert other.status_code == 422


async def test_the_code_is_stored_nowhere(team: Team) -> None:
    code = (await ask(team))["code"].replace("-", "")
    async for record in team.ports.store.scan(ENQUIRIES.name, ALL):
        assert code not in str(record.body)
        assert "13933334444" not in str(record.body)
        assert record.body["person"] is None


async def test_a_visitor_cannot_tell_whether_the_investor_is_known(team: Team) -> None:
    unknown = await ask(team, key="nonce-1", organisation="从未听说有限公司")
    await team["jingkai"].register(investor={"name": "示例咨询有限公司"}, title="示例咨询有限公司咨询")
    known = await ask(team, key="nonce-2")
    assert unknown.keys() == known.keys()
    assert unknown["respond_by"] == known["respond_by"]
    one, other = await tracked(team, unknown["code"]), await tracked(team, known["code"])
    assert {**one, "received_at": ""}.keys() == {**other, "received_at": ""}.keys()


async def test_a_repeat_belongs_to_the_lead_there_is_and_starts_its_clock_anew(team: Team) -> None:
    await ask(team)
    [item] = (await team["jingkai"].get("/enquiries"))["items"]
    await team["jingkai"].send("POST", f"/leads/{item['lead_id']}/follow-ups", json={"text": "已电话沟通"})
    team.clock.advance(timedelta(days=1))
    again = await ask(team, key="nonce-2", name="孙丽", phone="13955556666")
    items = (await team["jingkai"].get("/enquiries", lead_id=item["lead_id"]))["items"]
    assert len(items) == 2
    lead = await team["jingkai"].get(f"/leads/{item['lead_id']}")
    assert len(lead["contacts"]) == 2
    [respond] = [clock for clock in lead["clocks"] if clock["kind"] == "respond"]
    assert (respond["met_at"], respond["due_at"]) == (None, again["respond_by"])


@pytest.mark.parametrize("code", ["0000-0000-0000-0000", "x", "7K3M-9QXT-04WB-ZD5H"])
async def test_wrong_codes_look_alike(team: Team, code: str) -> None:
    await ask(team)
    response = await team[""].send("POST", "/enquiries/track", json={"code": code})
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/enquiry-not-found"


async def test_a_visitor_adds_one_message_and_withdraws(team: Team) -> None:
    code = (await ask(team))["code"]
    add = await team[""].send("POST", "/enquiries/track/message", json={"code": code, "text": "另需宿舍"}, key="m")
    assert add.json()["message"] == "另需宿舍"
    more = await team[""].send("POST", "/enquiries/track/message", json={"code": code, "text": "再加"}, key="n")
    assert more.status_code == 409
    gone = await team[""].send("POST", "/enquiries/track/withdraw", json={"code": code}, key="w")
    assert gone.json()["withdrawn_at"] is not None
    await enquiry_steps.sweep(team.ports)
    [item] = (await team["jingkai"].get("/leads"))["items"]
    assert item["todo"] == [enquiry_steps.ERASE]


async def test_who_withdraws_before_the_lead_exists_leaves_no_contact(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(enquiry_steps, "finish", _broken_off)
        code = (await ask(team))["code"]
        await team[""].send("POST", "/enquiries/track/withdraw", json={"code": code})
    await enquiry_steps.sweep(team.ports)
    assert [record async for record in team.ports.store.scan(CONTACTS.name, ALL)] == []


@pytest.mark.parametrize("broken", ["save", "destroy"])
async def test_one_that_broke_off_is_finished_once(team: Team, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    target = enquiry_steps if broken == "save" else type(team.ports.vault)
    with monkeypatch.context() as patch:
        patch.setattr(
            target, "enquiry_record" if broken == "save" else "destroy", _dies if broken == "save" else _dies_later
        )
        await ask(team)
    for _ in range(2):
        await enquiry_steps.sweep(team.ports)
    assert len((await team["jingkai"].get("/leads"))["items"]) == 1
    [item] = (await team["jingkai"].get("/enquiries"))["items"]
    lead = await team["jingkai"].get(f"/leads/{item['lead_id']}")
    assert (len(lead["contacts"]), lead["revision"]) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"consent": False}, {"phone": None}, {"zone": "elsewhere"}, {"extra": 1},
        {"organisation": " \u3000"}, {"name": "   "}, {"question": "\n\n"}, {"phone": "     "},
        {"decision": ""}, {"decision": "../policies"}, {"decision": ".."},
    ],
)  # fmt: skip
async def test_what_is_missing_is_refused(team: Team, wrong: dict[str, Any]) -> None:
    response = await team[""].send("POST", "/enquiries", json=enquiry(**wrong))
    assert response.status_code == 422


async def _broken_off(*_args: Any) -> None:
    """The process dies before the first step."""


def _dies(*_args: Any) -> None:
    raise RuntimeError("the process dies here")


async def _dies_later(*_args: Any) -> None:
    raise RuntimeError("the process dies here")


async def test_the_lead_goes_to_who_is_on_duty_as_long_as_they_may_have_it(team: Team) -> None:
    for sequence, active in ((1, True), (2, False)):
        account = AccountChanged(
            account="jingkai", role="officer", zones=["jingkai"], org=None, active=active, locale="zh-CN"
        )
        await remember_account(team.ports, account, sequence)
        if active:
            done = await team["jingkai"].send("PUT", "/duties/jingkai", json={"officer": "jingkai"})
            assert done.status_code == 200, done.text
        await ask(team, key=f"nonce-{sequence}", organisation=f"值班测试{sequence}有限公司")
    owners = {lead["title"]: lead["owner"] for lead in (await team["jingkai"].get("/leads"))["items"]}
    assert owners == {"值班测试1有限公司咨询": "jingkai", "值班测试2有限公司咨询": ""}
    refused = await team["donghu"].send("PUT", "/duties/jingkai", json={"officer": None})
    assert refused.status_code == 403
    nobody = await team["jingkai"].send("PUT", "/duties/jingkai", json={"officer": "donghu"})
    assert nobody.status_code == 422


async def test_the_log_hears_of_enquiries_withdrawals_and_who_is_on_duty(team: Team) -> None:
    code = (await ask(team))["code"]
    for key in ("one", "two"):
        await team[""].send("POST", "/enquiries/track/withdraw", json={"code": code}, key=key)
    account = AccountChanged(
        account="jingkai", role="officer", zones=["jingkai"], org=None, active=True, locale="zh-CN"
    )
    await remember_account(team.ports, account, 1)
    for officer in ("jingkai", None):
        await team["jingkai"].send("PUT", "/duties/jingkai", json={"officer": officer})
    acts = [each.data for each in await told(team) if each.type == LeadsAudited.event_type]
    assert sorted((act["what"], act["who"], act["role"]) for act in acts) == [
        ("duty.set", "jingkai", "officer"),
        ("duty.set", "jingkai", "officer"),
        ("enquiry.received", "", "anonymous"),
        ("enquiry.withdrawn", "", "anonymous"),
    ]
    ends = [(each["field"], each["before"], each["after"]) for act in acts for each in act["changes"]]
    assert ends == [("officer", None, "jingkai"), ("officer", "jingkai", None)]
    assert {act["office"] for act in acts} == {"jingkai"}
    assert not any(word in str(acts) for word in ("钱多多", "13933334444", "厂房租金", code))


async def test_an_answer_takes_as_long_whether_the_investor_is_known_or_not(team: Team) -> None:
    await team["jingkai"].register(investor={"name": "示例咨询有限公司"}, title="示例咨询有限公司咨询")
    # Other work on the machine slows both of a pair; the first pairs pay for what is cached afterwards.
    ratios = []
    for number in range(PAIRS):
        spent: dict[bool, float] = {}
        for known in (number % 2 == 0, number % 2 == 1):
            name = "示例咨询有限公司" if known else f"从未听说{number:03}公司"
            started = perf_counter()
            response = await team[""].send(
                "POST", "/enquiries", json=enquiry(organisation=name), key=f"nonce-{number}-{known}"
            )
            spent[known] = perf_counter() - started
            assert (response.status_code, response.json().keys()) == (201, {"id", "code", "received_at", "respond_by"})
            await enquiry_steps.sweep(team.ports)
        ratios.append(spent[True] / spent[False])
    assert 1 / 1.2 <= median(ratios[5:]) <= 1.2, ratios


async def test_how_far_an_enquiry_is_does_not_tell_of_the_lead_before_it(team: Team) -> None:
    known = await team["jingkai"].register(investor={"name": "示例咨询有限公司"}, title="示例咨询有限公司咨询")
    closing = {"to": "closed", "reason": "暂不推进"}
    await team["jingkai"].send("POST", f"/leads/{known['id']}/stage", json=closing, match=known["revision"])
    team.clock.advance(timedelta(hours=1))
    asked = await ask(team)
    assert (await tracked(team, asked["code"]))["state"] == "received"
    team.clock.advance(timedelta(hours=1))
    for step in ({"to": "resume", "reason": "重新来访"}, closing):
        revision = (await team["jingkai"].get(f"/leads/{known['id']}"))["revision"]
        await team["jingkai"].send("POST", f"/leads/{known['id']}/stage", json=step, match=revision)
    assert (await tracked(team, asked["code"]))["state"] == "closed"
