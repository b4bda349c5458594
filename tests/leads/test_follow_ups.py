"""A follow-up is two steps; whatever comes between them, each one has its effect on its lead once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit.ports import Ports
from kit.store.port import Record
from services.leads import follow_ups
from tests.leads.conftest import Team


async def _broken_off(_ports: Ports, _record: Record) -> None:
    """The process dies after the first step."""


@pytest.mark.parametrize("finished_by", ["the client", "the sweeper"])
async def test_one_that_broke_off_counts_although_others_followed_up_meanwhile(
    team: Team, monkeypatch: pytest.MonkeyPatch, finished_by: str
) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}/follow-ups"
    with monkeypatch.context() as patch:
        patch.setattr(follow_ups, "apply", _broken_off)
        await team["jingkai"].send("POST", path, json={"text": "电话沟通"}, key="first")
    team.clock.advance(timedelta(minutes=2))
    await team["jingkai"].send("POST", path, json={"text": "实地走访"}, key="second")
    for _ in range(2):
        if finished_by == "the client":
            await team["jingkai"].send("POST", path, json={"text": "电话沟通"}, key="first")
        else:
            await follow_ups.sweep(team.ports)
        assert (await team["jingkai"].get(f"/leads/{receipt['id']}"))["revision"] == 3


async def test_one_whose_mark_was_not_set_has_no_second_effect(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}/follow-ups"
    with monkeypatch.context() as patch:
        patch.setattr(follow_ups, "_mark_applied", _broken_off)
        await team["jingkai"].send("POST", path, json={"text": "电话沟通"}, key="first")
    team.clock.advance(timedelta(minutes=2))
    await team["jingkai"].send("POST", path, json={"text": "实地走访"}, key="second")
    await follow_ups.sweep(team.ports)
    assert (await team["jingkai"].get(f"/leads/{receipt['id']}"))["revision"] == 3


async def test_one_finished_late_does_not_set_the_lead_back(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = await team["jingkai"].register()
    path = f"/leads/{receipt['id']}"
    with monkeypatch.context() as patch:
        patch.setattr(follow_ups, "apply", _broken_off)
        await team["jingkai"].send("POST", f"{path}/follow-ups", json={"text": "电话沟通"}, key="first")
    team.clock.advance(timedelta(minutes=2))
    await team["jingkai"].send("PATCH", path, json={"summary": "已补充材料"}, match=1)
    before = await team["jingkai"].get(path)
    await follow_ups.sweep(team.ports)
    after = await team["jingkai"].get(path)
    assert (after["revision"], after["updated_at"]) == (3, before["updated_at"])
    assert after["clocks"][0]["met_at"] == receipt["clocks"][0]["started_at"]
