"""A version that begins later waits, then takes the place of the present one by the clock, and nothing else does."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.incentives import IncentivesMatched, PolicyPublished
from services.incentives.repository import POLICIES, scope_of_author
from tests.incentives.conftest import FACTS, PEOPLE, Desk, Opener
from tests.incentives.test_authoring_api import REVIEW, drafted, published
from tests.incentives.test_dry_run import leads, rematched
from tests.incentives.test_gate import reviewed

NEXT = {"from": "2026-12-01", "until": "2028-12-31"}
WAN = 1_000_000
LAST_DAY = datetime(2026, 11, 30, 15, 59, 30, tzinfo=UTC)
"""Half a minute to midnight in Wuhan."""


async def two_versions(desk: Desk) -> None:
    """200万元 now, 300万元 from December on."""
    await published(desk, "gift")
    await published(desk, "gift", amount="300万元", title="汽车产业投资奖励（新）", valid=NEXT)


async def gift(desk: Desk, who: str = "", **asked: Any) -> tuple[int, int]:
    """The version that answers, and its sum."""
    answer = await desk.post("/eligibility", {"facts": FACTS, **asked}, who)
    zone = next(each for each in answer["zones"] if each["zone"] == "jingkai")
    (found,) = [each for each in zone["policies"] if each["policy"] == "gift"]
    return found["version"], found["certain_fen"]


async def until_matched(desk: Desk, sum_: int) -> dict[str, Any]:
    """Wait until the lead's stored match has this sum of the gift."""
    async with asyncio.timeout(60):
        while True:
            answer = await desk.get("/leads/lead-1/matches", "jingkai")
            found = [each for each in answer["zones"][0]["policies"] if each["policy"] == "gift"]
            if [each["certain_fen"] for each in found] == [sum_]:
                return dict(answer)
            await asyncio.sleep(0.05)


async def test_the_present_version_stays_until_the_day_before(desk: Desk) -> None:
    await published(desk, "gift")
    before = desk.app.state.library.current.version
    receipt = await published(desk, "gift", amount="300万元", valid=NEXT)
    assert (receipt["version"], desk.app.state.library.current.version) == (2, before)
    assert await gift(desk) == (1, 200 * WAN)
    assert await gift(desk, as_of="2026-11-30") == (1, 200 * WAN)
    assert await gift(desk, as_of="2026-12-01") == (2, 300 * WAN)
    await desk.settle()
    announced = [each.data for each in await desk.told(PolicyPublished) if each.data["policy"] == "gift"]
    assert [each["catalogue_version"] for each in announced] == [before, before]


async def test_the_office_sees_what_is_coming_and_companies_do_not(desk: Desk) -> None:
    await two_versions(desk)
    seen = await desk.get("/policies/gift", "bureau")
    assert (seen["version"], seen["status"], seen["next_version"], seen["next_from"]) == (
        1, "published", 2, "2026-12-01",
    )  # fmt: skip
    assert seen["versions"] == [1, 2]
    assert [(each["version"], each["status"], each["first_day"], each["last_day"]) for each in seen["history"]] == [
        (1, "published", "2026-01-01", "2026-11-30"),
        (2, "scheduled", "2026-12-01", "2028-12-31"),
    ]
    states = [(await desk.get(f"/policies/gift/versions/{n}", "bureau")) for n in (1, 2)]
    assert [(each["status"], each["first_day"], each["last_day"]) for each in states] == [
        ("published", "2026-01-01", "2026-11-30"),
        ("scheduled", "2026-12-01", "2028-12-31"),
    ]
    found = await desk.get("/policies/gift")
    assert (found["version"], found["versions"], found["next_version"], found["history"]) == (1, [1], None, [])
    assert (await desk.ask("", "GET", "/policies/gift/versions/2")).status_code == 404
    assert (await desk.get("/policies", q="投资奖励（新）"))["items"] == []


async def test_the_clock_brings_it_in_and_tells_the_changed_pairs_alone(desk: Desk) -> None:
    await two_versions(desk)
    await desk.lead("lead-1")
    await desk.lead("lead-2", facts={"fixed_asset_investment": "1元"})
    desk.clock.instant = LAST_DAY
    await until_matched(desk, 200 * WAN)
    await rematched(desk)
    before = len(await desk.told(IncentivesMatched))
    basis = desk.app.state.library.basis(date(2026, 11, 30))
    desk.clock.advance(timedelta(seconds=29))
    await asyncio.sleep(0.5)
    assert desk.app.state.library.basis(date(2026, 11, 30)) == basis
    assert len(await desk.told(IncentivesMatched)) == before
    desk.clock.advance(timedelta(seconds=2))
    answer = await until_matched(desk, 300 * WAN)
    assert answer["as_of"] == "2026-12-01"
    assert await gift(desk) == (2, 300 * WAN)
    await rematched(desk)
    told = {each.data["lead_id"]: each.data["changes"] for each in (await desk.told(IncentivesMatched))[before:]}
    sums = ({"verdict": "met", "certain_fen": fen, "possible_fen": fen} for fen in (200 * WAN, 300 * WAN))
    assert told == {"lead-1": [dict(zip(("policy", "before", "after"), ("gift", *sums), strict=True))]}


async def test_lists_find_the_version_that_has_begun(desk: Desk) -> None:
    await two_versions(desk)
    desk.clock.instant = LAST_DAY + timedelta(minutes=1)
    async with asyncio.timeout(30):
        while not (items := (await desk.get("/policies", q="投资奖励（新）"))["items"]):  # noqa: ASYNC110 - as a page does
            await asyncio.sleep(0.05)
    assert [(each["version"], each["status"]) for each in items] == [(2, "published")]
    record = await desk.ports.store.get(POLICIES.name, scope_of_author(PEOPLE["editor"]), "gift")
    assert record is not None
    assert (record.body["document"]["version"], len(record.body["acts"])) == (2, 2)


async def test_a_page_is_right_from_the_first_second(desk: Desk) -> None:
    await desk.app.state.following.stop()
    await two_versions(desk)
    desk.clock.instant = LAST_DAY + timedelta(seconds=31)
    found = await desk.get("/policies/gift")
    assert (found["version"], found["title"]) == (2, "汽车产业投资奖励（新）")
    assert await gift(desk) == (2, 300 * WAN)


async def test_restarts_and_other_replicas_agree(open_desk: Opener) -> None:
    async with open_desk() as desk:
        await two_versions(desk)
        before = desk.app.state.library.current.version
    async with open_desk() as desk:
        assert desk.app.state.library.current.version == before
    async with open_desk(now=LAST_DAY + timedelta(minutes=1)) as desk:
        assert desk.app.state.library.current.version != before
        assert await gift(desk) == (2, 300 * WAN)
        assert await gift(desk, as_of="2026-11-30") == (1, 200 * WAN)


async def test_a_match_of_the_former_version_keeps_its_reasons(desk: Desk) -> None:
    await two_versions(desk)
    saved = await desk.post("/decisions", {"facts": FACTS, "as_of": "2026-12-01"}, "bureau", 201)
    desk.app.state.library._kept.clear()
    replay = await desk.get(f"/decisions/{saved['id']}/replay", "bureau")
    assert (replay["identical"], replay["differences"]) == (True, [])
    assert "gift@2>1" in str(replay["today"]["differences"])


async def test_the_catalogue_moves_exactly_where_something_begins_or_ends(open_desk: Opener) -> None:
    async with open_desk(catalogue="office") as desk:
        await published(desk, "gift", valid={"from": "2026-11-25", "until": "2027-02-28"})
        await published(desk, "gift", amount="300万元", valid={"from": "2026-12-01", "until": "2027-02-28"})
        revision = await reviewed(desk, "other", {"until": "2026-12-10"})
        await desk.post("/policies/other/publish", None, "editor", match=revision)
        revision = (await published(desk, "third"))["revision"]
        given = {"reason": "文件废止", "from": "2026-12-20"}
        await desk.post("/policies/third/withdraw", given, "editor", match=revision)
        library = desk.app.state.library
        day, moved = date(2026, 11, 23), []
        while day < date(2027, 3, 31):
            following = day + timedelta(days=1)
            if library.basis(following) != library.basis(day):
                moved.append(following.isoformat())
            day = following
    assert moved == ["2026-11-25", "2026-12-01", "2026-12-11", "2026-12-20", "2027-01-01", "2027-03-01"]


async def test_the_end_of_a_review_tells_the_pairs_that_lost_it(open_desk: Opener) -> None:
    async with open_desk(catalogue="office") as desk:
        revision = await reviewed(desk, "gift", {"until": "2026-11-30"})
        await desk.post("/policies/gift/publish", None, "editor", match=revision)
        await desk.lead("lead-1")
        await rematched(desk)
        before = len(await desk.told(IncentivesMatched))
        desk.clock.instant = LAST_DAY + timedelta(minutes=1)
        await rematched(desk, 60)
        (told,) = (await desk.told(IncentivesMatched))[before:]
    had = {"verdict": "met", "certain_fen": 200 * WAN, "possible_fen": 200 * WAN}
    assert told.data["changes"] == [{"policy": "gift", "before": had, "after": None}]


async def test_a_dry_run_of_what_begins_later_changes_nothing_today(desk: Desk) -> None:
    await published(desk, "gift")
    await leads(desk, 10)
    receipt = await drafted(desk, "gift", amount="300万元", valid=NEXT)
    tried = await desk.post("/policies/gift/dry-run", None, "editor")
    assert (tried["changed"], tried["no_longer_met"]) == (0, 0)
    then = await desk.post("/policies/gift/dry-run", None, "editor", as_of="2026-12-01")
    assert then["changed"] == then["other_sum"] == then["met"] > 0
    receipt = await desk.post("/policies/gift/review", REVIEW, "reviewer", match=receipt["revision"])
    await desk.post("/policies/gift/publish", None, "editor", match=receipt["revision"])
    before = len(await desk.told(IncentivesMatched))
    await rematched(desk)
    assert len(await desk.told(IncentivesMatched)) == before


async def test_a_version_never_changes_and_says_so_by_its_hash(open_desk: Opener) -> None:
    async def hashes(desk: Desk) -> list[str]:
        return [(await desk.get(f"/policies/gift/versions/{n}", "bureau"))["content_hash"] for n in (1, 2)]

    async with open_desk() as desk:
        await two_versions(desk)
        first = await hashes(desk)
        assert (await desk.get("/policies/gift"))["content_hash"] == first[0]
        revision = (await desk.get("/policies/gift", "editor"))["revision"]
        await desk.post("/policies/gift/withdraw", {"reason": "文件废止"}, "editor", match=revision)
        await published(desk, "gift", amount="400万元")
        assert await hashes(desk) == first
    async with open_desk(now=LAST_DAY + timedelta(days=800)) as desk:
        assert await hashes(desk) == first
    assert len(set(first)) == 2
    assert all(len(each) == 64 for each in first)
