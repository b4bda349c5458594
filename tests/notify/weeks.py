"""A week of an office's work, and how tests read its digest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.notify.conftest import NEXT_MONDAY_0853, Suite, clock_data, money, move_data

WEEK = "2026-W48"
SUNDAY = NEXT_MONDAY_0853 - timedelta(hours=20)


async def a_week(suite: Suite) -> None:
    """Three new leads, a move, a signing, clocks, a match worth a call, and an import of older leads."""
    await suite.people()
    await suite.lead("big", investment=35_000_000_000, title="动力电池项目")
    await suite.lead("small", investment=2_000_000_000, clocks=[clock_data("respond", SUNDAY)])
    await suite.lead("far", readers=["city", "zone:jingkai"], office="jingkai", zone="jingkai")
    await suite.matched("big", certain_fen=120_000_000)
    await suite.matched("small", certain_fen=0)
    for row in range(4):
        old = f"2025-0{row + 1}-15"
        await suite.lead(f"old-{row}", registered_on=old, updated_on=old, origin="import", import_id="imp-1")
    await suite.imported()
    suite.clock.advance(timedelta(days=2))
    await suite.lead(
        "far", change="stage", stage="signed", signed_on="2026-11-25", signed_amount=money(8_000_000_000),
        readers=["city", "zone:jingkai"], zone="jingkai", move=move_data("negotiating", "signed", "2026-11-25"),
    )  # fmt: skip
    await suite.settle()


async def digest(suite: Suite, account: str = "manager", week: str = WEEK) -> dict[str, Any]:
    response = await suite.get(account, f"/digests/{week}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def figures(found: dict[str, Any]) -> dict[str, Any]:
    return {figure["id"]: figure for section in found["sections"] for figure in section["figures"]}


def values(found: dict[str, Any]) -> dict[str, Any]:
    return {id: figure["value"] for id, figure in figures(found).items()}


async def records(suite: Suite, figure: dict[str, Any], account: str = "manager") -> list[dict[str, Any]]:
    return await suite.items(account, figure["records"].removeprefix("/api/v1"))


async def frozen_week(suite: Suite) -> dict[str, Any]:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.cutoffs(WEEK)
    await suite.settle()
    await suite.tick()
    return await digest(suite)


async def next_week(suite: Suite, week: str, weeks: int = 1) -> dict[str, Any]:
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(weeks=weeks)
    await suite.cutoffs(week)
    await suite.settle()
    await suite.tick()
    return await digest(suite, week=week)
