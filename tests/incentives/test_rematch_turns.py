"""A rematch gives way to others after each match, however many are saved together: people first."""

from __future__ import annotations

import asyncio

import pytest

from kit.courtesy import answering
from services.incentives.commands.rematch import Share
from tests.incentives.conftest import Desk


async def test_others_are_served_after_each_match(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = [f"lead-{number}" for number in range(1, 4)]
    for lead in leads:
        await desk.lead(lead)
    seen: list[int] = []
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(Share, "write", lambda _self, _record: seen.append(turns))
    beside = asyncio.create_task(others())
    await Share(desk.ports, desk.app.state.library).save(leads)
    beside.cancel()
    assert len(set(seen)) == len(seen) == len(leads)


async def test_who_is_being_answered_comes_before_the_next_lead(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = [f"lead-{number}" for number in range(1, 4)]
    for lead in leads:
        await desk.lead(lead)
    done: list[object] = []
    monkeypatch.setattr(Share, "write", lambda _self, record: done.append(record))
    with answering():
        saving = asyncio.create_task(Share(desk.ports, desk.app.state.library).save(leads))
        await asyncio.sleep(0.01)
        assert done == []
    await saving
    assert len(done) == len(leads)
