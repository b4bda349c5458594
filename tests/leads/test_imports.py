"""Importing the shared ledger: every row accounted for, repeats linked, twice the same as once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from contracts.leads import ImportFinished
from tests.leads.conftest import Team
from tests.leads.test_leads_api import events

LEDGER = Path(__file__).parents[1] / "data" / "ledger" / "lead-ledger.xlsx"


async def run(team: Team, who: str, key: str, content: bytes, name: str = "台账.xlsx") -> dict[str, Any]:
    started = await team[who].send("POST", "/imports", key=key, files={"file": (name, content)})
    assert started.status_code == 202, started.text
    return await ended(team, who, started.json()["id"])


async def ended(team: Team, who: str, id: str) -> dict[str, Any]:
    """How an import ended."""
    while True:
        job = await team[who].get(f"/jobs/{id}")
        if job["state"] not in ("queued", "running"):
            summary: dict[str, Any] = await team[who].get(f"/imports/{job['id']}")
            return summary
        await asyncio.sleep(0.05)


async def test_the_ledger_comes_in_once(team: Team) -> None:
    content = LEDGER.read_bytes()
    first = await run(team, "bureau", "one", content)
    assert first["state"] == "finished"
    assert first["counts"] == {"rows": 249, "created": 240, "linked": 9, "refused": 0, "with_problems": 13}
    again = await run(team, "bureau", "two", content)
    assert again["counts"]["created"] == 0
    assert again["counts"]["linked"] == 249
    board = await team["bureau"].get("/leads/board")
    assert sum(column["count"] for column in board["columns"]) + board["on_hold"] + board["closed"] == 240
    finished = [value for value in await events(team) if ImportFinished.event_type.encode() in value]
    assert len(finished) == 2


async def test_rows_keep_the_sheets_order_and_say_which_lead(team: Team) -> None:
    summary = await run(team, "jingkai", "one", LEDGER.read_bytes())
    rows = (await team["jingkai"].get(f"/imports/{summary['import_id']}/rows", limit=200))["items"]
    assert [row["row"] for row in rows] == list(range(4, 204))
    assert rows[0]["total_investment"]["low"] == 30_000_000_000
    lead = await team["jingkai"].get(f"/leads/{rows[0]['lead']}")
    assert lead["origin"] == "import"
    assert lead["owner"] == "jingkai"
    assert lead["owner_as_written"] == "沈文文"
    assert lead["registered_on"] == "2025-07-18"
    linked = (await team["jingkai"].get(f"/imports/{summary['import_id']}/rows", result="linked"))["items"]
    assert len(linked) == 9
    assert (await team["jingkai"].get(f"/leads/{linked[0]['lead']}"))["repeats"][0]["row"] == linked[0]["row"]
    assert (await team["donghu"].send("GET", f"/imports/{summary['import_id']}")).status_code == 404


async def test_clocks_start_at_import_but_not_for_what_is_put_aside(team: Team) -> None:
    await run(team, "bureau", "one", LEDGER.read_bytes())
    for lead in (await team["bureau"].get("/leads", limit=200))["items"]:
        started = {clock["started_at"] for clock in lead["clocks"]}
        assert started == ({"2026-11-23T02:00:00.000000Z"} if lead["state"] == "active" else set())


async def test_what_is_no_workbook_fails_with_words(team: Team) -> None:
    summary = await run(team, "bureau", "bad", b"no workbook", "台账.xlsx")
    assert summary["state"] == "failed"
    assert "xlsx" in summary["detail"]
    empty = await team["bureau"].send("POST", "/imports", key="e", files={"file": ("a.xlsx", b"")})
    assert empty.status_code == 422


async def test_the_same_key_for_another_file_is_refused(team: Team) -> None:
    await run(team, "bureau", "k", LEDGER.read_bytes())
    other = await team["bureau"].send("POST", "/imports", key="k", files={"file": ("a.xlsx", b"other")})
    assert other.status_code == 422
