"""A dry run says what publication then does: to whom, and to nobody else; who is not concerned hears nothing."""

from __future__ import annotations

import asyncio
import time
from random import Random
from typing import Any

import pytest

from contracts.incentives import IncentivesMatched
from services.incentives.commands import dry_run as trying
from services.incentives.commands.matches import match_lead
from services.incentives.repository import MATCHES, Library, basis_of, today
from tests.conftest import Effort
from tests.incentives.conftest import PEOPLE, Desk, person, snapshot
from tests.incentives.test_authoring_api import REVIEW, drafted, published
from tests.incentives.writing import FAI

WAN = 1_000_000
STRICTER = {**FAI, "text": "固定资产投资不低于2亿元", "value": "2亿元"}
RATE = {"kind": "rate", "text": "按固定资产投资的1%奖励", "rate": "1%", "base": "fixed_asset_investment"}
POOL = {"name": "city-2026", "title": "全市专项资金", "total": "500万元", "rule": "first_come"}


async def leads(desk: Desk, count: int, seed: int = 7) -> None:
    """Leads of all kinds, some of which say nothing of what is asked."""
    random, library = Random(seed), desk.app.state.library  # noqa: S311 - what leads say is no secret
    for number in range(count):
        facts: dict[str, Any] = {"industry_code": random.choice(["3962", "6513", "27"]), "jobs": random.randrange(200)}
        if random.random() < 0.8:
            facts["fixed_asset_investment"] = f"{random.randrange(1, 400)}00万元"
        readers = ("city", "zone:jingkai") if number % 2 else ("city", "zone:donghu")
        await match_lead(desk.ports, library, snapshot(f"lead-{number}", 1, facts, readers), 100)


async def publish(desk: Desk, id: str, **changes: Any) -> None:
    receipt = await drafted(desk, id, **changes)
    receipt = await desk.post(f"/policies/{id}/review", REVIEW, "reviewer", match=receipt["revision"])
    await desk.post(f"/policies/{id}/publish", None, "editor", match=receipt["revision"])


def out_of_reach(sum_: str) -> dict[str, Any]:
    """A policy for an investment that no lead has."""
    enough = {"title": "够", "as_of": "2026-06-01", "facts": {"fixed_asset_investment": sum_}, "verdict": "met"}
    little = {"title": "不够", "as_of": "2026-06-01", "facts": {"fixed_asset_investment": 1}, "verdict": "not_met"}
    return {"conditions": {**FAI, "value": sum_}, "examples": [enough, little]}


async def rematched(desk: Desk, patience: float = 600) -> None:
    """Wait until every lead was matched from what counts now; looking takes a fifth of the time at most."""
    async with asyncio.timeout(patience):
        started = time.monotonic()
        while await behind(desk):
            await asyncio.sleep(max(0.2, 4 * (time.monotonic() - started)))
            started = time.monotonic()
        await desk.settle()


async def behind(desk: Desk) -> bool:
    """Whether a lead was matched from what no longer counts."""
    library: Library = desk.app.state.library
    basis = library.basis(today(desk.ports))
    async for record in desk.ports.store.scan(MATCHES.name, trying._SCOPE):
        if basis_of(record.body["basis"]) != basis:
            return True
    return False


def verdict(outcome: dict[str, Any] | None) -> str:
    return str(outcome["verdict"]) if outcome else "not_met"


def fen(outcome: dict[str, Any] | None) -> int:
    return int(outcome["certain_fen"]) if outcome else 0


@pytest.mark.timeout(1800)
async def test_a_dry_run_is_what_publication_then_does(
    desk: Desk, effort: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 10_000 if effort == "full" else 300
    monkeypatch.setattr(trying, "NAMED", count)
    monkeypatch.setitem(PEOPLE, "editor", person("editor", "policy_editor", "city"))
    await published(desk, "new-one")
    await leads(desk, count)
    await drafted(desk, "new-one", conditions=STRICTER)
    tried = await desk.post("/policies/new-one/dry-run", None, "editor")
    before = len(await desk.told(IncentivesMatched))

    await publish(desk, "new-one", conditions=STRICTER)
    await rematched(desk)
    told = [each.data for each in (await desk.told(IncentivesMatched))[before:]]
    changed = {each["lead_id"]: each["changes"] for each in told}
    assert all([change["policy"] for change in each] == ["new-one"] for each in changed.values())
    assert len(told) == len(changed) == tried["changed"] == len(tried["named"])
    assert 0 < len(changed) < count
    expected = {
        each["lead"]: (each["before"], each["after"], each["before_fen"], each["after_fen"]) for each in tried["named"]
    }
    happened = {
        lead: (verdict(one["before"]), verdict(one["after"]), fen(one["before"]), fen(one["after"]))
        for lead, (one,) in changed.items()
    }
    assert happened == expected
    rows = [
        record.body["result"]["policies"]["new-one"]
        async for record in desk.ports.store.scan(MATCHES.name, trying._SCOPE)
    ]
    assert (tried["leads"], tried["met"]) == (count, sum(row[0] == 2 for row in rows))
    assert tried["certain_fen"] == sum(row[2] for row in rows)
    assert sum(each["after_fen"] for each in tried["by_year"]) == tried["certain_fen"]


async def test_who_is_not_concerned_hears_nothing(desk: Desk) -> None:
    await leads(desk, 20)
    await desk.settle()
    before = len(await desk.told(IncentivesMatched))
    await publish(desk, "nobody", **out_of_reach("9000亿元"))
    await rematched(desk)
    told = (await desk.told(IncentivesMatched))[before:]
    assert {change["after"]["verdict"] for each in told for change in each.data["changes"]} <= {"not_met", "unknown"}
    again = len(await desk.told(IncentivesMatched))
    await publish(desk, "nobody", **out_of_reach("9001亿元"))
    await rematched(desk)
    assert len(await desk.told(IncentivesMatched)) == again
    matches = [record async for record in desk.ports.store.scan(MATCHES.name, trying._SCOPE)]
    assert {record.body["result"]["catalogue_version"] for record in matches} == {
        desk.app.state.library.current.version
    }


async def test_a_change_of_the_sum_alone_is_told_with_both_sums(desk: Desk) -> None:
    await published(desk, "new-one")
    await desk.lead("lead-1")
    before = len(await desk.told(IncentivesMatched))
    await publish(desk, "new-one", benefit=RATE)
    await rematched(desk)
    (told,) = (await desk.told(IncentivesMatched))[before:]
    assert told.data["changes"] == [
        {
            "policy": "new-one",
            "before": {"verdict": "met", "certain_fen": 200 * WAN, "possible_fen": 200 * WAN},
            "after": {"verdict": "met", "certain_fen": 350 * WAN, "possible_fen": 350 * WAN},
        }
    ]


async def test_only_leads_in_sight_are_named_and_all_are_counted(desk: Desk) -> None:
    await desk.lead("lead-1", readers=("city", "zone:jingkai"))
    await drafted(desk, "new-one")
    tried = await desk.post("/policies/new-one/dry-run", None, "editor")
    assert (tried["changed"], tried["newly_met"], tried["named"]) == (1, 1, [])


async def test_a_budget_says_what_it_could_not_pay(desk: Desk) -> None:
    for number in range(3):
        await desk.lead(f"lead-{number}")
    await drafted(desk, "new-one", pool=POOL)
    tried = await desk.post("/policies/new-one/dry-run", None, "editor")
    assert tried["pool"] == {
        "title": "全市专项资金", "rule": "first_come",
        "total_fen": 500 * WAN, "asked_fen": 600 * WAN, "short_fen": 100 * WAN,
    }  # fmt: skip


async def test_a_day_may_be_named(desk: Desk) -> None:
    await desk.lead("lead-1")
    await drafted(desk, "new-one", valid={"from": "2027-01-01", "until": "2028-12-31"})
    today_ = await desk.post("/policies/new-one/dry-run", None, "editor")
    assert (today_["changed"], today_["as_of"]) == (0, "2026-11-23")
    later = await desk.post("/policies/new-one/dry-run", None, "editor", as_of="2027-01-01")
    assert (later["newly_met"], later["by_year"]) == (1, [{"year": 2027, "before_fen": 0, "after_fen": 200 * WAN}])
    await desk.post("/policies/new-one/dry-run", None, "editor", 422, as_of="27-1-1")


@pytest.mark.parametrize(("name", "limit", "counted"), [("DRY_RUN_LEADS", 200, 200), ("DRY_RUN_SECONDS", 0, 200)])
async def test_what_there_is_no_time_for_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, counted: int
) -> None:
    await leads(desk, 230)
    await drafted(desk, "new-one")
    whole = await desk.post("/policies/new-one/dry-run", None, "editor")
    assert (whole["leads"], whole["all_leads"]) == (230, 230)
    monkeypatch.setattr(trying, name, limit)
    part = await desk.post("/policies/new-one/dry-run", None, "editor")
    assert (part["leads"], part["all_leads"]) == (counted, 230)
