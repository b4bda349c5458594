"""Finds formulas saved without their results: the parser reads them as empty cells, and silence would lose them.

Excel and WPS store results; programs that write workbooks often do not.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

_CHUNK = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_PLACE = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")
_RELATIONS, _WORKBOOK = "xl/_rels/workbook.xml.rels", "xl/workbook.xml"


def sheet_parts(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """The part of an xlsx that holds each sheet, by the sheet's name."""
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
    return {name: _full(target) for name, target in sheets.items() if target}


def uncached_formulas(path: Path, part: str, bounds: tuple[int, int]) -> list[tuple[int, int]]:
    """Zero-based places of formulas without a stored result, within ``bounds`` rows and columns."""
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist() or not _has_formula(archive, part):
            return []
        with archive.open(part) as file:
            finder = _Finder()
            finder.parser.ParseFile(file)
    return [place for place in finder.places if place[0] < bounds[0] and place[1] < bounds[1]]


def _full(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _each_element(text: bytes, started: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate()
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
        self.places: list[tuple[int, int]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._place = self._kind = self._inside = ""
        self._formula = self._result = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = name.rpartition(":")[2]
        if self._inside == "c":
            self._place, self._kind = attributes.get("r", ""), attributes.get("t", "")
            self._formula = self._result = False
        elif self._inside == "f":
            self._formula = True

    def _text(self, text: str) -> None:
        if self._inside in ("v", "t") and text.strip():
            self._result = True

    def _end(self, name: str) -> None:
        self._inside = ""
        # a result that is an empty text is stored as a text with nothing in it
        empty = self._formula and not self._result and self._kind != "str"
        if empty and name.rpartition(":")[2] == "c" and (match := _PLACE.match(self._place)):
            self.places.append((int(match[2]) - 1, _column(match[1])))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
