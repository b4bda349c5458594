"""新老划断: who came before a version began keeps the former one, its conditions and its sum, for as long as said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.incentives import IncentivesMatched, PolicyPublished
from contracts.vocabulary.facts import parse_facts
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.lives import side_by_side
from services.incentives.matching import MatchResult, Rendering, match, render
from services.incentives.policy import Policy
from tests.incentives.conftest import FACTS, Desk, Opener
from tests.incentives.test_authoring_api import REVIEW, drafted, published
from tests.incentives.test_dry_run import rematched
from tests.incentives.writing import catalogue, fixed, policy

WAN = 1_000_000
START = "2026-12-01"
KEPT = {"by": "entry_date", "text": "2026年12月1日前入驻的项目，继续按第1版执行"}
DAY = date(2026, 12, 5)


def versions(*starts: str, **changes: Any) -> list[Policy]:
    """Versions of 200万元, 300万元 and so on; all but the first leave the one before to who came earlier."""
    return [
        fixed(
            "gift",
            f"{number + 1}00万元",
            version=number,
            valid={"from": start, "until": "2028-12-31"},
            **({"transition": KEPT | changes} if number > 1 else {}),
        )
        for number, start in enumerate(starts, 1)
    ]


def matched(written: list[Policy], entry: str | None, day: date) -> MatchResult:
    said = {"fixed_asset_investment": "2亿元"} | ({} if entry is None else {"entry_date": entry})
    return match(parse_facts(said, "officer"), catalogue(*side_by_side(written)), day)


@pytest.mark.parametrize(
    ("entry", "new", "old", "certain", "possible"),
    [
        ("2026-11-30", "not_met", "met", 200, 200),
        ("2026-12-01", "met", "not_met", 300, 300),
        ("2020-01-01", "not_met", "met", 200, 200),
        (None, "unknown", "unknown", 0, 300),
    ],
)
def test_the_day_of_entry_decides(entry: str | None, new: str, old: str, certain: int, possible: int) -> None:
    found = matched(versions("2026-01-01", START), entry, DAY)
    assert [VERDICTS[found.policies[id].verdict] for id in ("gift", "gift@1")] == [new, old]
    zone = found.zones["jingkai"]
    assert (zone.certain, zone.possible) == (certain * WAN, possible * WAN)
    assert zone.left_out == ({"gift@1": ("version", "gift")} if entry is None else {})


@pytest.mark.parametrize(
    ("until", "last"),
    [(None, "2028-12-31"), ("2027-06-30", "2027-06-30"), ("2030-12-31", "2030-12-31")],
)
def test_the_former_goes_on_for_as_long_as_is_said(until: str | None, last: str) -> None:
    written = versions("2026-01-01", START, until=until)
    end = date.fromisoformat(last)
    assert matched(written, "2026-06-01", end).policies["gift@1"].certain == 200 * WAN
    assert "gift@1" not in matched(written, "2026-06-01", end + timedelta(days=1)).policies


STARTS = ("2026-03-01", "2026-06-01", "2026-09-01")


@given(st.dates(date(2026, 1, 1), date(2026, 11, 30)))
def test_each_project_has_the_version_of_its_day_and_no_other(entry: date) -> None:
    found = matched(versions(*STARTS), entry.isoformat(), DAY)
    met = [id for id, outcome in found.policies.items() if VERDICTS[outcome.verdict] == "met"]
    number = max([at for at, start in enumerate(STARTS, 1) if start <= entry.isoformat()], default=1)
    assert met == ["gift" if number == len(STARTS) else f"gift@{number}"]
    assert found.zones["jingkai"].certain == (number + 1) * 100 * WAN


def test_what_is_made_up_for_one_version_is_for_the_other() -> None:
    topping = fixed("more", "250万元", tops_up=["gift"])
    found = matched([*versions("2026-01-01", START), topping], "2026-06-01", DAY)
    assert found.zones["jingkai"].certain == 250 * WAN
    newer = matched([*versions("2026-01-01", START), topping], "2026-12-02", DAY)
    assert (newer.zones["jingkai"].certain, newer.zones["jingkai"].left_out) == (
        300 * WAN, {"more": ("made_up", "gift")},
    )  # fmt: skip


def test_an_answer_names_the_version_and_says_why() -> None:
    written = versions("2026-01-01", START)
    shelf = catalogue(*side_by_side(written))
    facts = parse_facts({"fixed_asset_investment": "2亿元", "entry_date": "2026-06-01"}, "officer")
    answer = render(match(facts, shelf, DAY), facts, shelf, Rendering(zones=["jingkai"], public=True))
    old, new = answer["zones"][0]["policies"]
    assert [(each["policy"], each["version"], each.get("former", False)) for each in (old, new)] == [
        ("gift", 1, True), ("gift", 2, False),
    ]  # fmt: skip
    assert old["conditions"][-1]["text"] == KEPT["text"]
    assert new["conditions"][-1]["text"] == "意向入驻时间在2026-12-01或以后（此前的按上一版）"
    assert {"kind": "former", "text": "这是第1版，此前的项目继续按它执行（执行到2028-12-31）"} in old["terms"]


def test_a_review_of_the_former_that_ended_ends_it() -> None:
    first, second = versions("2026-01-01", START)
    review = {"reviewer": "审查员", "conclusion": "可以", "basis": "第十条", "on": "2026-01-05", "until": "2026-12-04"}
    ended = fixed("gift", "200万元", version=1, valid=first.valid.model_dump(by_alias=True, mode="json"), review=review)
    assert matched([ended, second], "2026-06-01", DAY).zones["jingkai"].certain == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transition": KEPT | {"by": "jobs"}}, "不是日期"),
        ({"transition": KEPT, "standing": "historical", "valid": {"from": None, "until": None}}, "valid.from"),
    ],
)
def test_what_is_no_line_between_versions(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        policy(**changes)


EXAMPLES = [
    {
        "title": "新项目", "as_of": "2026-12-05", "verdict": "met",
        "facts": {"fixed_asset_investment": "2亿元", "entry_date": "2026-12-01"},
    },
    {
        "title": "老项目", "as_of": "2026-12-05", "verdict": "not_met", "unmet": ["since_this_version"],
        "facts": {"fixed_asset_investment": "2亿元", "entry_date": "2026-11-30"},
    },
]  # fmt: skip
NEXT: dict[str, Any] = {
    "amount": "300万元", "valid": {"from": START, "until": "2028-12-31"}, "transition": KEPT, "examples": EXAMPLES,
}  # fmt: skip


async def test_by_the_clock_old_projects_hear_nothing_and_a_dry_run_says_so(open_desk: Opener) -> None:
    async with open_desk(catalogue="office") as desk:
        await published(desk, "gift")
        for name, entry in (("old", "2026-06-01"), ("new", "2027-02-01"), ("open", None)):
            await desk.lead(name, facts=FACTS | ({} if entry is None else {"entry_date": entry}))
        receipt = await drafted(desk, "gift", **NEXT)
        tried = await desk.post("/policies/gift/dry-run", None, "editor", as_of=START)
        receipt = await desk.post("/policies/gift/review", REVIEW, "reviewer", match=receipt["revision"])
        await desk.post("/policies/gift/publish", None, "editor", match=receipt["revision"])
        await rematched(desk)
        before = len(await desk.told(IncentivesMatched))
        desk.clock.advance(timedelta(days=8))
        await rematched(desk, 60)
        told = {each.data["lead_id"]: each.data["changes"] for each in (await desk.told(IncentivesMatched))[before:]}
        assert {lead: [each["policy"] for each in changes] for lead, changes in told.items()} == {
            "new": ["gift"], "open": ["gift"],
        }  # fmt: skip
        assert tried["changed"] == 2
        assert await certain(desk, "old") == 200 * WAN
        assert await certain(desk, "new") == 300 * WAN
        assert told["open"][0]["after"] == {"verdict": "unknown", "certain_fen": 0, "possible_fen": 300 * WAN}
        saved = await desk.post("/decisions", {"facts": FACTS | {"entry_date": "2026-06-01"}}, "bureau", 201)
        desk.app.state.library._kept.clear()
        replay = await desk.get(f"/decisions/{saved['id']}/replay", "bureau")
        assert (replay["identical"], replay["today"]["differences"]) == (True, [])
        first = await desk.get("/policies/gift/versions/1")
        assert (first["status"], first["document"]["benefit"]["amount"]) == ("superseded", "200万元")
        versions = [each.data for each in await desk.told(IncentivesMatched)]
        assert versions[-1]["catalogue_version"] == desk.app.state.library.current.version


async def test_what_is_announced_of_a_version_that_begins_at_once_names_the_catalogue(open_desk: Opener) -> None:
    async with open_desk(catalogue="office", now=datetime(2026, 12, 5, 2, 0, tzinfo=UTC)) as desk:
        await published(desk, "gift")
        await published(desk, "gift", **NEXT)
        await desk.settle()
        announced = (await desk.told(PolicyPublished))[-1].data
        assert (announced["version"], announced["catalogue_version"]) == (2, desk.app.state.library.current.version)
        assert set(desk.app.state.library.current.policies) == {"gift", "gift@1"}


async def certain(desk: Desk, lead: str) -> int:
    answer = await desk.get(f"/leads/{lead}/matches", "jingkai")
    return next(int(zone["certain_fen"]) for zone in answer["zones"] if zone["zone"] == "jingkai")
