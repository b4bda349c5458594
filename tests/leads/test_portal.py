"""What partners follow: the leads that are shared with them and their own enquiries, and nothing beside."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.gateway import AccountChanged
from contracts.leads import LeadsAudited, PartnerAnswered
from kit.auth import Principal
from kit.events import Event
from kit.store.port import Scope
from services.leads import enquiry_steps, portal, sharing
from services.leads.people import remember_account
from services.leads.repository import ANSWERS, CONTACTS, FOLLOW_UPS, LEADS
from tests.leads.conftest import Team
from tests.leads.test_leads_api import events

ALL = Scope.system("tests")
ACME = {"org": "acme"}
TEXT = "评审会定在下周三。"
HIDDEN = (
    "示例汽车电子有限公司",
    "会谈纪要",
    "只给同事看",
    "91350100M000100Y43",
    "jingkai-officer",
    "汪经理",
    "other-org",
)


@pytest.fixture
async def shared(team: Team) -> Any:
    """A lead that acme follows, with everything about it that is none of their business."""
    for number, org in enumerate(("acme", "other-org")):
        partner = AccountChanged(
            account=f"partner-{org}", role="partner", zones=[], org=org, active=True, locale="zh-CN"
        )
        await remember_account(team.ports, partner, number + 1)
    lead = await team["jingkai"].register(
        summary="只给同事看", referrer="汪经理", contact={"name": "汪经理", "phone": "13911112222"}
    )
    await share(team, lead["id"], {"org": "other-org"})
    await share(team, lead["id"])
    return lead["id"]


async def told(team: Team) -> list[Event]:
    """What the service said."""
    return [Event.decode(value) for value in await events(team)]


async def share(team: Team, id: str, body: dict[str, str] = ACME, act: str = "share", status: int = 200) -> Any:
    revision = (await team["jingkai"].get(f"/leads/{id}"))["revision"]
    done = await team["jingkai"].send("POST", f"/leads/{id}/{act}", json=body, match=revision)
    assert done.status_code == status, done.text
    return done.json()


async def answer(team: Team, id: str, **more: Any) -> Any:
    return await team["jingkai"].send("POST", f"/leads/{id}/answers", json={**ACME, "text": TEXT}, **more)


async def test_a_partner_follows_a_shared_lead_and_nothing_else_of_it(team: Team, shared: str) -> None:
    await team["jingkai"].register(title="别的项目")
    await team["jingkai"].send(
        "POST", f"/leads/{shared}/follow-ups", json={"text": "只给同事看", "next_plan": "只给同事看"}
    )
    await share(team, shared, {"to": "assessing"}, "stage")
    [item] = (await team["partner"].get("/projects"))["items"]
    project = await team["partner"].get(f"/projects/{shared}")
    assert (item["id"], item["title"], item["progress"]) == (shared, "智能车载终端项目", "studying")
    assert item["respond"]["met_at"] is not None
    assert [step["progress"] for step in project["steps"]] == ["received", "studying"]
    assert project["amounts"] == {}
    assert [word for word in HIDDEN if word in str(item) + str(project)] == []
    assert project.keys() == {
        "id", "title", "zone", "progress", "moved_on", "respond", "steps", "amounts", "answers"
    }  # fmt: skip


@pytest.mark.parametrize("path", ["", "/timeline", "/follow-ups", "/answers"])
async def test_the_offices_own_routes_stay_closed(team: Team, shared: str, path: str) -> None:
    assert (await team["partner"].send("GET", f"/leads/{shared}{path}")).status_code == 403


async def test_what_belongs_to_the_lead_and_what_others_hear_is_for_offices_only(team: Team, shared: str) -> None:
    await team["jingkai"].send("POST", f"/leads/{shared}/follow-ups", json={"text": "只给同事看"})
    contact = {"lead_id": shared, "name": "路人甲", "legal_basis": "consent", "notice_given": "in_person"}
    assert (await team["jingkai"].send("POST", "/contacts", json=contact)).status_code == 201
    for collection in (CONTACTS, FOLLOW_UPS):
        readers = [record.readers async for record in team.ports.store.scan(collection.name, ALL)]
        assert readers
        assert {reader for each in readers for reader in each if reader.startswith("org:")} == set()
    record = await team.ports.store.get(LEADS.name, ALL, shared)
    assert record is not None
    assert "org:acme" in record.readers
    for event in await told(team):
        assert not any(reader.startswith("org:") for reader in event.data.get("readers", []))


async def test_an_answer_meets_the_clock_and_reaches_the_partner_it_is_for(team: Team, shared: str) -> None:
    for _ in range(2):
        done = await answer(team, shared, key="answer")
        assert done.status_code == 201, done.text
    project = await team["partner"].get(f"/projects/{shared}")
    assert [each["text"] for each in project["answers"]] == [TEXT]
    assert "by" not in project["answers"][0]
    assert project["respond"]["met_at"] == project["answers"][0]["at"]
    [own] = (await team["jingkai"].get(f"/leads/{shared}/answers"))["items"]
    assert (own["by"], own["org"]) == ("jingkai", "acme")
    other = await team["jingkai"].send("POST", f"/leads/{shared}/answers", json={**ACME, "text": "别的"}, key="answer")
    assert other.status_code == 422
    [news] = [each for each in await told(team) if each.type == PartnerAnswered.event_type]
    assert news.data == {"org": "acme", "about": "project", "id": shared, "title": "智能车载终端项目"}


async def test_erasing_a_contact_removes_them_from_what_was_written_back(team: Team, shared: str) -> None:
    body = {**ACME, "text": "请与汪经理联系，电话 139 1111 2222。"}
    await team["jingkai"].send("POST", f"/leads/{shared}/answers", json=body)
    [contact] = (await team["jingkai"].get(f"/leads/{shared}"))["contacts"]
    path, why = f"/contacts/{contact['id']}", {"reason": "本人要求"}
    kept = (await team["jingkai"].send("POST", f"{path}/export", json=why)).json()
    assert "answer" in {each["source"] for each in kept["occurrences"]}
    gone = await team["jingkai"].send("DELETE", path, json=why, match=contact["revision"])
    assert gone.status_code == 200, gone.text
    [answered] = (await team["partner"].get(f"/projects/{shared}"))["answers"]
    assert answered["text"] == "请与〔已删除〕联系，电话 〔已删除〕。"


async def test_an_answer_to_another_partner_is_not_theirs(team: Team, shared: str) -> None:
    body = {"org": "other-org", "text": "给另一家的话"}
    assert (await team["jingkai"].send("POST", f"/leads/{shared}/answers", json=body)).status_code == 201
    assert (await team["partner"].get(f"/projects/{shared}"))["answers"] == []


async def test_an_answer_that_broke_off_takes_effect_once(
    team: Team, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sharing, "apply", _broken_off)
        assert (await answer(team, shared)).status_code == 201
    [record] = [each async for each in team.ports.store.scan(ANSWERS.name, ALL)]
    assert not record.body["applied"]
    before = (await team["jingkai"].get(f"/leads/{shared}"))["revision"]
    for _ in range(2):
        await sharing.apply(team.ports, record)
    lead = await team["jingkai"].get(f"/leads/{shared}")
    assert lead["revision"] == before + 1
    assert [clock["met_at"] for clock in lead["clocks"] if clock["kind"] == "respond"] == [record.body["at"]]


async def test_who_is_no_longer_shared_with_sees_and_hears_nothing(team: Team, shared: str) -> None:
    await answer(team, shared)
    await share(team, shared, act="unshare")
    assert (await team["partner"].get("/projects"))["items"] == []
    assert (await team["partner"].send("GET", f"/projects/{shared}")).status_code == 404
    refused = await answer(team, shared, key="again")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/lead-not-shared")
    await share(team, shared, act="unshare", status=409)
    assert (await team["jingkai"].get(f"/leads/{shared}"))["partners"] == ["other-org"]


async def test_a_confidential_lead_is_not_shared_and_a_shared_one_not_made_confidential(
    team: Team, shared: str
) -> None:
    secret = await team["jingkai"].register(title="机密项目", confidential=True)
    refused = await share(team, secret["id"], status=409)
    assert (refused["type"], "保密" in refused["detail"]) == ("/problems/lead-is-confidential", True)
    revision = (await team["jingkai"].get(f"/leads/{shared}"))["revision"]
    change = await team["jingkai"].send("PATCH", f"/leads/{shared}", json={"confidential": True}, match=revision)
    assert (change.status_code, change.json()["type"]) == (409, "/problems/lead-is-confidential")
    assert (await team["partner"].get("/projects"))["items"][0]["title"] == "智能车载终端项目"


@pytest.mark.parametrize("org", ["nobody", "gone"])
async def test_only_a_known_partner_is_shared_with(team: Team, shared: str, org: str) -> None:
    gone = AccountChanged(account="gone", role="partner", zones=[], org="gone", active=False, locale="zh-CN")
    await remember_account(team.ports, gone, 1)
    refused = await share(team, shared, {"org": org}, status=422)
    assert refused["type"] == "/problems/unknown-partner"


async def test_another_office_neither_shares_nor_answers(team: Team, shared: str) -> None:
    for path, body in (("share", ACME), ("unshare", ACME), ("answers", {**ACME, "text": TEXT})):
        done = await team["donghu"].send("POST", f"/leads/{shared}/{path}", json=body, match=1)
        assert done.status_code == 404


async def test_the_log_hears_of_sharing_and_answering(team: Team, shared: str) -> None:
    await answer(team, shared)
    await share(team, shared, act="unshare")
    acts = [each for each in await told(team) if each.type == LeadsAudited.event_type]
    said = [(act.data["what"], *(str(change) for change in act.data["changes"])) for act in acts]
    changes = [
        {"field": "shared_with", "before": before, "after": after}
        for before, after in ((None, "acme"), (None, "other-org"), ("acme", None))
    ]
    assert sorted(said) == sorted(
        [
            ("lead.registered",),
            ("lead.shared", str(changes[0])),
            ("lead.shared", str(changes[1])),
            ("lead.unshared", str(changes[2])),
            ("partner.answered",),
        ]
    )
    assert {(each.data["who"], each.data["office"]) for each in acts} == {("jingkai", "jingkai")}
    assert TEXT not in str([each.data for each in acts])


async def test_a_partners_own_enquiry_is_a_project_of_theirs_with_its_answer(team: Team) -> None:
    body = {
        "zone": "jingkai", "organisation": "阿克米有限公司", "name": "钱多多", "phone": "13933334444",
        "question": "厂房租金怎么补？", "facts": {"fixed_asset_investment": "2亿元", "jobs": 120}, "consent": True,
    }  # fmt: skip
    receipt = (await team["partner"].send("POST", "/enquiries", json=body)).json()
    await enquiry_steps.sweep(team.ports)
    [item] = (await team["partner"].get("/projects/enquiries"))["items"]
    assert (item["id"], item["state"], item["respond"]["met_at"]) == (receipt["id"], "received", None)
    assert (await team["partner"].get("/projects"))["items"] == []
    [own] = (await team["jingkai"].get("/enquiries"))["items"]
    assert own["org"] == "acme"
    done = await team["jingkai"].send(
        "POST", f"/enquiries/{own['id']}/answer", json={"text": TEXT}, match=own["revision"]
    )
    assert done.status_code == 200, done.text
    asked = await team["partner"].get(f"/projects/enquiries/{receipt['id']}")
    assert (asked["state"], [each["text"] for each in asked["answers"]]) == ("answered", [TEXT])
    assert asked["amounts"]["fixed_asset_investment"]["low"] == 20_000_000_000
    assert asked["amounts"].keys() == {"fixed_asset_investment"}
    assert "13933334444" not in str(asked)
    [news] = [each for each in await told(team) if each.type == PartnerAnswered.event_type]
    assert (news.data["org"], news.data["about"], news.data["id"]) == ("acme", "enquiry", receipt["id"])


async def test_what_one_partner_stated_is_not_shown_to_another_that_follows_the_lead(team: Team, shared: str) -> None:
    body = {
        "zone": "jingkai", "organisation": "阿克米有限公司", "name": "钱多多", "phone": "13933334444",
        "question": "厂房租金怎么补？", "facts": {"fixed_asset_investment": "2亿元"}, "consent": True,
    }  # fmt: skip
    await team["partner"].send("POST", "/enquiries", json=body)
    await enquiry_steps.sweep(team.ports)
    [asked] = (await team["jingkai"].get("/enquiries"))["items"]
    for org in ("acme", "other-org"):
        await share(team, asked["lead_id"], {"org": org})
    own = await team["partner"].get(f"/projects/{asked['lead_id']}")
    assert own["amounts"].keys() == {"fixed_asset_investment"}
    other = Principal("other", "partner", (), "other-org", frozenset({"public", "org:other-org"}))
    assert (await portal.project(team.ports, other, asked["lead_id"])).amounts == {}


async def test_a_partners_enquiry_does_not_tell_that_the_lead_was_there(team: Team) -> None:
    body = {
        "zone": "jingkai", "organisation": "阿克米有限公司", "name": "钱多多", "phone": "13933334444",
        "question": "厂房租金怎么补？", "consent": True,
    }  # fmt: skip
    known = await team["jingkai"].register(investor={"name": "阿克米有限公司"}, title="阿克米有限公司咨询", facts=None)
    await share(team, known["id"], {"to": "closed", "reason": "暂不推进"}, "stage")
    for name in ("阿克米有限公司", "从未听说有限公司"):
        await team["partner"].send("POST", "/enquiries", json=body | {"organisation": name})
    await enquiry_steps.sweep(team.ports)
    first, second = (await team["partner"].get("/projects/enquiries"))["items"]
    gone = {"id": "", "asked_at": ""}
    assert {**first, **gone} == {**second, **gone}
    assert (await team["partner"].get("/projects"))["items"] == []


async def _broken_off(*_args: Any) -> None:
    """The process dies before the second step."""
