"""What a digest shows: the preview, its figures and their records, corrections, answers to wrong questions."""

from __future__ import annotations

from typing import Any

import pytest

from kit.clock import to_text
from kit.store.port import Scope
from tests.notify.conftest import NEXT_MONDAY_0853, Suite
from tests.notify.weeks import WEEK, a_week, digest, figures, frozen_week, next_week, records, values

_ALL = Scope.system("tests look at digests")


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


async def test_a_manager_with_other_zones_than_before_is_not_told_of_that_as_corrections(suite: Suite) -> None:
    await frozen_week(suite)
    await suite.account("manager", "manager", ["jingkai"])
    await suite.settle()
    found = await next_week(suite, "2026-W49")
    assert found["scope"] == "武汉经济技术开发区"
    assert found["corrections"] == []
    assert figures(found)["new_leads"]["previous"] == 1


async def test_the_week_before_is_compared_as_it_was_told(suite: Suite) -> None:
    await frozen_week(suite)
    await suite.lead("late", registered_on="2026-11-29")
    await suite.settle()
    found = await next_week(suite, "2026-W49")
    assert figures(found)["new_leads"]["value"] == 0
    assert figures(found)["new_leads"]["previous"] == 3


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
