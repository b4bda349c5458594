"""A list as a file: the asker's leads and nobody else's, no contact, no formula, gone after seven days."""

from __future__ import annotations

import asyncio
import csv
import errno
import gc
import io
import tempfile
import warnings
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from contracts.leads import LeadsAudited
from contracts.vocabulary.facts import FACTS
from kit.events import Event
from services.leads import exports, imports
from services.leads.export_table import HEADER
from services.leads.queries import ExportInput
from tests.leads.conftest import PEOPLE, Team
from tests.leads.test_leads_api import events

GIVEN = {"industry_chain": "life_health", "fixed_asset_investment": "3.5亿元", "land_mu": 80}
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠x", " =1", '=HYPERLINK("http://x")')


async def export(team: Team, who: str, **wish: Any) -> dict[str, Any]:
    """An export that has ended."""
    asked = await team[who].send("POST", "/exports", json={"kind": "leads", **wish})
    assert asked.status_code == 202, asked.text
    async with asyncio.timeout(10):
        while (job := await team[who].get(f"/jobs/{asked.json()['id']}"))["state"] in ("queued", "running"):
            assert job["kind"] == "export"
            await asyncio.sleep(0.02)
    ended: dict[str, Any] = await team[who].get(f"/exports/{asked.json()['id']}")
    return ended


async def content(team: Team, who: str, id: str) -> bytes:
    answer = await team[who].send("GET", f"/exports/{id}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return answer.content


async def rows(team: Team, who: str, **wish: Any) -> list[dict[str, Any]]:
    """The rows of a fresh export by their headings."""
    ended = await export(team, who, **wish)
    assert ended["state"] == "finished", ended
    file = await content(team, who, ended["id"])
    if wish.get("format") == "csv":
        assert file.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(file))
    head, *lines = book.active.iter_rows(values_only=True)
    book.close()
    assert head == HEADER
    return [dict(zip(HEADER, line, strict=True)) for line in lines]


@pytest.mark.parametrize("format", ["xlsx", "csv"])
async def test_a_lead_is_written_as_the_ledger_has_it(team: Team, format: str) -> None:
    await team["jingkai"].register(contact={"name": "王小二", "phone": "13911112222"}, referrer="李介绍", facts=GIVEN)
    [row] = await rows(team, "jingkai", format=format)
    assert row["项目名称"] == "智能车载终端项目"
    assert row["统一社会信用代码"] == "91350100M000100Y43"
    assert row["固定资产投资"] == "3.5亿元"
    assert float(row["固定资产投资（万元）"]) == 35_000
    assert int(row["固定资产投资（分）"]) == 35_000_000_000
    assert row["当前阶段"] == "线索"
    assert float(row["用地（亩）"]) == 80
    assert row["产业链"] == FACTS["industry_chain"].choices["life_health"]
    for personal in ("王小二", "13911112222", "139", "李介绍"):
        assert not any(personal in str(value) for name, value in row.items() if name != "线索编号")


@pytest.mark.parametrize("format", ["xlsx", "csv"])
async def test_no_cell_is_a_formula(team: Team, format: str) -> None:
    for number, formula in enumerate(FORMULAS):
        await team["jingkai"].register(title=f"{formula} 项目{number}", investor={"name": f"{formula}公司{number}"})
    found = await rows(team, "jingkai", format=format)
    assert len(found) == len(FORMULAS)
    for row in found:
        assert row["项目名称"].startswith("'"), row
        assert row["投资方"].startswith("'"), row
    if format == "xlsx":
        ended = await export(team, "jingkai")
        book = load_workbook(io.BytesIO(await content(team, "jingkai", ended["id"])))
        assert {cell.data_type for line in book.active.iter_rows() for cell in line} <= {"s", "n"}
        book.close()


async def test_it_holds_what_the_asker_sees_and_filters(team: Team) -> None:
    await team["jingkai"].register(title="甲项目")
    await team["donghu"].register(title="乙项目", zone="donghu", investor={"name": "另一家有限公司"})
    assert [row["项目名称"] for row in await rows(team, "jingkai")] == ["甲项目"]
    assert {row["项目名称"] for row in await rows(team, "bureau")} == {"甲项目", "乙项目"}
    assert [row["项目名称"] for row in await rows(team, "bureau", zone="donghu")] == ["乙项目"]


async def test_it_is_for_the_asker_alone(team: Team) -> None:
    await team["jingkai"].register()
    ended = await export(team, "jingkai")
    for who in ("donghu", "bureau", "manager"):
        for path in (f"/exports/{ended['id']}", f"/exports/{ended['id']}/file", f"/jobs/{ended['id']}"):
            assert (await team[who].send("GET", path)).status_code == 404
        assert (await team[who].send("DELETE", f"/jobs/{ended['id']}")).status_code in (403, 404)
    assert (await team["partner"].send("POST", "/exports", json={"kind": "leads"})).status_code == 403


async def test_its_name_is_the_day_in_shanghai(team: Team) -> None:
    team.clock.advance(timedelta(hours=15))  # 1 o'clock of the 24th there, the 23rd in UTC
    ended = await export(team, "jingkai")
    assert ended["file_name"] == "线索-20261124.xlsx"


async def test_ranges(team: Team) -> None:
    await team["jingkai"].register()
    ended = await export(team, "jingkai")
    whole = await content(team, "jingkai", ended["id"])
    assert len(whole) == ended["size"]
    pieces = b""
    for span in ("0-99", "100-199", "200-"):
        answer = await team["jingkai"].send("GET", f"/exports/{ended['id']}/file", headers={"range": f"bytes={span}"})
        assert answer.status_code == 206
        pieces += answer.content
    assert pieces == whole
    beyond = await team["jingkai"].send("GET", f"/exports/{ended['id']}/file", headers={"range": "bytes=99999999-"})
    assert beyond.status_code == 416


async def test_it_is_gone_after_seven_days(team: Team) -> None:
    await team["jingkai"].register()
    ended = await export(team, "jingkai")
    record = await exports.load_export(team.ports, PEOPLE["jingkai"], ended["id"])
    team.clock.advance(timedelta(days=7, minutes=1))
    assert (await team["jingkai"].send("GET", f"/exports/{ended['id']}/file")).status_code == 404
    await exports.expire(team.ports)
    with pytest.raises(Exception, match="没有找到这个文件"):
        await team.ports.blobs.open(record.body["blob"])


async def test_too_many_are_refused_before_anything_is_written(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST", 0)
    await team["jingkai"].register()
    ended = await export(team, "jingkai")
    assert (ended["state"], ended["size"]) == ("failed", None)
    assert "缩小范围" in ended["detail"]
    assert (await team["jingkai"].send("GET", f"/exports/{ended['id']}/file")).status_code == 409


async def test_the_same_key_is_the_same_export(team: Team) -> None:
    first = await team["jingkai"].send("POST", "/exports", json={"kind": "leads"}, key="same")
    again = await team["jingkai"].send("POST", "/exports", json={"kind": "leads"}, key="same")
    other = await team["jingkai"].send("POST", "/exports", json={"kind": "leads", "format": "csv"}, key="same")
    assert first.json()["id"] == again.json()["id"]
    assert other.status_code == 422


async def test_it_is_audited_once(team: Team) -> None:
    ended = await export(team, "jingkai")
    said = [value for value in await events(team) if LeadsAudited.event_type.encode() in value]
    assert len([each for each in said if ended["id"].encode() in each and b"leads.exported" in each]) == 1


@pytest.mark.parametrize("format", ["xlsx", "csv"])
async def test_broken_off_at_any_moment_it_leaves_no_file(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    await team["jingkai"].register()
    ended = await export(team, "jingkai", format=format)
    record = await exports.load_export(team.ports, PEOPLE["jingkai"], ended["id"])
    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        for tenths in range(60):
            work = asyncio.create_task(exports.run_export(team.ports, record))
            await asyncio.sleep(tenths / 10_000)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            assert list(folder.iterdir()) == []
        gc.collect()
    assert [str(each.message) for each in unclosed] == []


async def test_stopping_is_told_as_asking_is(team: Team) -> None:
    jingkai = PEOPLE["jingkai"]
    asked = await exports.request_export(team.ports, jingkai, ExportInput(kind="leads"), "export")
    for _ in range(2):
        assert (await exports.cancel_export(team.ports, jingkai, asked.id)).body["state"] == "cancelled"
    brought = await imports.request_import(team.ports, jingkai, b"no workbook", "台账.xlsx", None, "import")
    for _ in range(2):
        assert (await imports.cancel_import(team.ports, jingkai, brought.id)).body["state"] == "cancelled"
    said = [LeadsAudited.heard(Event.decode(value).data) for value in await events(team) if b"audited" in value]
    assert sorted((each.what, each.office, each.who) for each in said if "cancelled" in each.what) == [
        ("import.cancelled", "jingkai", "jingkai"),
        ("leads.export_cancelled", "jingkai", "jingkai"),
    ]


async def test_without_room_for_its_file_it_says_so(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("services.leads.exports.tempfile.TemporaryDirectory", full)
    ended = await export(team, "jingkai")
    assert (ended["state"], ended["detail"]) == ("failed", exports.DISK_FULL)
