"""Asking what a project could get, without an account; saving the answer and opening it again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts.vocabulary.facts import FACTS as FACT_KINDS
from services.incentives.schemas import MatchAnswer
from tests.incentives.conftest import FACTS, Desk, Opener
from tests.incentives.test_authoring_api import published


async def test_a_visitor_asks_without_account_or_key(desk: Desk) -> None:
    response = await desk.client.post("/eligibility", json={"facts": FACTS})
    assert response.status_code == 200
    answer = MatchAnswer.model_validate(response.json())
    assert (answer.decision, answer.lead_revision, answer.as_of) == (None, None, "2026-11-23")
    assert answer.standing == ["illustrative"]
    assert len(answer.zones) == 14
    assert (answer.zones[0].zone, answer.zones[0].industry_fit) == ("jingkai", "lead")
    for zone in answer.zones:
        assert zone.policies
        for policy in zone.policies:
            assert policy.nearest == []
            assert policy.conditions
            assert {each.source.kind for each in policy.conditions if each.source} <= {"visitor"}


async def test_officers_see_zones_by_amount_and_numbers_to_reach(desk: Desk) -> None:
    answer = await desk.post("/eligibility", {"facts": {**FACTS, "fixed_asset_investment": "4900万元"}}, "jingkai")
    certain = [zone["certain_fen"] for zone in answer["zones"]]
    assert certain == sorted(certain, reverse=True)
    assert any(policy["nearest"] for zone in answer["zones"] for policy in zone["policies"])


async def test_a_partner_is_told_what_to_reach_and_nothing_else_than_the_public(desk: Desk) -> None:
    asked = {"facts": {**FACTS, "fixed_asset_investment": "4900万元"}}
    answer, public = await desk.post("/eligibility", asked, "partner"), await desk.post("/eligibility", asked)
    assert any(policy["nearest"] for zone in answer["zones"] for policy in zone["policies"])
    assert [zone["zone"] for zone in answer["zones"]] == [zone["zone"] for zone in public["zones"]]
    assert answer["next_question"] == public["next_question"]
    sources = {each["source"]["kind"] for each in answer["zones"][0]["policies"][0]["conditions"] if each["source"]}
    assert sources <= {"partner"}


@pytest.mark.parametrize("who", ["", "partner", "jingkai"])
async def test_everybody_is_told_rule_value_source_and_clause(desk: Desk, who: str) -> None:
    answer = await desk.post("/eligibility", {"facts": FACTS}, who)
    conditions = [each for zone in answer["zones"] for policy in zone["policies"] for each in policy["conditions"]]
    known = [each for each in conditions if each["fact"] in FACTS]
    assert known
    assert all(each["text"] and each["shown"] and each["source"] for each in known)
    assert all(each["source"] is None for each in conditions if each["state"] == "missing")
    assert {each["clause"] for each in conditions} - {None}


async def test_the_next_question_is_the_best_and_answering_it_ends_it(desk: Desk) -> None:
    facts: dict[str, Any] = {"industry_code": "3962"}
    asked = []
    for _ in range(4):
        fact = FACT_KINDS[(await desk.post("/eligibility", {"facts": facts}))["next_question"]["fact"]]
        asked.append(fact.name)
        plain = {"amount": "5亿元", "boolean": False, "choice": next(iter(fact.choices), ""), "tags": []}
        facts[fact.name] = plain.get(fact.kind, 10)
    assert len(set(asked)) == 4
    more = await desk.post("/eligibility", {"facts": facts})
    told = [more["next_question"], *more["further_questions"]]
    assert not {each["fact"] for each in told} & facts.keys()
    assert all(each["text"] and each["why"] for each in told)


async def test_some_zones_on_another_day(desk: Desk) -> None:
    asked = {"facts": FACTS, "as_of": "2033-01-01", "zones": ["donghu", "jingkai"]}
    answer = await desk.post("/eligibility", asked)
    assert {zone["zone"] for zone in answer["zones"]} == {"donghu", "jingkai"}
    assert answer["as_of"] == "2033-01-01"
    assert "illustrative" not in answer["standing"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"facts": {"fixed_asset_investment": "很多"}}, "facts.fixed_asset_investment"),
        ({"facts": {"fixed_asset_investment": -1}}, "facts.fixed_asset_investment"),
        ({"facts": {"land": 3}}, "facts.land"),
        ({"facts": {"industry_code": "9999999"}}, "facts.industry_code"),
        ({"facts": {}, "zones": ["guanggu"]}, "zones.0"),
        ({"facts": {}, "zones": []}, "zones"),
        ({"facts": {}, "as_of": "昨天"}, "as_of"),
        ({"facts": {}, "as_of": "1900-01-01"}, "as_of"),
        ({"fact": {}}, "fact"),
    ],
)
async def test_what_is_wrong_is_said_by_path(desk: Desk, body: dict[str, Any], path: str) -> None:
    refused = await desk.post("/eligibility", body, status=422)
    assert any(each["path"].startswith(path) and each["message"] for each in refused["errors"])


async def test_a_saved_answer_replays_exactly(desk: Desk) -> None:
    answer = await desk.post("/eligibility", {"facts": FACTS})
    receipt = await desk.post("/decisions", {"facts": FACTS}, status=201)
    saved = await desk.get(f"/decisions/{receipt['id']}")
    assert saved == answer | {"decision": receipt["id"]}
    await published(desk, "city-gift", amount="1元")
    assert await desk.get(f"/decisions/{receipt['id']}") == saved
    assert (await desk.post("/eligibility", {"facts": FACTS}))["catalogue_version"] != saved["catalogue_version"]


async def test_saving_twice_saves_once(desk: Desk) -> None:
    body = {"facts": FACTS}
    receipts = await asyncio.gather(*(desk.post("/decisions", body, status=201, key="again") for _ in range(5)))
    assert len({receipt["id"] for receipt in receipts}) == 1
    refused = await desk.post("/decisions", {"facts": {}}, status=422, key="again")
    assert refused["type"] == "/problems/idempotency-mismatch"
    other = await desk.post("/decisions", body, "jingkai", 201, key="again")
    assert other["id"] != receipts[0]["id"]


async def test_an_officers_answer_is_for_their_desk(desk: Desk) -> None:
    receipt = await desk.post("/decisions", {"facts": FACTS}, "jingkai", 201)
    assert (await desk.ask("jingkai", "GET", f"/decisions/{receipt['id']}")).status_code == 200
    for who in ("", "donghu", "partner"):
        assert (await desk.ask(who, "GET", f"/decisions/{receipt['id']}")).status_code == 404


async def test_saving_needs_a_key_and_opening_an_id(desk: Desk) -> None:
    assert (await desk.client.post("/decisions", json={"facts": {}})).status_code == 400
    for id in ("x", "00000000-0000-8000-8000-000000000000"):
        refused = await desk.ask("", "GET", f"/decisions/{id}")
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/decision-not-found")


async def test_a_saved_answer_survives_a_restart(open_desk: Opener) -> None:
    async with open_desk() as desk:
        receipt = await desk.post("/decisions", {"facts": FACTS}, status=201)
        saved = await desk.get(f"/decisions/{receipt['id']}")
    async with open_desk() as desk:
        assert await desk.get(f"/decisions/{receipt['id']}") == saved
