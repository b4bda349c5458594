"""Finds formulas saved without results, and those that ended in an error: the parser reads both as empty cells.

Excel and WPS store results; programs that write workbooks often do not. Silence would lose what the office means.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from services.leads.ledger.errors import LedgerError

_CHUNK = 1 << 20
_FORMULA = re.compile(rb"""<(?:\w+:)?f[\s/>]|\st=["']e["']""")
_PLACE = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")
_RELATIONS, _WORKBOOK = "xl/_rels/workbook.xml.rels", "xl/workbook.xml"


def sheet_parts(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """The part of an xlsx that holds each sheet, by the sheet's name.

    Raises:
        LedgerError: two sheets are one part, which is a way to have it read a thousand times.
    """
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation_id = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets[attributes.get("name", "")] = targets.get(relation_id, "")

    if _RELATIONS in archive.namelist():
        _each_element(archive.read(_RELATIONS), relation)
    _each_element(archive.read(_WORKBOOK), sheet)
    parts = {name: _full(target) for name, target in sheets.items() if target}
    if len(set(parts.values())) != len(parts):
        raise LedgerError("broken")
    return parts


def silent_cells(path: Path, part: str, bounds: tuple[int, int]) -> Mapping[tuple[int, int], str]:
    """Zero-based places of such cells within ``bounds`` rows and columns: their error, or ``""`` without a result."""
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist() or not _has_formula(archive, part):
            return {}
        with archive.open(part) as file:
            finder = _Finder()
            finder.parser.ParseFile(file)
    return {place: text for place, text in finder.found.items() if place[0] < bounds[0] and place[1] < bounds[1]}


def careful_parser() -> expat.XMLParserType:
    """A parser that refuses document types: with them come entities, which grow or name files."""

    def refuse(*_declared: object) -> None:
        raise LedgerError("broken")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _full(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _each_element(text: bytes, started: Callable[[str, dict[str, str]], None]) -> None:
    parser = careful_parser()
    parser.StartElementHandler = lambda name, attributes: started(name.rpartition(":")[2], attributes)
    parser.Parse(text, True)


def _has_formula(archive: zipfile.ZipFile, part: str) -> bool:
    """A quick look, since most ledgers have none and the full search costs more than reading them."""
    with archive.open(part) as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            if _FORMULA.search(tail + chunk):
                return True
            tail = chunk[-16:]
    return False


class _Finder:
    def __init__(self) -> None:
        self.found: dict[tuple[int, int], str] = {}
        self.parser = careful_parser()
        self.parser.buffer_text = True  # else each line break of a text is a call
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._place = self._kind = self._inside = self._result = ""
        self._formula = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = name.rpartition(":")[2]
        if self._inside == "c":
            self._place, self._kind = attributes.get("r", ""), attributes.get("t", "")
            self._formula, self._result = False, ""
        elif self._inside == "f":
            self._formula = True

    def _text(self, text: str) -> None:
        if self._inside in ("v", "t"):
            self._result += text[:20]

    def _end(self, name: str) -> None:
        self._inside = ""
        if name.rpartition(":")[2] != "c" or not (match := _PLACE.match(self._place)):
            return
        place = int(match[2]) - 1, _column(match[1])
        if self._kind == "e":
            self.found[place] = self._result.strip() or "#N/A"
        elif self._formula and not self._result.strip() and self._kind != "str":
            # a result that is an empty text is stored as a text with nothing in it
            self.found[place] = ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
