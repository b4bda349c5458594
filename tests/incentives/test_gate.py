"""Nothing is published without an answered fair-competition review, and nothing counts once its review has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from contracts.incentives import IncentivesAudited
from contracts.vocabulary.facts import parse_facts
from contracts.vocabulary.fair_competition import RuleId
from services.incentives.catalogue import barred_on
from services.incentives.fair_competition import RULES
from services.incentives.matching import Rendering, match, render
from services.incentives.repository import POLICIES, scope_of_author, text_hash
from tests.incentives.conftest import FACTS, PEOPLE, Desk, Opener
from tests.incentives.test_authoring_api import REVIEW, city, drafted
from tests.incentives.writing import catalogue, fixed

BARRED = {"summary": "在区内注册的企业，迁出的追回资金。"}
ANSWERS = [
    {"rule": "local-registration", "reason": "依据某行政法规第三条，限于本地施工项目"},
    {"rule": "no-leaving", "reason": "仅指设备，不指企业"},
]
YEAR = date(2026, 6, 1)
BIG = parse_facts({"fixed_asset_investment": "2亿元"}, "example")
REVIEWED = {"reviewer": "审查员", "conclusion": "可以", "basis": "第十条", "on": "2026-01-05"}


async def reviewed(desk: Desk, id: str, given: dict[str, Any], **changes: Any) -> int:
    """The revision of a draft after this review."""
    receipt = await drafted(desk, id, **changes)
    receipt = await desk.post(f"/policies/{id}/review", REVIEW | given, "reviewer", match=receipt["revision"])
    return int(receipt["revision"])


async def test_a_flag_without_an_answer_is_refused_with_rule_place_article_and_advice(desk: Desk) -> None:
    revision = await reviewed(desk, "new-one", {}, **BARRED)
    refused = await desk.post("/policies/new-one/publish", None, "editor", 409, match=revision)
    assert refused["type"].endswith("/unanswered-flags")
    assert "local-registration" in refused["detail"]
    assert "no-leaving" in refused["detail"]
    assert {error["path"] for error in refused["errors"]} == {"summary"}
    assert "第十二条第（二）项" in refused["errors"][0]["message"]
    assert (await desk.get("/policies/new-one", "editor"))["status"] == "draft"


async def test_one_answer_does_not_do_for_another_rule(desk: Desk) -> None:
    revision = await reviewed(desk, "new-one", {"overrides": ANSWERS[:1]}, **BARRED)
    refused = await desk.post("/policies/new-one/publish", None, "editor", 409, match=revision)
    assert "no-leaving" in refused["detail"]
    assert "local-registration" not in refused["detail"]


async def test_reasons_are_kept_with_the_version_for_ever(desk: Desk) -> None:
    given = {"overrides": ANSWERS, "ground": "technology", "until": "2027-12-31"}
    revision = await reviewed(desk, "new-one", given, **BARRED)
    seen = (await desk.get("/policies/new-one", "editor"))["draft"]
    assert (seen["ground"], seen["until"], seen["overrides"]) == ("technology", "2027-12-31", ANSWERS)
    await desk.post("/policies/new-one/publish", None, "editor", match=revision)
    revision = await reviewed(desk, "new-one", {})
    await desk.post("/policies/new-one/publish", None, "editor", match=revision)
    first = (await desk.get("/policies/new-one/versions/1", "reviewer"))["document"]["review"]
    assert (first["overrides"], first["ground"], first["until"]) == (ANSWERS, "technology", "2027-12-31")
    assert (await desk.get("/policies/new-one"))["document"]["review"]["overrides"] == []


async def test_the_log_is_told_which_rules_were_answered_and_not_how(desk: Desk) -> None:
    await reviewed(desk, "new-one", {"overrides": ANSWERS, "until": "2027-12-31"}, **BARRED)
    await desk.settle()
    act = next(each for each in await desk.told(IncentivesAudited) if each.data["what"] == "policy.reviewed")
    changes = {each["field"]: each["after"] for each in act.data["changes"]}
    assert changes == {"approved": "true", "until": "2027-12-31", "overrides": "local-registration no-leaving"}
    assert "行政法规" not in str(act.data)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"ground": "technology"}, "until"),
        ({"until": "2026-11-22"}, "until"),
        ({"overrides": [ANSWERS[0], ANSWERS[0]]}, "overrides.1.rule"),
        ({"overrides": [{"rule": "no-such-rule", "reason": "无"}]}, "overrides.0.rule"),
        ({"overrides": [{"rule": "no-leaving", "reason": ""}]}, "overrides.0.reason"),
        ({"ground": "growth", "until": "2027-12-31"}, "ground"),
    ],
)
async def test_a_review_that_cannot_be_recorded_says_where(desk: Desk, given: dict[str, Any], path: str) -> None:
    receipt = await drafted(desk, "new-one")
    refused = await desk.post("/policies/new-one/review", REVIEW | given, "reviewer", 422, match=receipt["revision"])
    assert [error["path"] for error in refused["errors"]] == [path]
    assert (await desk.get("/policies/new-one", "editor"))["draft"]["approved"] is None


async def test_a_review_ends_with_its_last_day(desk: Desk) -> None:
    revision = await reviewed(desk, "new-one", {"until": "2026-12-01"})
    desk.clock.advance(datetime(2026, 12, 1, 15, 59, tzinfo=UTC) - desk.clock.now())
    assert await reviewed(desk, "second-one", {"until": "2026-12-01"})
    desk.clock.advance(timedelta(minutes=2))
    refused = await desk.post("/policies/new-one/publish", None, "editor", 409, match=revision)
    assert refused["type"].endswith("/review-ended")
    assert "2026-12-01" in refused["detail"]


async def test_a_review_of_another_text_is_none(desk: Desk) -> None:
    revision = await reviewed(desk, "new-one", {})
    record = await desk.ports.store.get(POLICIES.name, scope_of_author(PEOPLE["editor"]), "new-one")
    assert record is not None
    draft = record.body["draft"]
    other = draft | {"document": draft["document"] | {"title": "改过的标题"}}
    await desk.ports.store.save(POLICIES.name, record.with_body(record.body | {"draft": other}))
    refused = await desk.post("/policies/new-one/publish", None, "editor", 409, match=revision + 1)
    assert refused["type"].endswith("/review-of-another-text")


def test_the_order_of_fields_does_not_make_another_text() -> None:
    assert text_hash({"a": 1, "b": [1, 2]}) == text_hash({"b": [1, 2], "a": 1})
    assert text_hash({"a": 1, "b": [1, 2]}) != text_hash({"a": 1, "b": [2, 1]})


async def test_a_review_that_an_earlier_release_recorded_still_publishes(desk: Desk) -> None:
    revision = await reviewed(desk, "new-one", {})
    record = await desk.ports.store.get(POLICIES.name, scope_of_author(PEOPLE["editor"]), "new-one")
    assert record is not None
    draft = record.body["draft"]
    old = {name: draft["review"][name] for name in ("approved", "reviewer", "conclusion", "basis", "until", "on")}
    body = record.body | {"draft": draft | {"review": old}}
    await desk.ports.store.save(POLICIES.name, record.with_body(body))
    assert (await desk.get("/policies/new-one", "editor"))["draft"]["overrides"] == []
    await desk.post("/policies/new-one/publish", None, "editor", match=revision + 1)


async def test_a_clause_of_the_past_is_recorded_with_its_flags(desk: Desk) -> None:
    receipt = await desk.post(
        "/policies", {"policy": city("old-one", **BARRED) | {"standing": "historical"}}, "editor", 201
    )
    receipt = await desk.post("/policies/old-one/review", REVIEW, "reviewer", match=receipt["revision"])
    await desk.post("/policies/old-one/publish", None, "editor", match=receipt["revision"])


async def test_sums_fall_when_a_review_ends_and_its_reason_is_given(desk: Desk) -> None:
    revision = await reviewed(desk, "new-one", {"until": "2026-12-01"})
    await desk.post("/policies/new-one/publish", None, "editor", match=revision)

    async def asked(day: str, who: str) -> tuple[int, int, dict[str, Any] | None]:
        zones = (await desk.post("/eligibility", {"facts": FACTS, "as_of": day}, who))["zones"]
        zone = next(each for each in zones if each["zone"] == "jingkai")
        found = [each for each in zone["policies"] if each["policy"] == "new-one"]
        return zone["certain_fen"], zone["met"], found[0] if found else None

    before, met, counted = await asked("2026-12-01", "bureau")
    after, met_then, left_out = await asked("2026-12-02", "bureau")
    assert (before - after, met - met_then) == (200_000_000, 1)
    assert counted is not None
    assert left_out is not None
    seen = await asked("2026-12-01", "")
    assert (seen[:2], seen[2] is not None) == ((before, met), True)
    assert await asked("2026-12-02", "") == (after, met_then, None)
    assert counted["in_best_combination"]
    assert not left_out["in_best_combination"]
    assert "2026-12-01到期" in left_out["left_out_because"]


async def test_leads_are_matched_again_on_the_day_after(open_desk: Opener) -> None:
    async with open_desk(catalogue="office") as desk:
        revision = await reviewed(desk, "new-one", {"until": "2026-12-01"})
        await desk.post("/policies/new-one/publish", None, "editor", match=revision)
        library = desk.app.state.library
        last = library.basis(date(2026, 12, 1))
        assert library.basis(date(2026, 11, 30)) == last
        assert library.basis(date(2026, 12, 2)) != last


@pytest.mark.parametrize(
    ("changes", "barred"),
    [
        ({"review": REVIEWED}, None),
        ({"review": REVIEWED | {"until": "2026-06-01"}}, None),
        ({"review": REVIEWED | {"until": "2026-05-31"}}, "review"),
        ({"standing": "in_force", "review": REVIEWED | {"until": "2026-05-31"}}, "review"),
        ({"standing": "in_force", "review": None}, "review"),
        ({"standing": "historical", "review": None}, None),
        ({"standing": "historical", "review": REVIEWED | {"until": "2026-05-31"}}, None),
        ({"standing": "historical", "review": None, "cleanup": {"reason": "待清理"}}, "cleanup"),
        ({"cleanup": {"reason": "待清理"}}, "cleanup"),
        ({"cleanup": {"reason": "已清理", "pending": False}}, None),
    ],
)
def test_what_counts_in_no_total(changes: dict[str, Any], barred: str | None) -> None:
    each = fixed("some", "100万元", **changes)
    assert barred_on(each, YEAR) == barred
    shelf = catalogue(each)
    found = match(BIG, shelf, YEAR).zones["jingkai"]
    assert found.certain == (0 if barred else 10**8)
    assert found.left_out == ({"some": (barred, "")} if barred else {})


def test_no_review_at_all_is_said() -> None:
    shelf = catalogue(fixed("some", "100万元", standing="in_force", review=None))
    answer = render(match(BIG, shelf, YEAR), BIG, shelf, Rendering(zones=["jingkai"]))
    assert "没有公平竞争审查记录" in answer["zones"][0]["policies"][0]["left_out_because"]


def test_a_review_can_answer_every_rule() -> None:
    assert tuple(RULES) == get_args(RuleId)
