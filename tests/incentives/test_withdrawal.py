"""A published policy is withdrawn from a day on, with a reason that stays; its versions stay, and it may come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.incentives import IncentivesAudited, IncentivesMatched, PolicyWithdrawn
from tests.incentives.conftest import FACTS, Desk, Opener
from tests.incentives.test_authoring_api import drafted, published
from tests.incentives.test_dry_run import rematched

REASON = {"reason": "上级文件废止，经办公会研究撤回"}
GIFT = 200_000_000


async def withdrawn(desk: Desk, id: str, revision: int, **given: Any) -> Any:
    return await desk.post(f"/policies/{id}/withdraw", REASON | given, "editor", match=revision)


async def certain(desk: Desk, **asked: Any) -> int:
    answer = await desk.post("/eligibility", {"facts": FACTS, **asked})
    return sum(zone["certain_fen"] for zone in answer["zones"] if zone["zone"] == "jingkai")


async def test_from_today_it_counts_nowhere_and_the_reason_stays(desk: Desk) -> None:
    before = await certain(desk)
    receipt = await published(desk, "gift")
    assert await certain(desk) == before + GIFT
    receipt = await withdrawn(desk, "gift", receipt["revision"])
    assert await certain(desk) == before
    assert await certain(desk, as_of="2026-11-22") == before + GIFT
    for who in ("", "partner"):
        assert (await desk.ask(who, "GET", "/policies/gift")).status_code == 404
    seen = await desk.get("/policies/gift", "bureau")
    assert (seen["status"], seen["hidden_because"], seen["in_effect"]) == ("withdrawn", "withdrawn", False)
    (withdrawal,) = seen["withdrawals"]
    assert (withdrawal["from"], withdrawal["reason"], withdrawal["by"]) == ("2026-11-23", REASON["reason"], "editor")
    version = await desk.get("/policies/gift/versions/1", "bureau")
    assert (version["status"], version["first_day"], version["last_day"]) == ("withdrawn", "2026-01-01", "2026-11-22")
    await desk.settle()
    (told,) = await desk.told(PolicyWithdrawn)
    assert told.data == {
        "policy": "gift", "version": 1, "title": seen["title"], "standing": "in_force", "scope": "city:wuhan",
        "withdrawn_from": "2026-11-23", "catalogue_version": desk.app.state.library.current.version,
    }  # fmt: skip
    act = next(each.data for each in await desk.told(IncentivesAudited) if each.data["what"] == "policy.withdrawn")
    assert (act["subject"], act["why"]) == ("policy:gift", REASON["reason"])


async def test_it_may_be_published_anew_as_its_next_version(desk: Desk) -> None:
    receipt = await published(desk, "gift")
    await withdrawn(desk, "gift", receipt["revision"])
    receipt = await published(desk, "gift", amount="300万元")
    assert receipt["version"] == 2
    found = await desk.get("/policies/gift")
    assert (found["version"], found["status"], found["withdrawals"]) == (2, "published", [])
    assert len((await desk.get("/policies/gift", "reviewer"))["withdrawals"]) == 1
    await withdrawn(desk, "gift", receipt["revision"])
    assert len((await desk.get("/policies/gift", "reviewer"))["withdrawals"]) == 2


async def test_only_leads_that_lose_it_hear_of_it(desk: Desk) -> None:
    receipt = await published(desk, "gift")
    await desk.lead("lead-1")
    await desk.lead("lead-2", facts={"fixed_asset_investment": "1元"})
    await rematched(desk)
    before = len(await desk.told(IncentivesMatched))
    await withdrawn(desk, "gift", receipt["revision"])
    await rematched(desk)
    told = {each.data["lead_id"]: each.data["changes"] for each in (await desk.told(IncentivesMatched))[before:]}
    gained = {"verdict": "met", "certain_fen": GIFT, "possible_fen": GIFT}
    assert told["lead-1"] == [{"policy": "gift", "before": gained, "after": None}]
    assert {change["before"]["verdict"] for change in told.get("lead-2", [])} <= {"not_met"}


async def test_a_later_day_waits_for_the_clock(desk: Desk) -> None:
    receipt = await published(desk, "gift")
    before = desk.app.state.library.current.version
    await withdrawn(desk, "gift", receipt["revision"], **{"from": "2026-11-25"})
    assert desk.app.state.library.current.version == before
    found = await desk.get("/policies/gift")
    assert (found["status"], found["withdrawals"]) == ("published", [])
    sums = [await certain(desk, as_of=f"2026-11-{day}") for day in (24, 25)]
    assert sums[0] - sums[1] == GIFT
    desk.clock.advance(timedelta(days=2))
    assert (await desk.ask("", "GET", "/policies/gift")).status_code == 404
    assert desk.app.state.library.current.version != before


async def test_an_earlier_day_may_still_be_named(desk: Desk) -> None:
    receipt = await published(desk, "gift")
    receipt = await withdrawn(desk, "gift", receipt["revision"], **{"from": "2026-12-31"})
    refused = await desk.post(
        "/policies/gift/withdraw", REASON | {"from": "2027-01-05"}, "editor", 409, match=receipt["revision"]
    )
    assert refused["type"].endswith("/already-withdrawn")
    assert "2026-12-31" in refused["detail"]
    await withdrawn(desk, "gift", receipt["revision"], **{"from": "2026-12-01"})
    assert (await desk.ask("", "GET", "/policies/gift", as_of="2026-12-01")).status_code == 404


@pytest.mark.parametrize(
    ("given", "status", "path"),
    [
        ({}, 422, "reason"),
        ({"reason": ""}, 422, "reason"),
        ({"reason": "过期", "from": "2026-11-22"}, 422, "from"),
        ({"reason": "过期", "from": "昨天"}, 422, "from"),
    ],
)
async def test_what_is_refused_says_where(desk: Desk, given: dict[str, Any], status: int, path: str) -> None:
    receipt = await published(desk, "gift")
    refused = await desk.post("/policies/gift/withdraw", given, "editor", status, match=receipt["revision"])
    assert [error["path"] for error in refused["errors"]] == [path]
    assert (await desk.get("/policies/gift"))["status"] == "published"


async def test_what_was_never_published_is_not_withdrawn(desk: Desk) -> None:
    receipt = await drafted(desk, "gift")
    refused = await desk.post("/policies/gift/withdraw", REASON, "editor", 409, match=receipt["revision"])
    assert refused["type"].endswith("/never-published")


@pytest.mark.parametrize(("who", "status"), [("", 401), ("jingkai", 403), ("partner", 403), ("reviewer", 403)])
async def test_who_may_withdraw(desk: Desk, who: str, status: int) -> None:
    await desk.post("/policies/gift/withdraw", REASON, who, status, match=1)


async def test_repeats_replay_and_stale_ones_are_refused(desk: Desk) -> None:
    receipt = await published(desk, "gift")
    await desk.post("/policies/gift/withdraw", REASON, "editor", 428)
    await desk.post("/policies/gift/withdraw", REASON, "editor", 412, match=1)
    await desk.post("/policies/unknown/withdraw", REASON, "editor", 404, match=1)
    done = await desk.post("/policies/gift/withdraw", REASON, "editor", match=receipt["revision"], key="once")
    assert await desk.post("/policies/gift/withdraw", REASON, "editor", match=receipt["revision"], key="once") == done
    other = {"reason": "另一个理由"}
    await desk.post("/policies/gift/withdraw", other, "editor", 422, match=receipt["revision"], key="once")


async def test_a_start_does_not_bring_a_withdrawn_seed_back(open_desk: Opener) -> None:
    async with open_desk() as desk:
        seed = (await desk.get("/policies", standing="illustrative"))["items"][0]
        await withdrawn(desk, seed["id"], seed["revision"])
    async with open_desk() as desk:
        assert (await desk.ask("", "GET", f"/policies/{seed['id']}")).status_code == 404
        assert (await desk.get(f"/policies/{seed['id']}", "bureau"))["status"] == "withdrawn"
