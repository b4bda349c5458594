"""What somebody with an account is told is on record before they see it, once, and for those who may read it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from kit.store.port import Eq, Record, Scope
from services.incentives.commands.decisions import KEPT_FOR_VISITORS, forget_expired
from services.incentives.repository import DECISIONS
from tests.disks import full_disk, left_in
from tests.incentives.conftest import FACTS, PEOPLE, Desk, Opener
from tests.incentives.test_authoring_api import published

SCOPE = Scope.system("test")
STAFF = sorted(PEOPLE)


async def on_record(desk: Desk) -> list[Record]:
    """Every decision there is."""
    return [record async for record in desk.ports.store.scan(DECISIONS.name, SCOPE)]


def contents(desk: Desk) -> list[str]:
    """Every content that was kept."""
    return left_in(desk.ports.settings.data / "blobs")


async def told(desk: Desk, who: str, facts: dict[str, Any] | None = None, **asked: Any) -> str:
    """What this person is told, by its id."""
    answer = await desk.post("/eligibility", {"facts": FACTS if facts is None else facts, **asked}, who)
    return str(answer["decision"])


async def told_of_lead(desk: Desk, who: str, lead: str = "lead-1") -> str:
    """The same of a lead."""
    return str((await desk.get(f"/leads/{lead}/matches", who))["decision"])


async def opens(desk: Desk, who: str, id: str) -> bool:
    """Whether they may open it: both ways, or neither."""
    answers = [await desk.ask(who, "GET", f"/decisions/{id}{part}") for part in ("", "/replay")]
    assert {each.status_code for each in answers} in ({200}, {404})
    return answers[0].is_success


@pytest.mark.parametrize("who", STAFF)
async def test_whoever_has_an_account_is_told_on_record(desk: Desk, who: str) -> None:
    response = await desk.ask(who, "POST", "/eligibility", {"facts": FACTS})
    id = response.json()["decision"]
    [record] = await on_record(desk)
    assert (record.id, record.body["saved_by"], record.body["expires_at"]) == (id, who, None)
    assert record.body["asked"]["facts"].keys() == FACTS.keys()
    opened = await desk.ask(who, "GET", f"/decisions/{id}")
    assert opened.content == response.content
    assert [each for each in ("", *STAFF) if await opens(desk, each, id)] == [who]


async def test_nothing_is_kept_of_what_a_visitor_asks(desk: Desk) -> None:
    assert (await desk.post("/eligibility", {"facts": FACTS}))["decision"] is None
    assert (await on_record(desk), contents(desk)) == ([], [])


async def test_the_same_answer_is_one_decision_and_one_content(desk: Desk) -> None:
    ids = {*await asyncio.gather(*(told(desk, "jingkai") for _ in range(5))), await told(desk, "jingkai")}
    [record] = await on_record(desk)
    assert ids == {record.id}
    assert record.revision == 1
    assert len(contents(desk)) == 1


async def test_another_question_or_answer_or_person_is_another_decision(desk: Desk) -> None:
    ids = [
        await told(desk, "jingkai"),
        await told(desk, "jingkai", {**FACTS, "jobs": 301}),
        await told(desk, "jingkai", zones=["jingkai"]),
        await told(desk, "jingkai", as_of="2026-11-22"),
        await told(desk, "donghu"),
    ]
    await published(desk, "new-one")
    ids.append(await told(desk, "jingkai"))
    assert len(set(ids)) == len(ids) == len(await on_record(desk))


async def test_what_two_people_are_told_alike_is_kept_once(desk: Desk) -> None:
    one, other = await told(desk, "jingkai", {}), await told(desk, "donghu", {})
    assert one != other
    assert len(contents(desk)) == 1


async def test_that_it_was_told_again_is_noted_once_a_day(desk: Desk) -> None:
    await desk.lead()
    id = await told(desk, "jingkai", as_of="2026-11-23")
    for days in (0, 1, 1, 3):
        desk.clock.instant = datetime(2026, 11, 23, 2, days, tzinfo=UTC) + timedelta(days=days)
        assert await told(desk, "jingkai", as_of="2026-11-23") == id
    [record] = await on_record(desk)
    assert record.revision == 3
    assert record.body["saved_at"].startswith("2026-11-23")
    assert record.body["last_given_at"].startswith("2026-11-26")


async def test_a_day_begins_in_shanghai(desk: Desk) -> None:
    desk.clock.instant = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    await told(desk, "jingkai", as_of="2026-11-23")
    desk.clock.instant = datetime(2026, 11, 23, 16, 1, tzinfo=UTC)
    await told(desk, "jingkai", as_of="2026-11-23")
    assert [record.revision for record in await on_record(desk)] == [2]


async def test_an_answer_about_a_lead_is_for_who_may_read_the_lead(desk: Desk) -> None:
    await desk.lead()
    id = await told_of_lead(desk, "jingkai")
    assert [who for who in ("", *STAFF) if await opens(desk, who, id)] == ["bureau", "jingkai"]
    [record] = await on_record(desk)
    assert (record.body["lead"], record.body["lead_revision"]) == ("lead-1", 1)
    assert await told_of_lead(desk, "jingkai") == id
    assert await told_of_lead(desk, "bureau") != id
    await desk.lead(revision=2, readers=("city", "zone:donghu"))
    assert [who for who in ("", *STAFF) if await opens(desk, who, id)] == ["bureau", "donghu"]


async def test_an_answer_about_a_lead_is_given_byte_for_byte(desk: Desk) -> None:
    await desk.lead()
    given = await desk.ask("jingkai", "GET", "/leads/lead-1/matches")
    await desk.lead(revision=2, facts={**FACTS, "jobs": 1})
    opened = await desk.ask("bureau", "GET", f"/decisions/{given.json()['decision']}")
    assert opened.content == given.content
    assert opened.json()["lead_revision"] == 1


async def test_what_is_not_given_is_not_on_record(desk: Desk) -> None:
    await desk.lead()
    assert (await desk.ask("donghu", "GET", "/leads/lead-1/matches")).status_code == 404
    assert (await desk.ask("jingkai", "POST", "/eligibility", {"facts": {"land": 1}})).status_code == 422
    assert await on_record(desk) == []


async def test_what_cannot_be_kept_is_not_given(desk: Desk) -> None:
    await desk.lead()

    async def ask() -> list[httpx.Response]:
        return [
            await desk.ask("jingkai", "POST", "/eligibility", {"facts": FACTS}),
            await desk.ask("jingkai", "GET", "/leads/lead-1/matches"),
        ]

    with full_disk():
        refused = await ask()
        assert (await desk.ask("", "POST", "/eligibility", {"facts": FACTS})).status_code == 200
    assert {(each.status_code, each.json()["type"]) for each in refused} == {(503, "/problems/store-full")}
    assert "zones" not in refused[0].text + refused[1].text
    assert await on_record(desk) == []
    assert {each.status_code for each in await ask()} == {200}
    assert len(await on_record(desk)) == 2


async def test_what_was_kept_once_is_given_again_while_nothing_can_be_kept(desk: Desk) -> None:
    id = await told(desk, "jingkai")
    with full_disk():
        assert await told(desk, "jingkai") == id


async def test_what_one_was_told_is_listed_latest_first(desk: Desk) -> None:
    await desk.lead()
    of_facts = await told(desk, "jingkai", {"jobs": 7}, zones=["jingkai"])
    desk.clock.advance(timedelta(minutes=1))
    of_lead = await told_of_lead(desk, "jingkai")
    await told(desk, "donghu")
    await told_of_lead(desk, "bureau")
    items = (await desk.get("/decisions", "jingkai"))["items"]
    assert [each["id"] for each in items] == [of_lead, of_facts]
    assert (items[0]["lead"], items[0]["title"], items[0]["facts"]) == ("lead-1", "智能车载终端项目", {})
    answer = await desk.get(f"/decisions/{of_lead}", "jingkai")
    best = max(answer["zones"], key=lambda zone: zone["certain_fen"])
    assert items[0]["best"] == {name: best[name] for name in ("zone", "certain_fen", "possible_fen")}
    assert (items[1]["lead"], items[1]["title"], items[1]["zones"]) == (None, None, ["jingkai"])
    assert items[1]["facts"]["jobs"]["value"] == 7
    pages = [await desk.get("/decisions", "jingkai", limit=1)]
    pages.append(await desk.get("/decisions", "jingkai", limit=1, cursor=pages[0]["next"]))
    assert [each["id"] for page in pages for each in page["items"]] == [of_lead, of_facts]
    assert pages[1]["next"] is None


async def test_of_a_lead_one_lost_the_list_tells_nothing(desk: Desk) -> None:
    await desk.lead()
    id = await told_of_lead(desk, "jingkai")
    await desk.lead(revision=2, readers=("city", "zone:donghu"))
    [item] = (await desk.get("/decisions", "jingkai"))["items"]
    assert (item["id"], item["hidden"]) == (id, True)
    assert [item[name] for name in ("lead", "title", "best", "facts")] == [None, None, None, {}]
    assert (await desk.get("/decisions", "jingkai", lead="lead-1"))["items"] == []


async def test_what_anybody_was_told_of_a_lead_is_listed_for_who_may_read_it(desk: Desk) -> None:
    await desk.lead()
    await desk.lead("lead-2")
    ids = {await told_of_lead(desk, "jingkai"), await told_of_lead(desk, "bureau")}
    await told_of_lead(desk, "bureau", "lead-2")
    for who in ("jingkai", "bureau"):
        items = (await desk.get("/decisions", who, lead="lead-1"))["items"]
        assert {each["id"] for each in items} == ids
        assert {each["given_to"] for each in items} == {"jingkai", "bureau"}
    for who in ("donghu", "partner", "admin"):
        assert (await desk.get("/decisions", who, lead="lead-1"))["items"] == []


async def test_a_visitor_has_no_list(desk: Desk) -> None:
    assert (await desk.ask("", "GET", "/decisions")).status_code == 401


async def test_what_a_partner_sends_to_a_zone_is_for_its_desk_as_well(desk: Desk) -> None:
    sent = (await desk.post("/decisions", {"facts": FACTS, "sent_to": "donghu"}, "partner", 201))["id"]
    assert [who for who in ("", *STAFF) if await opens(desk, who, sent)] == ["bureau", "donghu", "partner"]
    kept = (await desk.post("/decisions", {"facts": FACTS}, "partner", 201))["id"]
    assert [who for who in ("", *STAFF) if await opens(desk, who, kept)] == ["partner"]
    assert {each["id"] for each in (await desk.get("/decisions", "partner"))["items"]} == {sent, kept}


async def test_what_an_editor_saves_is_theirs_alone(desk: Desk) -> None:
    kept = (await desk.post("/decisions", {"facts": FACTS}, "editor", 201))["id"]
    assert [who for who in ("", *STAFF) if await opens(desk, who, kept)] == ["editor"]


async def test_a_visitors_content_goes_with_its_record_and_nobody_elses(desk: Desk) -> None:
    visitors = [(await desk.post("/decisions", {"facts": {}}, "", 201))["id"] for _ in range(2)]
    own = await told(desk, "partner", {})
    assert len(contents(desk)) == 3
    desk.clock.advance(KEPT_FOR_VISITORS + timedelta(seconds=1))
    await forget_expired(desk.ports)
    assert [await opens(desk, "", id) for id in visitors] == [False, False]
    assert len(contents(desk)) == 1
    assert await opens(desk, "partner", own)


async def test_what_was_told_outlives_a_restart(open_desk: Opener) -> None:
    async with open_desk() as desk:
        id = await told(desk, "jingkai")
        answer = await desk.get(f"/decisions/{id}", "jingkai")
    async with open_desk() as desk:
        assert await desk.get(f"/decisions/{id}", "jingkai") == answer
        assert await told(desk, "jingkai") == id


async def test_a_stored_decision_is_small(desk: Desk) -> None:
    await told(desk, "jingkai")
    [record] = await on_record(desk)
    found = await desk.ports.store.find(DECISIONS.name, SCOPE, [Eq("lead", None)])
    assert [each.id for each in found.records] == [record.id]
    answer = await desk.ask("jingkai", "GET", f"/decisions/{record.id}")
    [content] = [path for path in (desk.ports.settings.data / "blobs").rglob("*") if path.is_file()]
    assert content.stat().st_size < len(answer.content) / 10
