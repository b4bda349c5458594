"""Ledgers of other shapes all the way into leads, through the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.leads.conftest import Team
from tests.leads.ledger.conftest import WriteWorkbook
from tests.leads.ledger.test_other_ledgers import OTHER
from tests.leads.test_imports import ended, run


async def rows_of(team: Team, summary: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await team["donghu"].get(f"/imports/{summary['import_id']}/rows", limit=200))[
        "items"
    ]
    return items


def content_of(path: Path) -> bytes:
    return path.read_bytes()


async def imported(team: Team, path: Path, key: str = "one") -> list[dict[str, Any]]:
    summary = await run(team, "donghu", key, content_of(path))
    assert summary["state"] == "finished", summary
    return await rows_of(team, summary)


async def test_another_offices_ledger_becomes_leads(team: Team, write_workbook: WriteWorkbook) -> None:
    rows = await imported(team, write_workbook(OTHER))
    assert [row["result"] for row in rows] == ["created"] * 4
    first = await team["donghu"].get(f"/leads/{rows[0]['lead']}")
    assert (first["zone"], first["stage"], first["owner_as_written"]) == ("donghu", "signed", "李四")
    assert first["facts"]["land_mu"]["value"] == 30_000_000
    assert "138****5678" in str(first["contacts"])
    assert "13900000000" not in str(first)
    held = await team["donghu"].get(f"/leads/{rows[1]['lead']}")
    assert (held["stage"], held["state"]) == ("negotiating", "on_hold")
    bad = await team["donghu"].get(f"/leads/{rows[2]['lead']}")
    assert len(bad["todo"]) == len(rows[2]["problems"]) == 8
    assert bad["facts"]["total_investment"]["as_written"] == "一个亿"


async def test_a_corrected_ledger_adds_only_what_was_refused(team: Team, write_workbook: WriteWorkbook) -> None:
    header = ["项目名称", "投资方", "阶段"]
    rows = await imported(team, write_workbook([header, ["甲项目（一期）", "乙公司", "在谈"], [None, None, "签约"]]))
    assert [row["result"] for row in rows] == ["created", "refused"]
    assert rows[1]["problems"][0]["column"] == "项目名称"
    corrected = [header, ["甲（一期）项目", "乙 公司", "在谈"], ["丙项目", "丁公司", "签约"]]
    again = await imported(team, write_workbook(corrected), "two")
    assert [row["result"] for row in again] == ["linked", "created"]
    assert again[0]["lead"] == rows[0]["lead"]


async def test_the_longest_cells_still_fit_a_lead(team: Team, write_workbook: WriteWorkbook) -> None:
    header = ["项目名称", "投资方", "项目简介", "最新进展", "备注", "引荐人", "负责人", "产业链", "联系人", "问题"]
    rows = await imported(team, write_workbook([header, [str(n) + "长" * 30_000 for n in range(len(header))]]))
    assert [row["result"] for row in rows] == ["created"]
    lead = await team["donghu"].get(f"/leads/{rows[0]['lead']}")
    assert len(lead["todo"]) == len(rows[0]["problems"]) >= 7


async def test_formulas_without_results_store_nothing(team: Team, write_workbook: WriteWorkbook) -> None:
    path = write_workbook([["项目名称", "投资方", "总投资（亿元）"], ["甲", "乙", 3], ["丙", "丁", "=1+2"]])
    summary = await run(team, "donghu", "one", content_of(path))
    assert summary["state"] == "failed"
    assert "第3行「总投资（亿元）」（C3单元格）" in summary["detail"]
    assert (await team["donghu"].get("/leads"))["items"] == []


@pytest.mark.parametrize(
    ("written", "shown"),
    [(rb"\ud800.xlsx", ".xlsx"), (rb"a\nb\x00.xls\x00", "ab.xls"), (b"a." + b"x" * 300, f"a.{'x' * 198}")],
)
async def test_any_file_name_is_shown_on_one_line_and_names_no_file(
    team: Team, write_workbook: WriteWorkbook, written: bytes, shown: str
) -> None:
    content = content_of(write_workbook(OTHER))
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="' + written + b'"\r\n\r\n'
    kind = {"content-type": "multipart/form-data; boundary=B; charset=unicode_escape"}
    body = head + content + b"\r\n--B--\r\n"
    done = await team["donghu"].send("POST", "/imports", content=body, headers=kind, key="odd")
    assert (done.status_code, done.json().get("file_name")) == (202, shown), done.text
    summary = await ended(team, "donghu", done.json()["import_id"])
    assert (summary["state"], summary["counts"]["created"]) == ("finished", 4)
