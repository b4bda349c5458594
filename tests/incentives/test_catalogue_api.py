"""Zones, policies and codes as anybody may read them."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.vocabulary.zones import ZONES
from tests.incentives.conftest import Desk, Opener


async def every(desk: Desk, path: str, **params: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = await desk.get(path, limit=20, **params, **more)
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


async def test_fourteen_zones(desk: Desk) -> None:
    zones = (await desk.get("/zones"))["items"]
    assert [zone["id"] for zone in zones] == list(ZONES)
    assert all(len(zone["checklist_new_nine"]) == 10 and zone["policies"] > 0 for zone in zones)
    one = await desk.get("/zones/donghu")
    assert (one["positioning"]["theme"], one["name"]) == ("五谷", "东湖新技术开发区")


async def test_a_zone_that_does_not_exist(desk: Desk) -> None:
    response = await desk.ask("", "GET", "/zones/guanggu")
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/zone-not-found"
    assert "donghu" in response.json()["detail"]


async def test_policies_by_filter(desk: Desk) -> None:
    everything = await every(desk, "/policies")
    assert len(everything) == len({each["id"] for each in everything}) > 50
    for name, value in (("standing", "illustrative"), ("standing", "historical"), ("instrument", "rent_support")):
        found = await every(desk, "/policies", **{name: value})
        assert found
        assert [each["id"] for each in found] == [each["id"] for each in everything if each[name] == value]
    here = await every(desk, "/policies", zone="wuchang")
    assert {each["id"] for each in here} == {each["id"] for each in everything if "wuchang" in each["zones"]}
    assert {each["scope"] for each in here} >= {"group:zhongxin", "city:wuhan"}


async def test_policies_by_words(desk: Desk) -> None:
    found = await every(desk, "/policies", q="总部")
    assert found
    assert all("总部" in each["title"] + each["summary"] for each in found)


@pytest.mark.parametrize("params", [{"zone": "guanggu"}, {"standing": "old"}, {"limit": 0}, {"cursor": "xx"}])
async def test_wrong_filters_are_explained(desk: Desk, params: dict[str, Any]) -> None:
    response = await desk.ask("", "GET", "/policies", **params)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_policy_and_its_versions(desk: Desk) -> None:
    first = (await desk.get("/policies", standing="illustrative"))["items"][0]
    response = await desk.ask("", "GET", f"/policies/{first['id']}")
    found = response.json()
    assert response.headers["etag"] == f'"{found["revision"]}"'
    assert (found["versions"], found["draft"], found["document"]["id"]) == ([1], None, first["id"])
    one = await desk.get(f"/policies/{first['id']}/versions/1")
    assert one["document"] == found["document"]
    for path in (f"/policies/{first['id']}/versions/2", "/policies/none", "/policies/none/versions/1"):
        assert (await desk.ask("", "GET", path)).status_code == 404


async def test_an_office_starts_empty(open_desk: Opener) -> None:
    async with open_desk(catalogue="office") as desk:
        assert (await desk.get("/policies"))["items"] == []
        assert len((await desk.get("/zones"))["items"]) == 14
        answer = await desk.post("/eligibility", {"facts": {"jobs": 3}})
        assert (answer["standing"], len(answer["zones"])) == ([], 14)


async def test_an_office_hides_what_a_demo_left_behind(open_desk: Opener) -> None:
    async with open_desk() as desk:
        demo = (await desk.get("/policies", standing="illustrative"))["items"][0]["id"]
    async with open_desk(catalogue="office") as desk:
        assert (await desk.ask("", "GET", f"/policies/{demo}")).status_code == 404
        assert {each["standing"] for each in await every(desk, "/policies")} == {"historical"}
        assert "illustrative" not in (await desk.post("/eligibility", {"facts": {}}))["standing"]


async def test_codes(desk: Desk) -> None:
    page = await desk.get("/industry-codes", q="集成电路")
    assert {each["code"] for each in page["items"]} >= {"3973", "6520"}
    assert page["complete"] is False
    sections = await desk.get("/industry-codes", level="section")
    assert len(sections["items"]) == 20
    within = await every(desk, "/industry-codes", within="39")
    assert {each["code"][:2] for each in within} == {"39"}
    assert (await desk.ask("", "GET", "/industry-codes", version="1990")).status_code == 404
    assert (await desk.ask("", "GET", "/industry-codes", cursor="x")).status_code == 400


TABLE: dict[str, Any] = {
    "version": "2017-full",
    "valid_from": "2019-03-29",
    "codes": [
        {"code": "C", "section": "C", "level": "门类", "name": "制造业"},
        {"code": "39", "section": "C", "level": "大类", "name": "计算机、通信和其他电子设备制造业"},
        {"code": "397", "section": "C", "level": "中类", "name": "电子器件制造"},
        {"code": "3973", "section": "C", "level": "class", "name": "集成电路制造"},
    ],
}


async def test_loading_a_complete_table(open_desk: Opener) -> None:
    async with open_desk() as desk:
        receipt = await desk.post("/industry-codes", TABLE, "admin", 201)
        assert receipt["codes"] == 4
        assert "3962" in receipt["missing"]
        assert await desk.post("/industry-codes", TABLE, "editor", 201) == receipt
        page = await desk.get("/industry-codes")
        assert (page["version"], page["complete"], len(page["items"])) == ("2017-full", True, 4)
        assert (await desk.get("/industry-codes", version="2017"))["complete"] is False
    async with open_desk() as desk:
        assert (await desk.get("/industry-codes"))["version"] == "2017-full"


async def test_a_loaded_version_never_changes(desk: Desk) -> None:
    await desk.post("/industry-codes", TABLE, "admin", 201)
    other = {**TABLE, "codes": TABLE["codes"][:3]}
    refused = await desk.post("/industry-codes", other, "admin", 409)
    assert "版本名" in refused["detail"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"code": "3974", "section": "I", "level": "小类", "name": "显示"}, "门类"),
        ({"code": "3974", "section": "C", "level": "中类", "name": "显示"}, "层级"),
        ({"code": "4012", "section": "C", "level": "小类", "name": "仪表"}, "上级 401"),
        ({"code": "3973", "section": "C", "level": "小类", "name": "又一次"}, "重复"),
    ],
)
async def test_a_bad_row_refuses_the_whole_table(desk: Desk, row: dict[str, str], message: str) -> None:
    refused = await desk.post("/industry-codes", {**TABLE, "codes": [*TABLE["codes"], row]}, "admin", 422)
    assert refused["errors"][0]["path"] == "codes.4"
    assert message in refused["errors"][0]["message"]
    assert (await desk.get("/industry-codes"))["version"] == "2017"


@pytest.mark.parametrize(("who", "status"), [("", 401), ("jingkai", 403), ("partner", 403), ("reviewer", 403)])
async def test_who_may_load_codes(desk: Desk, who: str, status: int) -> None:
    await desk.post("/industry-codes", TABLE, who, status)
