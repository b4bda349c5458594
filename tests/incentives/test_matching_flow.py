"""From what the leads service says to what a lead's page shows: once, in order, and only to its readers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from contracts.catalogue import topic_of
from contracts.incentives import IncentivesCutoffPassed, IncentivesMatched
from contracts.vocabulary.weeks import Week
from kit.bus.port import Message
from kit.store.port import Scope
from services.incentives.commands.rematch import rematch
from services.incentives.jobs import announce_cutoff
from services.incentives.repository import CATALOGUES, MATCHES, POLICIES, NewerSchema
from services.incentives.schemas import MatchAnswer
from tests.incentives.conftest import FACTS, Desk, Opener
from tests.incentives.test_authoring_api import published


async def test_a_registered_lead_is_matched_and_told(desk: Desk) -> None:
    await desk.lead(origin="import", import_id="imp-1")
    answer = MatchAnswer.model_validate(await desk.get("/leads/lead-1/matches", "jingkai"))
    assert (answer.lead_revision, len(answer.zones)) == (1, 14)
    told = await desk.told(IncentivesMatched)
    assert len(told) == 1
    said = IncentivesMatched.heard(told[0].data)
    assert told[0].partitionkey == "lead-1"
    assert (said.lead_id, said.lead_revision, said.changed) == ("lead-1", 1, True)
    assert (said.readers, said.owner, said.import_id) == (["city", "zone:jingkai"], "jingkai", "imp-1")
    totals = {zone.zone: (zone.certain_fen, zone.possible_fen) for zone in said.zones}
    assert totals == {zone.zone: (zone.certain_fen, zone.possible_fen) for zone in answer.zones}
    assert said.best_zone == answer.zones[0].zone
    assert said.catalogue_version == answer.catalogue_version


@pytest.mark.parametrize(
    ("who", "status"),
    [("jingkai", 200), ("bureau", 200), ("donghu", 404), ("partner", 404), ("admin", 404), ("", 404)],
)
async def test_only_its_readers_see_a_match(desk: Desk, who: str, status: int) -> None:
    await desk.lead()
    assert (await desk.ask(who, "GET", "/leads/lead-1/matches")).status_code == status


async def test_until_it_is_matched_try_again(desk: Desk) -> None:
    response = await desk.ask("jingkai", "GET", "/leads/lead-1/matches")
    assert (response.status_code, response.headers["retry-after"]) == (404, "1")


async def test_repeats_and_stragglers_change_nothing(desk: Desk) -> None:
    first = await desk.lead(settle=False)
    await desk.lead(revision=3, facts={**FACTS, "jobs": 10})
    newest = await desk.get("/leads/lead-1/matches", "jingkai")
    await desk.ports.bus.publish([Message(topic_of("leads"), "lead-1", first.encode())])
    await desk.lead(revision=2, facts={})
    assert await desk.get("/leads/lead-1/matches", "jingkai") == newest
    assert [event.data["lead_revision"] for event in await desk.told(IncentivesMatched)] == [1, 3]


async def test_a_change_says_whether_the_outcome_changed(desk: Desk) -> None:
    await desk.lead()
    await desk.lead(revision=2, title="改了名的项目")
    await desk.lead(revision=3, facts={**FACTS, "fixed_asset_investment": "30亿元"})
    told = await desk.told(IncentivesMatched)
    assert [event.data["changed"] for event in told] == [True, False, True]
    assert told[1].data["title"] == "改了名的项目"
    assert [event.sequence for event in told] == sorted(event.sequence for event in told)


async def test_readers_follow_the_lead(desk: Desk) -> None:
    await desk.lead()
    await desk.lead(revision=2, readers=("city", "zone:donghu"))
    assert (await desk.ask("jingkai", "GET", "/leads/lead-1/matches")).status_code == 404
    assert (await desk.ask("donghu", "GET", "/leads/lead-1/matches")).status_code == 200


async def test_an_old_match_keeps_its_reasons_until_it_is_matched_again(desk: Desk) -> None:
    await desk.app.state.following.stop()
    await desk.lead()
    before = await desk.get("/leads/lead-1/matches", "jingkai")
    await published(desk, "city-gift")
    assert await desk.get("/leads/lead-1/matches", "jingkai") == before
    assert await rematch(desk.ports, desk.app.state.library) == 1
    assert await rematch(desk.ports, desk.app.state.library) == 0
    after = await desk.get("/leads/lead-1/matches", "jingkai")
    assert after["catalogue_version"] != before["catalogue_version"]
    assert after["zones"][0]["certain_fen"] == before["zones"][0]["certain_fen"] + 200_000_000


async def test_an_old_match_keeps_its_reasons_across_a_restart(open_desk: Opener) -> None:
    async with open_desk() as desk:
        await desk.app.state.following.stop()
        await desk.lead()
        before = await desk.get("/leads/lead-1/matches", "jingkai")
        await published(desk, "city-gift")
        desk.app.state.library._kept.clear()
        assert await desk.get("/leads/lead-1/matches", "jingkai") == before


async def test_a_catalogue_that_nobody_remembers_is_no_dead_end(desk: Desk) -> None:
    await desk.app.state.following.stop()
    await desk.lead()
    before = await desk.get("/leads/lead-1/matches", "jingkai")
    await published(desk, "city-gift")
    desk.app.state.library._kept.clear()
    await desk.ports.store.erase(CATALOGUES.name, before["catalogue_version"])
    found = await desk.get("/leads/lead-1/matches", "jingkai")
    assert found["catalogue_version"] == desk.app.state.library.current.version


async def test_data_of_a_later_release_are_refused_at_start(open_desk: Opener) -> None:
    async with open_desk() as desk:
        record = (await desk.ports.store.find(POLICIES.name, Scope.system("test"), limit=1)).records[0]
        await desk.ports.store.save(POLICIES.name, record.with_body(record.body | {"schema_number": 99}))
    with pytest.raises(NewerSchema, match="升级"):
        async with open_desk():
            pass


async def test_a_stored_match_is_small(desk: Desk) -> None:
    await desk.lead()
    record = await desk.ports.store.get(MATCHES.name, Scope.system("test"), "lead-1")
    assert record is not None
    assert len(orjson.dumps(record.body)) < 16 * 1024


async def test_the_day_a_policy_ends_leads_are_matched_again(open_desk: Opener) -> None:
    async with open_desk() as desk:
        await desk.lead()
        assert (await desk.get("/leads/lead-1/matches", "jingkai"))["zones"][0]["certain_fen"] > 0
    async with open_desk(now=datetime(2029, 1, 2, tzinfo=UTC)) as desk:
        await rematch(desk.ports, desk.app.state.library)  # whatever the service has not done by itself meanwhile
        found = await desk.get("/leads/lead-1/matches", "jingkai")
        assert (found["as_of"], found["zones"][0]["certain_fen"]) == ("2029-01-02", 0)


async def test_an_event_that_cannot_be_read_stops_nobody_else(desk: Desk) -> None:
    broken = await desk.lead("lead-0")
    data = {name: value for name, value in broken.data.items() if name != "zone"}
    bad = broken.model_copy(update={"id": "lead-9:1:0", "data": data, "partitionkey": "lead-9"})
    await desk.ports.bus.publish([Message(topic_of("leads"), "lead-9", bad.encode())])
    await desk.lead("lead-2")
    assert (await desk.ask("jingkai", "GET", "/leads/lead-2/matches")).status_code == 200


async def test_a_week_is_closed_on_every_partition_once(desk: Desk) -> None:
    desk.clock.instant = datetime(2026, 11, 29, 16, 0, tzinfo=UTC) + timedelta(seconds=1)
    closed: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while len(closed) < 8:
            await asyncio.sleep(0.1)
            told = await desk.told(IncentivesCutoffPassed)
            closed = [event.data for event in told if event.data["week"] == "2026-W48"]
    await announce_cutoff(desk.ports, Week.parse("2026-W48").end)
    await desk.settle()
    assert len([event for event in await desk.told(IncentivesCutoffPassed) if event.data["week"] == "2026-W48"]) == 8
    assert sorted(each["partition"] for each in closed) == list(range(8))
    assert {(each["service"], each["partitions"]) for each in closed} == {("incentives", 8)}


async def test_a_match_that_time_alone_changes_is_made_again_the_next_day(open_desk: Opener) -> None:
    recent = {"id": "recent", "text": "认定后1个月内", "since": {"date": "recognised_on"}, "op": "le", "value": 1}
    async with open_desk(catalogue="office") as desk:
        await published(desk, "recent", conditions=recent, examples=RECENT)
        await desk.lead(facts={"recognised_on": "2026-10-23"})
        assert (await _verdict(desk)) == "met"
        desk.clock.advance(timedelta(days=1))
        async with asyncio.timeout(10):
            while await _verdict(desk) != "not_met":  # noqa: ASYNC110 - a page tells nobody
                await asyncio.sleep(0.05)


async def _verdict(desk: Desk) -> str:
    answer = MatchAnswer.model_validate(await desk.get("/leads/lead-1/matches", "jingkai"))
    return answer.zones[0].policies[0].verdict


RECENT = [
    {"title": "正好1个月", "as_of": "2026-06-01", "facts": {"recognised_on": "2026-05-01"}, "verdict": "met"},
    {"title": "多一天", "as_of": "2026-06-02", "facts": {"recognised_on": "2026-05-01"}, "verdict": "not_met"},
]
