"""Workbooks made to hurt: each is refused within a second and 100 MB, reads no file and opens nothing within."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.conftest import ROOT
from tests.leads.ledger.conftest import PARTS

SECONDS = 1.0
BYTES = 100 * 1024 * 1024
MB = 1024 * 1024
SHEET = "xl/worksheets/sheet1.xml"
MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = round(used.ru_utime + used.ru_stime, 3)
print(json.dumps({"code": code, "seconds": seconds, "kilobytes": used.ru_maxrss}), file=sys.stderr)
"""
"""Run by a small process of its own: a child's peak counts what its parent held when it was forked."""
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITY_BOMB = f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def pack(path: Path, parts: dict[str, str | bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def zeros(path: Path, name: str, megabytes: int) -> None:
    """A part of nothing but one byte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for part, text in PARTS.items():
            if part != name:
                archive.writestr(part, text)
        with archive.open(name, "w") as file:
            for _ in range(megabytes):
                file.write(b" " * MB)


def lie(path: Path, name: str, megabytes: int) -> None:
    """The same, whose directory says that it is small."""
    zeros(path, name, megabytes)
    content = bytearray(path.read_bytes())
    sizes = struct.pack("<I", megabytes * MB)
    while (place := content.find(sizes)) >= 0:
        content[place : place + 4] = struct.pack("<I", 1000)
    path.write_bytes(bytes(content))


def with_doctype(part: str, doctype: str, reference: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        head, _, rest = PARTS[part].rpartition("?>")
        declared = f"{head}?>{doctype}{rest}" if head else f"{doctype}{rest}"
        pack(path, {**PARTS, SHEET: "<worksheet/>", part: declared.replace('name="', f'name="{reference}', 1)})

    return write


def nested(path: Path) -> None:
    """An archive in an archive in an archive, and no workbook."""
    inner = b"x" * MB
    for depth in range(10):
        part = path.with_suffix(f".{depth}")
        pack(part, {"xl/workbook.zip": inner})
        inner = part.read_bytes()
    path.write_bytes(inner)


def many_entries(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(str(number), b"")


def twice(path: Path) -> None:
    """Two sheets of one name: which one a parser reads is anybody's guess."""
    sheets = {f"xl/worksheets/sheet{number}.xml": f"<worksheet>{number}</worksheet>" for number in (1, 2)}
    pack(path, {**PARTS, **sheets})
    path.write_bytes(path.read_bytes().replace(b"sheet2.xml", b"sheet1.xml"))


def polyglot(path: Path) -> None:
    """A PDF for one reader, a workbook for another."""
    pack(path, {**PARTS, SHEET: "<worksheet/>"})
    path.write_bytes(b"%PDF-1.7\n<script>alert(1)</script>\n" + path.read_bytes())


def climbing(path: Path) -> None:
    """Names that lead out of any folder."""
    pack(path, {"../../../../tmp/quce-climbed": "x", "/tmp/quce-climbed": "x", "..\\quce-climbed": "x"})  # noqa: S108


HOSTILE: dict[str, Callable[[Path], None]] = {
    "one part of 199 MB": lambda path: zeros(path, SHEET, 199),
    "one part of 96 MB": lambda path: zeros(path, SHEET, 96),
    "shared strings of 96 MB": lambda path: zeros(path, "xl/sharedStrings.xml", 96),
    "an outline of 15 MB": lambda path: zeros(path, "xl/workbook.xml", 15),
    "a directory that lies": lambda path: lie(path, SHEET, 150),
    "an outline that lies": lambda path: lie(path, "xl/workbook.xml", 150),
    "entities that grow": with_doctype("xl/workbook.xml", ENTITY_BOMB, "&l9;"),
    "entities that grow by their square": with_doctype("xl/workbook.xml", QUADRATIC, "&a;" * 50_000),
    "an entity that names a file": with_doctype("xl/workbook.xml", EXTERNAL, "&x;"),
    "an entity in the relations": with_doctype("xl/_rels/workbook.xml.rels", ENTITY_BOMB, "&l9;"),
    "archives within archives": nested,
    "ten thousand and one parts": many_entries,
    "two parts of one name": twice,
    "a polyglot": polyglot,
    "names that climb": climbing,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_soon_and_cheaply(
    tmp_path: Path, name: str, record_figure: Callable[[str, object], None]
) -> None:
    path = tmp_path / "台账.xlsx"
    HOSTILE[name](path)
    command = [sys.executable, "-m", "services.leads.ledger.reader", str(path)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], cwd=ROOT, capture_output=True, check=False)
    said, used = done.stdout, orjson.loads(done.stderr.splitlines()[-1])
    assert used["code"] == 0, "it was refused, not killed"
    assert orjson.loads(said.splitlines()[0])["refused"] in ("zip_bomb", "broken", "not_a_workbook")
    assert len(said.splitlines()) == 1
    record_figure(f"hostile.{name}.seconds", used["seconds"])
    record_figure(f"hostile.{name}.mb", used["kilobytes"] // 1024)
    assert used["seconds"] <= SECONDS
    assert used["kilobytes"] * 1024 <= BYTES
    assert not Path("/tmp/quce-climbed").exists()  # noqa: S108
