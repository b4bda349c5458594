"""The weekly digest from its preview to its corrections, with a clock that is moved."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from kit.clock import to_text
from kit.events import Event
from kit.store.port import Scope
from tests.notify.conftest import NEXT_MONDAY_0853, Suite, clock_data, money, move_data, running

WEEK = "2026-W48"
SUNDAY = NEXT_MONDAY_0853 - timedelta(hours=20)
HOUR = timedelta(hours=1)
_ALL = Scope.system("tests look at digests")


async def a_week(suite: Suite) -> None:
    """Three new leads, a move, a signing, clocks, a match worth a call, and an import of older leads."""
    await suite.people()
    await suite.lead("big", investment=35_000_000_000, title="动力电池项目")
    await suite.lead("small", investment=2_000_000_000, clocks=[clock_data("respond", SUNDAY)])
    await suite.lead("far", readers=["city", "zone:jingkai"], office="jingkai", zone="jingkai")
    await suite.matched("big", certain_fen=120_000_000)
    await suite.matched("small", certain_fen=0)
    for row in range(4):
        old = f"2025-0{row + 1}-15"
        await suite.lead(f"old-{row}", registered_on=old, updated_on=old, origin="import", import_id="imp-1")
    await suite.imported()
    suite.clock.advance(timedelta(days=2))
    await suite.lead(
        "far", change="stage", stage="signed", signed_on="2026-11-25", signed_amount=money(8_000_000_000),
        readers=["city", "zone:jingkai"], zone="jingkai", move=move_data("negotiating", "signed", "2026-11-25"),
    )  # fmt: skip
    await suite.settle()


async def digest(suite: Suite, account: str = "manager", week: str = WEEK) -> dict[str, Any]:
    response = await suite.get(account, f"/digests/{week}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def figures(found: dict[str, Any]) -> dict[str, Any]:
    return {figure["id"]: figure for section in found["sections"] for figure in section["figures"]}


def values(found: dict[str, Any]) -> dict[str, Any]:
    return {id: figure["value"] for id, figure in figures(found).items()}


async def records(suite: Suite, figure: dict[str, Any], account: str = "manager") -> list[dict[str, Any]]:
    return await suite.items(account, figure["records"].removeprefix("/api/v1"))


async def frozen_week(suite: Suite) -> dict[str, Any]:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.cutoffs(WEEK)
    await suite.settle()
    await suite.tick()
    return await digest(suite)


async def test_the_running_week_is_a_preview_in_the_shape_that_was_agreed(suite: Suite) -> None:
    await a_week(suite)
    found = await digest(suite)
    assert (found["week"], found["from"], found["to"], found["scope"]) == (WEEK, "2026-11-23", "2026-11-29", "全市")
    assert found["frozen_at"] is None
    assert found["sends_at"] == to_text(NEXT_MONDAY_0853)
    assert values(found) == {
        "new_leads": 3,
        "new_investment": 37_000_000_000,
        "stage_moves": 1,
        "moves_signed": 1,
        "signed_count": 1,
        "signed_amount": 8_000_000_000,
        "respond_due": 1,
        "respond_overdue": 0,
        "protect_due": 0,
        "protect_overdue": 0,
        "calls": 1,
        "calls_certain": 120_000_000,
        "imports": 1,
        "imported_leads": 240,
    }
    assert figures(found)["new_investment"]["note"] == "1笔未填金额，未计入。"
    assert found["standing"] == ["illustrative"]
    titles = [item["values"]["title"] for item in found["sections"][0]["items"]]
    assert titles[0] == "动力电池项目"


async def test_a_new_lead_is_in_the_preview_at_once(suite: Suite) -> None:
    await suite.people()
    before = values(await digest(suite))["new_leads"]
    await suite.lead()
    await suite.settle()
    assert values(await digest(suite))["new_leads"] == before + 1


async def test_imported_leads_fall_in_their_own_old_weeks(suite: Suite) -> None:
    await a_week(suite)
    assert values(await digest(suite, week="2025-W03"))["new_leads"] == 1


async def test_every_figure_opens_exactly_its_records(suite: Suite) -> None:
    for found in (await frozen_week(suite), await digest(suite, week="2026-W47")):
        for figure in figures(found).values():
            if figure["unit"] in ("条", "次", "个") and figure["id"] != "imported_leads":
                assert len(await records(suite, figure)) == figure["value"], figure["id"]
    opened = await records(suite, figures(await digest(suite))["signed_amount"])
    assert [each["record"] for each in opened] == ["far"]
    assert opened[0]["values"]["amount"]["low"] == 8_000_000_000
    assert opened[0]["link"] == "/leads/far"


async def test_a_manager_of_a_zone_counts_that_zone_only(suite: Suite) -> None:
    await a_week(suite)
    found = await digest(suite, "zonal")
    assert found["scope"] == "东湖新技术开发区"
    assert values(found)["new_leads"] == 2
    assert values(found)["signed_amount"] == 0


async def test_a_digest_is_frozen_when_all_have_finished_and_sent_at_its_hour(suite: Suite) -> None:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853 - 8 * HOUR
    await suite.tick()
    assert (await digest(suite))["frozen_at"] is None
    await suite.cutoffs(WEEK)
    await suite.settle()
    await suite.tick()
    frozen = await digest(suite)
    assert frozen["frozen_at"] == to_text(suite.clock.now())
    assert (frozen["sent_at"], frozen["silent"]) == (None, [])
    suite.clock.instant = NEXT_MONDAY_0853 - timedelta(seconds=1)
    await suite.tick()
    assert (await digest(suite))["sent_at"] is None
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.tick()
    assert (await digest(suite))["sent_at"] == to_text(NEXT_MONDAY_0853)


async def test_it_arrives_in_the_app_and_by_mail_once(suite: Suite) -> None:
    await frozen_week(suite)
    for _ in range(3):
        await suite.tick()
    [told] = await suite.items("manager", "/notifications")
    assert told["title"] == "2026年第48周（11月23日—11月29日）周报已生成"
    assert told["link"] == f"/digests/{WEEK}"
    mails = [message_from_bytes(mail.read_bytes(), policy=policy.default) for mail in suite.mails()]
    [mail] = [each for each in mails if each["To"] == "张主任 <manager@example.com>"]
    text = mail.get_content()
    assert mail["Subject"] == "招商周报 2026年第48周（11月23日—11月29日）"
    assert "新增线索：3条（上周0条）" in text
    assert "签约金额：8,000万元（上周0元）" in text
    assert "匹配金额含示例政策测算，非政府发布，不构成承诺。" in text


async def test_freezing_is_told_to_others_in_an_event(suite: Suite) -> None:
    await frozen_week(suite)
    subscription = await suite.ports.bus.subscribe("tests", ["quce.notify"])
    events: list[Event] = []
    while len(events) < 2:
        events += [Event.decode(each.value) for each in await subscription.poll(10, 2)]
    assert {(event.type, event.data["manager"]) for event in events} == {
        ("quce.digest.frozen.v1", "manager"),
        ("quce.digest.frozen.v1", "zonal"),
    }


async def test_a_silent_service_is_waited_for_half_an_hour_and_then_named(suite: Suite) -> None:
    await a_week(suite)
    await suite.cutoffs(WEEK, "leads")
    await suite.settle()
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(minutes=29)
    await suite.tick()
    assert (await digest(suite))["frozen_at"] is None
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(minutes=30)
    await suite.tick()
    found = await digest(suite)
    assert found["silent"] == ["incentives"]
    assert found["sent_at"] == to_text(suite.clock.now())


async def test_one_partition_that_was_not_heard_is_waited_for(suite: Suite) -> None:
    await a_week(suite)
    await suite.cutoffs(WEEK, "incentives")
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.cutoffs(WEEK, "leads")
    store = suite.ports.store
    await suite.settle()
    await store.erase("cutoffs", f"leads:{WEEK}")
    await suite.tick()
    assert (await digest(suite))["frozen_at"] is None


async def test_frozen_values_stay_as_they_were(suite: Suite) -> None:
    before = await frozen_week(suite)
    await suite.lead("big", change="details", title="改了名的项目", investment=1)
    await suite.lead("late", registered_on="2026-11-29")
    await suite.settle()
    after = await digest(suite)
    assert after == before
    opened = await records(suite, figures(after)["new_leads"])
    assert opened[0]["values"]["title"] == "动力电池项目"
    assert "late" not in {each["record"] for each in opened}


async def test_what_a_reader_may_not_see_any_more_is_left_out_of_the_records(suite: Suite) -> None:
    await frozen_week(suite)
    await suite.lead("big", change="details", readers=["zone:jingkai"])
    await suite.settle()
    found = await digest(suite)
    assert values(found)["new_leads"] == 3
    assert {each["record"] for each in await records(suite, figures(found)["new_leads"])} == {"small", "far"}
    assert "动力电池项目" not in str(found)


async def next_week(suite: Suite, week: str, weeks: int = 1) -> dict[str, Any]:
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(weeks=weeks)
    await suite.cutoffs(week)
    await suite.settle()
    await suite.tick()
    return await digest(suite, week=week)


async def test_what_arrives_later_is_corrected_in_the_next_digest_and_only_once(suite: Suite) -> None:
    await frozen_week(suite)
    await suite.lead("late", registered_on="2026-11-29", investment=5_000_000_000)
    await suite.lead("old", registered_on="2026-03-02")
    await suite.settle()
    found = await next_week(suite, "2026-W49")
    told = {each["figure"]: each for each in found["corrections"]}
    assert set(told) == {"new_leads", "new_investment"}
    assert (told["new_leads"]["week"], told["new_leads"]["before"], told["new_leads"]["after"]) == (WEEK, 3, 4)
    assert told["new_investment"]["after"] - told["new_investment"]["before"] == 5_000_000_000
    [row] = await records(suite, told["new_leads"])
    assert (row["record"], row["values"]["change"]) == ("late", "added")
    again = await next_week(suite, "2026-W50", 2)
    assert again["corrections"] == []
    await suite.lead("later", registered_on="2026-11-28")
    await suite.settle()
    third = await next_week(suite, "2026-W51", 3)
    [count] = [each for each in third["corrections"] if each["figure"] == "new_leads"]
    assert (count["before"], count["after"], count["added"]) == (4, 5, 1)


async def test_the_week_before_is_compared_as_it_was_told(suite: Suite) -> None:
    await frozen_week(suite)
    await suite.lead("late", registered_on="2026-11-29")
    await suite.settle()
    found = await next_week(suite, "2026-W49")
    assert figures(found)["new_leads"]["value"] == 0
    assert figures(found)["new_leads"]["previous"] == 3


async def test_sending_by_hand_is_safe_to_repeat(suite: Suite) -> None:
    await a_week(suite)
    await suite.cutoffs(WEEK)
    await suite.settle()
    suite.clock.instant = NEXT_MONDAY_0853 - 2 * HOUR
    first = await suite.post("admin", f"/digests/{WEEK}/send")
    assert first.status_code == 200, first.text
    assert [(each["manager"], each["repeated"]) for each in first.json()["digests"]] == [
        ("manager", False),
        ("zonal", False),
    ]
    for _ in range(3):
        again = await suite.post("manager", f"/digests/{WEEK}/send", key="another")
        [own] = again.json()["digests"]
        assert (own["manager"], own["repeated"], own["sent_at"]) == (
            "manager",
            True,
            first.json()["digests"][0]["sent_at"],
        )
    suite.clock.instant = NEXT_MONDAY_0853 + HOUR
    await suite.tick()
    assert len(await suite.items("manager", "/notifications")) == 1


async def test_a_running_week_is_not_sent_and_the_answer_says_when_it_can_be(suite: Suite) -> None:
    await suite.people()
    refused = await suite.post("admin", f"/digests/{WEEK}/send")
    assert refused.status_code == 409
    assert refused.json()["detail"] == (
        "2026-W48 到2026年11月30日00:00才结束，之后即可发送；2026年11月30日08:53会自动发出，不必手动操作。"
    )


async def test_by_hand_too_a_service_that_may_still_finish_is_waited_for(suite: Suite) -> None:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853
    refused = await suite.post("manager", f"/digests/{WEEK}/send")
    assert refused.status_code == 409
    assert refused.json()["silent"] == ["leads", "incentives"]
    assert "最迟2026年11月30日09:23后可以发送" in refused.json()["detail"]
    assert refused.headers["Retry-After"] == "30"


async def test_what_was_missed_while_off_is_sent_within_a_week(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await a_week(suite)
    async with running(tmp_path, NEXT_MONDAY_0853 + timedelta(days=6)) as suite:
        await suite.tick()
        found = await digest(suite)
        assert found["sent_at"] == to_text(suite.clock.now())
        assert len(await suite.items("manager", "/notifications")) == 1


async def test_what_was_missed_for_longer_is_recorded_unsent(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await a_week(suite)
    async with running(tmp_path, NEXT_MONDAY_0853 + timedelta(days=7, minutes=1)) as suite:
        await suite.tick()
        found = await digest(suite)
        assert found["frozen_at"] is not None
        assert found["sent_at"] is None
        assert "可手动补发" in found["unsent_reason"]
        listed = {each["week"]: each for each in await suite.items("manager", "/digests")}
        assert listed[WEEK]["unsent_reason"] is not None
        titles = [each["title"] for each in await suite.items("manager", "/notifications")]
        assert not any("第48周" in title for title in titles)
        sent = await suite.post("manager", f"/digests/{WEEK}/send")
        assert sent.json()["digests"][0]["sent_at"] is not None


async def test_digests_are_listed_newest_first_after_the_running_week(suite: Suite) -> None:
    await frozen_week(suite)
    await next_week(suite, "2026-W49")
    listed = await suite.items("manager", "/digests")
    assert [(each["week"], each["frozen_at"] is not None) for each in listed] == [
        ("2026-W50", False),
        ("2026-W49", True),
        (WEEK, True),
    ]


async def test_a_week_that_was_left_half_frozen_by_a_crash_is_frozen_whole(suite: Suite) -> None:
    """Rows are written before the digest: without the digest they mean nothing and do no harm."""
    await frozen_week(suite)
    [record] = [each async for each in suite.ports.store.scan("digests", _ALL, []) if each.body["manager"] == "manager"]
    await suite.ports.store.erase("digests", record.id)
    await suite.tick()
    found = await digest(suite)
    assert len(await records(suite, figures(found)["new_leads"])) == figures(found)["new_leads"]["value"]
    assert len(await suite.items("manager", "/notifications")) == 1


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/digests/2026-W54", 422, "2026年没有第54周"),
        ("/digests/9999-W01", 422, "年份应在2000到2100之间"),
        ("/digests/nonsense", 422, "week"),
        ("/digests/2026-W49", 404, "还没有开始，可先查看本周 2026-W48 的预览"),
        (f"/digests/{WEEK}/figures/profit/records", 404, "没有「profit」"),
        (f"/digests/{WEEK}/figures/new_leads/records?cursor=x", 400, "cursor"),
        ("/reports/profit", 404, "可选：funnel、by_zone、weekly"),
    ],
)
async def test_a_wrong_question_is_answered_with_what_to_do(suite: Suite, path: str, status: int, words: str) -> None:
    await suite.people()
    response = await suite.get("manager", path)
    assert response.status_code == status
    assert words in response.json()["detail"]


async def test_records_come_in_pages_without_gaps(suite: Suite) -> None:
    await suite.people()
    for number in range(450):
        await suite.lead(f"lead-{number:03d}", investment=number)
    await suite.settle()
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.cutoffs(WEEK)
    await suite.settle()
    await suite.tick()
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await suite.get("manager", f"/digests/{WEEK}/figures/new_leads/records", limit=170, **cursor)).json()
        seen += [each["record"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [f"lead-{number:03d}" for number in range(449, -1, -1)]
