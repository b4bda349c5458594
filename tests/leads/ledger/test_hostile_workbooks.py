"""Workbooks made to hurt: each is refused within a second and 100 MB, reads no file and opens nothing within."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from services.leads.ledger import LedgerError
from tests.conftest import ROOT
from tests.leads.ledger.conftest import PARTS, read_here

SECONDS = 1.0
BYTES = 100 * 1024 * 1024
MB = 1024 * 1024
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
OPEN_DOCUMENT = ("office", "table", "text")
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


def sheet(body: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def corners(*places: tuple[str, int]) -> Callable[[Path], None]:
    """A handful of cells, with nothing between them that a parser might not lay out."""
    rows = "".join(f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row>' for column, row in places)
    return lambda path: pack(path, {**PARTS, SHEET: sheet(rows)})


def filled(before: str, unit: str, after: str, size: int) -> Callable[[Path], None]:
    """A sheet that says one thing again and again."""
    return lambda path: pack(path, {**PARTS, SHEET: sheet(before + unit * (size // len(unit)) + after)})


def deep(path: Path) -> None:
    """Elements within elements, beside a formula, for which each of them is looked at."""
    pack(path, {**PARTS, SHEET: sheet("<f/>" + "<a>" * 2 * MB + "</a>" * 2 * MB)})


def one_part_for_all(path: Path) -> None:
    """Thousands of sheets that are all the same part."""
    sheets = "".join(f'<sheet name="s{number}" sheetId="{number + 1}" r:id="rId1"/>' for number in range(5000))
    outline = re.sub("<sheet .*?/>", sheets, PARTS["xl/workbook.xml"])
    pack(path, {**PARTS, "xl/workbook.xml": outline, SHEET: sheet("<row>" + "<c/>" * (MB // 4) + "</row>")})


def one_text_for_all(path: Path) -> None:
    """A long text that thousands of cells name."""
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 15_001))
    texts = f'<sst xmlns="{MAIN}"><si><t>{"x" * MB}</t></si></sst>'
    pack(path, {**PARTS, SHEET: sheet(rows), "xl/sharedStrings.xml": texts})


def small_parts(path: Path) -> None:
    """None of them large."""
    pack(path, {**PARTS, SHEET: sheet(""), **{f"xl/media/{number}.bin": bytes(MB) for number in range(100)}})


def endless_directory(path: Path) -> None:
    """A directory that is nearly the whole file."""
    pack(path, {"x": ""})
    content = path.read_bytes()
    start = content.index(b"PK\x01\x02")
    directory = content[start : content.index(b"PK\x05\x06")] * 150_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), start, 0)
    path.write_bytes(content[:start] + directory + end)


def repeated(rows: int, columns: int, text: str) -> Callable[[Path], None]:
    """An OpenDocument sheet of one cell, said once and meant millions of times."""
    cell = f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}">'
    row = f'<table:table-row table:number-rows-repeated="{rows}">{cell}<text:p>{text}</text:p></table:table-cell>'
    names = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in OPEN_DOCUMENT)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
    parts: dict[str, str | bytes] = {
        "mimetype": kind,
        "META-INF/manifest.xml": f'<m:manifest xmlns:m="{MANIFEST}">{manifest}</m:manifest>',
        "content.xml": f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="s">{row}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>",
    }
    return lambda path: pack(path, parts)


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

SWELLING: dict[str, Callable[[Path], None]] = {
    "cells at far corners": corners(("A", 1), ("XFD", 1_048_576)),
    "a narrow sheet without end": corners(("A", 1), ("AN", 1_048_576)),
    "a column without end": corners(("A", 1), ("A", 1_048_576)),
    "a wide sheet": corners(("A", 1), ("XFD", 2000)),
    "cells without end": filled('<row r="1">', '<c r="A1"><f>1</f></c>', "</row>", 16 * MB),
    "a result of line breaks": filled('<row r="1"><c r="A1"><f>1</f><v>', "\n", "</v></c></row>", 2 * MB - 1000),
    "elements within elements": deep,
    "sheets that are one part": one_part_for_all,
    "cells that are one text": one_text_for_all,
    "a hundred small parts": small_parts,
    "a directory without end": endless_directory,
    "repeated rows": repeated(1_048_576, 1, "x"),
    "repeated rows and columns": repeated(200_000, 60, "x"),
    "repeated for ever": repeated(4_294_967_295, 4_294_967_295, "x"),
    "a repeated text": repeated(2000, 1, "x" * 1_000_000),
}


@pytest.mark.parametrize("name", [*HOSTILE, *SWELLING])
def test_it_is_refused_soon_and_cheaply(
    tmp_path: Path, name: str, record_figure: Callable[[str, object], None]
) -> None:
    path = tmp_path / "台账.xlsx"
    (HOSTILE | SWELLING)[name](path)
    command = [sys.executable, "-m", "services.leads.ledger.reader", str(path)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], cwd=ROOT, capture_output=True, check=False)
    said, used = done.stdout, orjson.loads(done.stderr.splitlines()[-1])
    if name in HOSTILE:
        assert used["code"] == 0, "it was refused, not killed"
        assert orjson.loads(said.splitlines()[0])["refused"] in ("zip_bomb", "broken", "not_a_workbook")
    assert len(said.splitlines()) == (used["code"] == 0)
    with pytest.raises(LedgerError):
        read_here(path)
    record_figure(f"hostile.{name}.seconds", used["seconds"])
    record_figure(f"hostile.{name}.mb", used["kilobytes"] // 1024)
    assert used["seconds"] <= SECONDS
    assert used["kilobytes"] * 1024 <= BYTES
    assert not Path("/tmp/quce-climbed").exists()  # noqa: S108
