"""Checks where people draft: contradictions refuse, what is idle, overlapping or flagged is shown."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.incentives.conftest import Desk
from tests.incentives.test_authoring_api import REVIEW, city, drafted, published
from tests.incentives.writing import FAI, JOBS

IDLE = {"all": [FAI, JOBS, JOBS | {"id": "again", "value": 50}]}
CONTRADICTORY = {"all": [FAI, FAI | {"id": "less", "text": "不足1亿元", "op": "lt"}]}
UNMET = [
    {"title": title, "as_of": "2026-06-01", "facts": {"fixed_asset_investment": fen}, "verdict": "not_met"}
    for title, fen in (("够", "2亿元"), ("不够", 1))
]
RATE = {"kind": "rate", "text": "按固定资产投资的1%奖励", "rate": "1%", "base": "fixed_asset_investment"}


async def checked(desk: Desk, id: str) -> Any:
    return await desk.get(f"/policies/{id}/checks", "editor")


@pytest.mark.parametrize("written", ["text", "policy"])
async def test_a_contradiction_is_refused_where_it_is(desk: Desk, written: str) -> None:
    bad = city("new-one", conditions=CONTRADICTORY, examples=UNMET)
    body = {"policy": bad} if written == "policy" else {"text": yaml.safe_dump(bad, allow_unicode=True)}
    refused = await desk.post("/policies", body, "editor", 422)
    (error,) = refused["errors"]
    assert error["path"].endswith("conditions.all.1")
    assert error["path"].startswith("第") is (written == "text")
    assert "矛盾" in error["message"]
    assert (await desk.ask("editor", "GET", "/policies/new-one")).status_code == 404


async def test_an_example_that_disagrees_has_its_line(desk: Desk) -> None:
    bad = city("new-one")
    bad["examples"][1]["verdict"] = "met"
    refused = await desk.post("/policies", {"text": yaml.safe_dump(bad, allow_unicode=True)}, "editor", 422)
    assert refused["errors"][0]["path"].startswith("第")
    assert refused["errors"][0]["path"].endswith("examples.1")


async def test_what_is_idle_is_drafted_and_shown(desk: Desk) -> None:
    await drafted(desk, "new-one", conditions=IDLE, examples=_examples())
    found = await checked(desk, "new-one")
    assert (found["version"], found["draft"], found["flags"]) == (1, True, [])
    assert [(each["level"], each["path"]) for each in found["findings"]] == [("warning", "conditions.all.2")]


def _examples() -> list[dict[str, Any]]:
    big = {"fixed_asset_investment": "2亿元", "jobs": 300}
    return [
        {"title": "够", "as_of": "2026-06-01", "facts": big, "verdict": "met"},
        {"title": "不够", "as_of": "2026-06-01", "facts": big | {"jobs": 1}, "verdict": "not_met"},
    ]


async def test_flags_show_rule_place_article_and_answer(desk: Desk) -> None:
    receipt = await drafted(desk, "new-one", summary="在区内注册的企业")
    found = await checked(desk, "new-one")
    assert "尚未审查" in found["blocked"]
    (flag,) = found["flags"]
    assert (flag["rule"], flag["path"], flag["found"], flag["reason"]) == (
        "local-registration", "summary", ["在区内注册"], None,
    )  # fmt: skip
    assert any("第十二条第（二）项" in article for article in flag["articles"])
    answer = REVIEW | {"overrides": [{"rule": "local-registration", "reason": "国务院批准的试点"}]}
    receipt = await desk.post("/policies/new-one/review", answer, "reviewer", match=receipt["revision"])
    found = await checked(desk, "new-one")
    assert found["blocked"] is None
    assert found["flags"][0]["reason"] == "国务院批准的试点"
    await desk.post("/policies/new-one/publish", None, "editor", match=receipt["revision"])
    found = await checked(desk, "new-one")
    assert (found["draft"], found["flags"][0]["reason"]) == (False, "国务院批准的试点")


async def test_what_is_published_is_compared_with(desk: Desk) -> None:
    await published(desk, "one", benefit=RATE)
    await drafted(desk, "other", benefit=RATE)
    await drafted(desk, "one", benefit=RATE)
    overlap = (await checked(desk, "other"))["findings"]
    assert [each["path"] for each in overlap] == ["exclusive_group"]
    assert "（one）" in overlap[0]["message"]
    versions = (await checked(desk, "one"))["findings"]
    assert [each["path"] for each in versions] == ["valid"]
    assert (await checked(desk, "one"))["version"] == 2


@pytest.mark.parametrize(("who", "status"), [("", 401), ("jingkai", 403), ("partner", 403), ("admin", 200)])
async def test_who_sees_checks(desk: Desk, who: str, status: int) -> None:
    await drafted(desk, "new-one")
    assert (await desk.ask(who, "GET", "/policies/new-one/checks")).status_code == status
    assert (await desk.ask("editor", "GET", "/policies/none/checks")).status_code == 404
