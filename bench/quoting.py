"""Figures that a document quotes: a row of a table whose last cell names one has its value in the cell before.

``make bench`` writes them anew into ``docs/scale.md``, so that nobody copies a figure by hand; a test compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from bench.suite import ROOT

DOCUMENT = ROOT / "docs" / "scale.md"
RESULTS = ROOT / "bench" / "results.json"
UNKNOWN = "—"
ROW = re.compile(r"^(?P<before>\|.*\| )(?P<value>[^|]+)(?P<after> \| `(?P<name>[a-z0-9_.]+)` \|)$", re.MULTILINE)


def quoted(document: str) -> Iterator[tuple[str, str]]:
    """The figures that a document names, each with the value it gives."""
    return ((row["name"], row["value"]) for row in ROW.finditer(document))


def values(results: Path = RESULTS) -> dict[str, str]:
    """What was measured, as documents write it."""
    return {each["name"]: f"{each['value']:g}" for each in json.loads(results.read_text("utf-8"))}


def quote(document: str, measured: dict[str, str]) -> str:
    """The document with these values."""
    return ROW.sub(lambda row: row["before"] + measured.get(row["name"], UNKNOWN) + row["after"], document)


def write() -> None:
    """Quote what was measured."""
    DOCUMENT.write_text(quote(DOCUMENT.read_text("utf-8"), values()), "utf-8")


if __name__ == "__main__":
    write()
