"""One person drafts, another reviews, then it is published and counts; nothing else makes a policy count."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from contracts.incentives import IncentivesMatched, PolicyPublished
from tests.incentives.conftest import FACTS, PEOPLE, Desk, Opener, person
from tests.incentives.writing import document

REVIEW = {"approved": True, "conclusion": "不排除、不限制竞争", "basis": "公平竞争审查条例第十条"}


def city(id: str, amount: str = "200万元", **changes: Any) -> dict[str, Any]:
    benefit = {"kind": "fixed", "text": f"奖励{amount}", "amount": amount}
    written = {"scope": {"city": "wuhan"}, "standing": "in_force", "review": None, "benefit": benefit}
    return document(id=id, **(written | changes))


async def drafted(desk: Desk, id: str, **changes: Any) -> Any:
    return await desk.post("/policies", {"policy": city(id, **changes)}, "editor", 201)


async def published(desk: Desk, id: str, **changes: Any) -> Any:
    receipt = await drafted(desk, id, **changes)
    receipt = await desk.post(f"/policies/{id}/review", REVIEW, "reviewer", match=receipt["revision"])
    return await desk.post(f"/policies/{id}/publish", None, "editor", match=receipt["revision"])


async def test_from_draft_to_published(desk: Desk) -> None:
    text = yaml.safe_dump(city("new-one"), allow_unicode=True, sort_keys=False)
    receipt = await desk.post("/policies", {"text": text}, "editor", 201)
    assert receipt == {"id": "new-one", "revision": 1, "status": "draft", "version": 0, "draft": True}
    for who in ("", "jingkai", "partner"):
        assert (await desk.ask(who, "GET", "/policies/new-one")).status_code == 404
    seen = await desk.get("/policies/new-one", "reviewer")
    assert (seen["draft"]["author"], seen["draft"]["approved"], seen["versions"]) == ("editor", None, [])
    receipt = await desk.post("/policies/new-one/review", REVIEW, "reviewer", match=receipt["revision"])
    before = await desk.post("/eligibility", {"facts": FACTS})
    receipt = await desk.post("/policies/new-one/publish", None, "editor", match=receipt["revision"])
    assert receipt == {"id": "new-one", "revision": 3, "status": "published", "version": 1, "draft": False}
    found = await desk.get("/policies/new-one")
    assert found["document"]["review"]["reviewer"] == "reviewer"
    assert found["document"]["review"]["on"] == "2026-11-23"
    after = await desk.post("/eligibility", {"facts": FACTS})
    assert after["catalogue_version"] != before["catalogue_version"]
    assert after["standing"][0] == "in_force"
    gained = {
        zone["zone"]: zone["certain_fen"] - old["certain_fen"]
        for zone, old in zip(after["zones"], before["zones"], strict=True)
    }
    assert set(gained.values()) == {200_000_000}


async def test_publication_is_told_once(desk: Desk) -> None:
    seeded = len(await desk.told(PolicyPublished))
    await published(desk, "new-one")
    await desk.settle()
    told = (await desk.told(PolicyPublished))[seeded:]
    assert [event.data["policy"] for event in told] == ["new-one"]
    assert told[0].data["catalogue_version"] == desk.app.state.library.current.version


async def test_nothing_is_published_without_another_persons_review(desk: Desk) -> None:
    receipt = await drafted(desk, "new-one")
    refused = await desk.post("/policies/new-one/publish", None, "editor", 409, match=receipt["revision"])
    assert "尚未审查" in refused["detail"]
    turned_down = {**REVIEW, "approved": False, "conclusion": "含有限制性条件"}
    receipt = await desk.post("/policies/new-one/review", turned_down, "reviewer", match=receipt["revision"])
    refused = await desk.post("/policies/new-one/publish", None, "editor", 409, match=receipt["revision"])
    assert "含有限制性条件" in refused["detail"]


async def test_nobody_reviews_what_they_wrote_whatever_their_role_is_now(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = await drafted(desk, "new-one")
    monkeypatch.setitem(PEOPLE, "promoted", person("editor", "reviewer"))
    refused = await desk.post("/policies/new-one/review", REVIEW, "promoted", 403, match=receipt["revision"])
    assert "起草人以外的人" in refused["detail"]
    await desk.post("/policies/new-one/review", REVIEW, "reviewer", match=receipt["revision"])


async def test_a_changed_draft_needs_another_review(desk: Desk) -> None:
    receipt = await drafted(desk, "new-one")
    await desk.post("/policies/new-one/review", REVIEW, "reviewer", match=receipt["revision"])
    receipt = await drafted(desk, "new-one", amount="300万元")
    await desk.post("/policies/new-one/publish", None, "editor", 409, match=receipt["revision"])


async def test_a_draft_belongs_to_its_author(desk: Desk) -> None:
    await drafted(desk, "new-one")
    refused = await desk.post("/policies", {"policy": city("new-one")}, "other-editor", 409)
    assert "editor" in refused["detail"]


@pytest.mark.parametrize("step", ["review", "publish"])
async def test_stale_and_missing_revisions(desk: Desk, step: str) -> None:
    await drafted(desk, "new-one")
    who, body = ("reviewer", REVIEW) if step == "review" else ("editor", None)
    await desk.post(f"/policies/new-one/{step}", body, who, 428)
    await desk.post(f"/policies/new-one/{step}", body, who, 412, match=7)
    await desk.post(f"/policies/unknown/{step}", body, who, 404, match=1)


async def test_repeats_replay(desk: Desk) -> None:
    body = {"policy": city("new-one")}
    first = await desk.post("/policies", body, "editor", 201, key="draft")
    assert await desk.post("/policies", body, "editor", 201, key="draft") == first
    other = {"policy": city("new-one", amount="1元")}
    await desk.post("/policies", other, "editor", 422, key="draft")
    reviewed = await desk.post("/policies/new-one/review", REVIEW, "reviewer", match=1, key="review")
    assert await desk.post("/policies/new-one/review", REVIEW, "reviewer", match=1, key="review") == reviewed
    done = await desk.post("/policies/new-one/publish", None, "editor", match=2, key="publish")
    assert await desk.post("/policies/new-one/publish", None, "editor", match=2, key="publish") == done
    assert (await desk.get("/policies/new-one"))["versions"] == [1]


async def test_versions_stay_what_they_were(desk: Desk) -> None:
    await published(desk, "new-one")
    await published(desk, "new-one", amount="300万元")
    assert (await desk.get("/policies/new-one"))["version"] == 2
    first = await desk.get("/policies/new-one/versions/1", "bureau")
    assert (first["document"]["benefit"]["amount"], first["status"]) == ("200万元", "superseded")
    assert (await desk.ask("", "GET", "/policies/new-one/versions/1")).status_code == 404
    assert (await desk.get("/policies/new-one/versions/2"))["document"]["benefit"]["amount"] == "300万元"


async def test_bad_drafts_say_where_and_store_nothing(desk: Desk) -> None:
    text = yaml.safe_dump(city("new-one"), allow_unicode=True, sort_keys=False).replace("op: ge", "op: gte")
    refused = await desk.post("/policies", {"text": text}, "editor", 422)
    assert "第" in refused["errors"][0]["path"]
    assert refused["errors"][0]["path"].endswith("conditions.op")
    assert "是否想写 ge" in refused["errors"][0]["message"]
    bad = city("new-one", conditions={"all": [{"id": "a", "text": "甲", "fact": "job", "op": "ge", "value": 1}]})
    refused = await desk.post("/policies", {"policy": bad}, "editor", 422)
    assert refused["errors"][0]["path"] == "conditions.all.0.fact"
    disagrees = city("new-one")
    disagrees["examples"][0]["verdict"] = "not_met"
    refused = await desk.post("/policies", {"policy": disagrees}, "editor", 422)
    assert "按条件算是满足" in refused["errors"][0]["message"]
    for body in ({}, {"text": "a: 1", "policy": city("x")}, {"policy": 3}):
        await desk.post("/policies", body, "editor", 422)
    assert (await desk.ask("editor", "GET", "/policies/new-one")).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("", 401), ("jingkai", 403), ("partner", 403), ("reviewer", 403)])
async def test_who_may_draft(desk: Desk, who: str, status: int) -> None:
    await desk.post("/policies", {"policy": city("new-one")}, who, status)


async def test_seeds_never_overwrite_an_editor(open_desk: Opener) -> None:
    async with open_desk() as desk:
        seed = (await desk.get("/policies", standing="illustrative"))["items"][0]["id"]
        changed = (await desk.get(f"/policies/{seed}"))["document"] | {"title": "编辑改过的标题"}
        receipt = await desk.post("/policies", {"policy": changed}, "editor", 201)
        receipt = await desk.post(f"/policies/{seed}/review", REVIEW, "reviewer", match=receipt["revision"])
        await desk.post(f"/policies/{seed}/publish", None, "editor", match=receipt["revision"])
    async with open_desk() as desk:
        found = await desk.get(f"/policies/{seed}")
        assert (found["title"], found["version"]) == ("编辑改过的标题", 2)
        versions = {(each.data["policy"], each.data["version"]) for each in await desk.told(PolicyPublished)}
        assert [policy for policy, count in Counter(policy for policy, _ in versions).items() if count > 1] == [seed]


async def test_a_dry_run_counts_and_stores_nothing(desk: Desk) -> None:
    for number, investment in enumerate(["3亿元", "0.5亿元", "待定"]):
        await desk.lead(f"lead-{number}", facts={"fixed_asset_investment": investment}, settle=False)
    await desk.settle()
    receipt = await drafted(desk, "new-one")
    told = len(await desk.told(IncentivesMatched))
    counted = await desk.post("/policies/new-one/dry-run", None, "editor")
    assert counted == {
        "policy": "new-one", "version": 1, "leads": 3, "all_leads": 3, "met": 1, "not_met": 1, "unknown": 1,
        "certain_fen": 200_000_000, "newly_met": 1, "no_longer_met": 0, "other_sum": 0, "changed": 3, "named": [],
        "as_of": "2026-11-23", "pool": None, "by_year": [{"year": 2026, "before_fen": 0, "after_fen": 200_000_000}],
    }  # fmt: skip
    assert (await desk.get("/policies/new-one", "editor"))["revision"] == receipt["revision"]
    assert len(await desk.told(IncentivesMatched)) == told
    await desk.post("/policies/new-one/dry-run", None, "jingkai", 403)
    await desk.post("/policies/none/dry-run", None, "editor", 404)
