"""Bad and large input to the running service: refused in a moment, and what counted before goes on to count."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from gateway.issuing import TokenIssuer
from services.incentives import policy_folder, settings
from services.incentives.authored import MAX_LEAVES
from services.incentives.commands import gate, seeding
from services.incentives.repository import POLICIES
from tests.incentives.conftest import FACTS, PEOPLE, Desk, Opener
from tests.incentives.test_authoring_api import city, published
from tests.incentives.test_limits import TWO_THOUSAND, deep, example, in_text
from tests.incentives.writing import FAI, JOBS, document


async def test_an_amount_over_nine_quadrillion_fen_is_refused_to_askers(desk: Desk) -> None:
    for fen in (9 * 10**15 + 1, 10**30, "900000亿元"):
        refused = await desk.ask("", "POST", "/eligibility", {"facts": {"fixed_asset_investment": fen}})
        assert refused.status_code == 422


async def test_a_circle_is_not_published(desk: Desk) -> None:
    await published(desk, "one", tops_up=["two"])
    with pytest.raises(AssertionError, match="top-ups-in-circle"):
        await published(desk, "two", tops_up=["one"])
    assert (await desk.get("/policies/two", "editor"))["status"] == "draft"
    assert (await desk.get("/policies/one"))["status"] == "published"


async def test_10000_policies_published(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    there = len(desk.app.state.library.current.policies)
    monkeypatch.setattr(gate, "MAX_POLICIES", there + 1)
    await published(desk, "one")
    with pytest.raises(AssertionError, match="catalogue-full"):
        await published(desk, "two")
    await published(desk, "one", title="又一版")
    assert len(desk.app.state.library.current.policies) == there + 1


async def answer_of(opener: Opener) -> Any:
    async with opener() as desk:
        return await desk.post("/eligibility", {"facts": FACTS})


async def test_the_catalogue_keeps_serving_the_last_good_state_beside_bad_files(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = await answer_of(open_desk)
    folder = tmp_path / "files"
    shutil.copytree(settings.POLICIES, folder)
    bad = folder / "donghu" / "donghu-chip-fab-equipment.yaml"
    bad.write_text(bad.read_text("utf-8").replace("op: ge", "op: gte"), "utf-8")
    (folder / "wuhan" / "new.yaml").write_text("id: [", "utf-8")
    monkeypatch.setattr(seeding, "FOLDER", folder)
    with caplog.at_level(logging.ERROR):
        assert await answer_of(open_desk) == before
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "donghu/donghu-chip-fab-equipment.yaml 第" in said
    assert "wuhan/new.yaml 第2行第1列" in said
    monkeypatch.setattr(policy_folder, "MAX_POLICIES", 10)
    assert await answer_of(open_desk) == before


async def test_a_stored_policy_that_cannot_be_read_keeps_no_other_from_counting(
    open_desk: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    id = "wuhan-green-factory"
    async with open_desk() as desk:
        before = dict(desk.app.state.library.current.policies)
        record = await desk.ports.store.get(POLICIES.name, seeding._SCOPE, id)
        assert record is not None
        broken = record.body["document"] | {"conditions": deep(50)}
        await desk.ports.store.save(POLICIES.name, record.with_body(record.body | {"document": broken}))
        with caplog.at_level(logging.ERROR):
            await desk.app.state.library.refresh()
        assert set(desk.app.state.library.current.policies) == set(before) - {id}
    assert f"{id} conditions.all.0" in caplog.text


async def stalled(asking: Awaitable[Any]) -> tuple[Any, float]:
    """What was answered, and the longest the loop's own work kept it from serving others, in seconds of processor time.

    Of the clock's time others on the machine may take as much as they like.
    """
    longest, over = 0.0, asyncio.Event()

    async def look() -> None:
        nonlocal longest
        while not over.is_set():
            started = time.thread_time()
            await asyncio.sleep(0.002)
            longest = max(longest, time.thread_time() - started)

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.01)
    try:
        answer = await asking
    finally:
        over.set()
        await looking
    return answer, longest


THREE_LEVELS = {
    "any": [
        {"all": [{"any": [{**FAI, "id": f"c{a}-{b}-{c}"} for a in range(20)]} for b in range(20)]} for c in range(15)
    ]
}
LARGE: dict[str, tuple[dict[str, Any], int]] = {
    "2,000 conditions as text": ({"text": in_text(json.dumps(TWO_THOUSAND))}, 422),
    "2,000 conditions": ({"policy": document(conditions=TWO_THOUSAND)}, 422),
    "6,000 conditions in groups": ({"policy": document(conditions=THREE_LEVELS)}, 422),
    "depth 50 as text": ({"text": in_text(json.dumps(deep(50)))}, 422),
    "depth 50": ({"policy": document(conditions=deep(50))}, 422),
    "depth 300": ({"policy": document(conditions=deep(300, "not"))}, 422),
    "5 MB": ({"policy": document(summary="长" * 2_000_000)}, 413),
    "5 MB of text": ({"text": "a: b\n" * 1_000_000}, 413),
    "64 KiB of unknown fields": ({"text": "\n".join(f"k{number}: 1" for number in range(6000))}, 422),
    "unknown facts": ({"policy": document(examples=example(**{f"fact{number}": 1 for number in range(20_000)}))}, 422),
    "a list": ({"policy": []}, 422),
    "brackets": ({"text": "[" * 60_000}, 422),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
async def test_what_is_too_large_is_refused_without_keeping_others_waiting(desk: Desk, name: str) -> None:
    body, status = LARGE[name]
    response, stall = await stalled(desk.ask("editor", "POST", "/policies", body))
    refused = response.json()
    assert response.status_code == status, refused
    assert refused["detail"]
    assert stall < 0.5
    if "text" in body and status == 422:
        assert refused["errors"][0]["path"].startswith("第")
        assert "列" in refused["errors"][0]["path"]
    for each in refused["errors"]:
        assert len(each["message"]) < 500


@pytest.mark.parametrize("depth", [1_000, 100_000])
async def test_json_of_depth_1000_is_refused(desk: Desk, depth: int) -> None:
    content = '{"policy": ' + '{"not": ' * depth + "{}" + "}" * depth + "}"
    headers = {**_signed_in(desk), "content-type": "application/json", "idempotency-key": "deep"}
    response = await desk.client.post("/policies", content=content, headers=headers)
    assert response.status_code in (400, 422)
    assert response.json()["detail"]


def _signed_in(desk: Desk) -> dict[str, str]:
    token = TokenIssuer(desk.ports.keys, desk.ports.clock).issue(PEOPLE["editor"], "incentives")
    return {"authorization": f"Bearer {token}"}


async def test_what_is_at_the_limits_is_drafted_without_keeping_others_waiting(desk: Desk) -> None:
    each = [
        {**JOBS, "id": f"c{number}", "value": number % 30, "fact": ("jobs", "rd_staff")[number % 2]}
        for number in range(MAX_LEAVES)
    ]
    body = {
        "policy": city(
            "new-one", conditions={"all": [{"any": each[at : at + 3]} for at in range(0, 60, 3)]}, examples=_unknown()
        )
    }
    response, stall = await stalled(desk.ask("editor", "POST", "/policies", body))
    assert response.status_code == 201, response.text
    assert stall < 0.5


def _unknown() -> list[dict[str, Any]]:
    return [{"title": f"未知{number}", "as_of": "2026-06-01", "facts": {}, "verdict": "unknown"} for number in range(2)]
