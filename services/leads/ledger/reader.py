"""Reads a workbook in a process of its own, which may be killed: a hostile file costs a minute, not the service.

Run as ``python -m services.leads.ledger.reader FILE``; it prints one JSON line a row, or one line with the error.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from services.leads.ledger.parse import UNCACHED, parse_sheet
from services.leads.ledger.row import Ledger, LedgerError, LedgerRow

PACKED = 20 * 1024 * 1024
UNPACKED = 200 * 1024 * 1024
RATIO = 200
ROWS = 20_000
SECONDS = 60
MEMORY = 2 * 1024**3

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*>\s*<f[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>')


def read_ledger(path: Path) -> Ledger:
    """Read a ledger workbook in a child process.

    Raises:
        LedgerError: it is no workbook, locked, too large, or holds no ledger.
    """
    command = [sys.executable, "-m", "services.leads.ledger.reader", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired as error:
        raise LedgerError("读取这个文件用时过长，已停止。请删去无关的工作表和图片，另存后再导入。") from error
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise LedgerError("无法读取这个文件，它可能已损坏。请用表格软件打开，另存为 xlsx 后再导入。")
    first = orjson.loads(lines[0])
    if "error" in first:
        raise LedgerError(first["error"])
    return Ledger(tuple(LedgerRow.model_validate_json(line) for line in lines[1:]))


def main(path: Path) -> None:
    """The child's work."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = sys.stdout.buffer
    try:
        rows = [row.model_dump_json(exclude_defaults=True).encode() for row in _rows(path)]
        head: dict[str, Any] = {"rows": len(rows)}
    except LedgerError as error:
        head, rows = {"error": str(error)}, []
    out.write(b"\n".join([orjson.dumps(head), *rows]) + b"\n")


def _rows(path: Path) -> Iterator[LedgerRow]:
    _check_file(path)
    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise _locked() from error
    except (CalamineError, OSError, ValueError) as error:
        raise LedgerError("这不是一个能识别的表格文件。请选择 xlsx、xls 或 ods 格式的台账。") from error
    found = False
    for position, sheet in enumerate(workbook.sheets_metadata):
        if sheet.visible is not SheetVisibleEnum.Visible:
            continue
        cells = workbook.get_sheet_by_index(position)
        if cells.height > ROWS:
            raise LedgerError(f"工作表「{sheet.name}」有 {cells.height} 行，一次最多 {ROWS} 行，请拆开分别导入。")
        rows = cells.to_python(skip_empty_area=False)
        _mark_uncached(path, position, rows)
        data = parse_sheet(rows)
        if data is not None:
            found = True
            yield from data
    if not found:
        raise LedgerError("没有找到台账表头。请确认有一行写着「项目名称」「投资方」等列名，再重新导入。")


def _check_file(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(8)
        if head == _OLE:
            file.seek(0)
            if _ENCRYPTED in file.read(PACKED):
                raise _locked()
    if path.stat().st_size > PACKED:
        raise LedgerError("文件超过 20 MB，请拆成几个工作簿分别导入。")
    if head[:4] == b"PK\x03\x04":
        _check_archive(path)


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            packed = sum(entry.compress_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise LedgerError("文件不完整或已损坏，请重新保存后再导入。") from error
    if unpacked > UNPACKED or unpacked > RATIO * max(packed, 1024):
        raise LedgerError("文件解压后过大，像是异常文件，没有导入。请用表格软件另存后再试。")


def _mark_uncached(path: Path, position: int, rows: list[list[Any]]) -> None:
    """Put a marker where a formula has no stored result; calamine gives an empty text there."""
    name = f"xl/worksheets/sheet{position + 1}.xml"
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if name not in archive.namelist():
            return
        content = archive.read(name)
    for letters, number in _FORMULA_CELL.findall(content):
        row, column = int(number) - 1, _column_number(letters.decode())
        if row < len(rows) and column < len(rows[row]) and rows[row][column] in ("", 0, 0.0):
            rows[row][column] = UNCACHED


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _locked() -> LedgerError:
    return LedgerError("文件设有打开密码。请在表格软件中取消密码，另存后再导入。")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
