"""Workbooks that cannot be read: each is refused in Chinese, saying what to do next, and soon."""

from __future__ import annotations

import asyncio
import re
import signal
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from services.leads.ledger import LedgerError, read_ledger
from tests.leads.ledger.conftest import PARTS, WriteRaw, WriteWorkbook, read_here

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER = ["项目名称", "投资方", "总投资（亿元）"]


def refusal(path: Path, **limits: float) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        read_here(path, **limits)
    assert re.search(r"[请]", str(caught.value)), "says what to do next"
    return caught.value


def cells(row: int, *texts: str) -> str:
    inside = "".join(
        f'<c r="{"ABCDEFGH"[place]}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for place, text in enumerate(texts)
    )
    return f'<row r="{row}">{inside}</row>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        ("项目名称,投资方\n甲,乙\n".encode(), "not_a_workbook"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "not_a_workbook"),
        (b"%PDF-1.7 x", "not_a_workbook"),
        (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), "password"),
        (OLE + bytes(2000), "broken"),
        (b"PK\x03\x04" + bytes(100), "broken"),
    ],
)
def test_files_that_are_no_workbook(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(content)
    assert refusal(path).code == code


def test_another_kind_of_archive(tmp_path: Path) -> None:
    path = tmp_path / "报告.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refusal(path).code == "not_a_workbook"


def test_a_file_over_20_mb(tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(21 * 1024 * 1024)
    error = refusal(path)
    assert error.code == "too_big"
    assert "21 MB" in str(error)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    block = bytes(1024 * 1024)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as file:
            for _ in range(201):
                file.write(block)
    error = refusal(path)
    assert error.code == "zip_bomb"
    assert "201 MB" in str(error)


def test_an_archive_with_a_password(tmp_path: Path, write_workbook: WriteWorkbook) -> None:
    content = bytearray(write_workbook([HEADER]).read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    path = tmp_path / "locked.xlsx"
    path.write_bytes(bytes(content))
    assert refusal(path).code == "password"


def test_too_many_rows_are_counted(write_raw: WriteRaw) -> None:
    path = write_raw(cells(row, "甲项目", "乙公司") for row in range(1, 50_001))
    error = refusal(path)
    assert error.code == "too_many_rows"
    assert "50,000 行" in str(error)
    assert "20,000" in str(error)


def test_a_cell_at_the_far_corner_costs_neither_time_nor_memory(write_raw: WriteRaw) -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    started = time.monotonic()
    assert refusal(write_raw([cells(1, *HEADER), corner])).code == "broken"
    assert time.monotonic() - started < 10


def test_a_cell_far_below_is_named(write_raw: WriteRaw) -> None:
    error = refusal(write_raw([cells(1, *HEADER), cells(2, "甲", "乙"), cells(200_000, "x")]))
    assert error.code == "far_rows"
    assert "「台账」" in str(error)


def test_too_many_columns(write_workbook: WriteWorkbook) -> None:
    assert refusal(write_workbook([[*HEADER, *map(str, range(300))]])).code == "too_many_columns"


def test_formulas_without_results_are_named_by_place(write_workbook: WriteWorkbook) -> None:
    error = refusal(write_workbook([["台账"], HEADER, ["甲", "乙", 3], ["丙", "丁", "=1+2"], ["戊", "=B3", "=C3*2"]]))
    assert error.code == "formulas"
    assert "第4行「总投资（亿元）」（C4单元格）等 3 格" in str(error)
    assert "保存一次后重新导入" in str(error)


def test_formulas_with_results_are_read(write_raw: WriteRaw) -> None:
    row = '<row r="2"><c r="A2" t="str"><f>"甲"</f><v>甲</v></c><c r="C2"><f>1+2</f><v>3</v></c></row>'
    (read,) = read_here(write_raw([cells(1, *HEADER), row]))
    assert read.title == "甲"
    assert read.total_investment is not None
    assert read.total_investment.low == 30_000_000_000


def test_the_error_of_a_formula_is_a_problem_of_its_cell(write_raw: WriteRaw) -> None:
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>甲</t></is></c><c r="C2" t="e"><v>#REF!</v></c></row>'
    (read,) = read_here(write_raw([cells(1, *HEADER), row]))
    assert ("总投资（亿元）", "#REF!") in [(problem.column, problem.value) for problem in read.problems]


def test_a_workbook_without_a_ledger(write_workbook: WriteWorkbook) -> None:
    error = refusal(write_workbook([["姓名", "电话"], ["甲", "1"]]))
    assert error.code == "no_header"
    assert "项目名称" in str(error)


def test_a_ledger_without_rows(write_workbook: WriteWorkbook) -> None:
    error = refusal(write_workbook([["台账"], HEADER, ["合计", "共0条"]]))
    assert error.code == "no_rows"
    assert "第2行" in str(error)


def test_only_hidden_sheets(write_workbook: WriteWorkbook) -> None:
    def hide(workbook: Workbook) -> None:
        workbook.create_sheet("空", 0)
        workbook["台账"].sheet_state = "hidden"

    assert refusal(write_workbook([HEADER, ["甲", "乙", 3]], shape=hide)).code == "no_header"


def test_the_reader_is_killed_when_it_takes_too_long(shared_ledger: Path) -> None:
    error = refusal(shared_ledger, seconds=0.01)
    assert error.code == "too_slow"
    assert "0.01 秒" in str(error)


def test_a_wrong_extension_does_not_matter(tmp_path: Path, shared_ledger: Path) -> None:
    path = tmp_path / "台账.xls"
    path.write_bytes(shared_ledger.read_bytes())
    assert len(read_here(path)) == 249


def test_the_reader_sees_none_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, shared_ledger: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "no.py"))
    monkeypatch.chdir(tmp_path)
    assert len(read_here(shared_ledger)) == 249


async def test_the_child_ends_with_whoever_waits_for_it(shared_ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[asyncio.subprocess.Process] = []
    started, start = asyncio.Event(), asyncio.create_subprocess_exec

    async def starting(*command: str, **options: Any) -> asyncio.subprocess.Process:
        children.append(await start(*command, **options))
        started.set()
        return children[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    reading = asyncio.create_task(read_ledger(shared_ledger))
    await started.wait()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    assert children[0].returncode == -signal.SIGKILL
