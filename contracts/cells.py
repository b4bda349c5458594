"""Cells of tables that people open in spreadsheet programs: text stays text, whoever wrote it."""

from __future__ import annotations

import re

_STARTS_A_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would run, without characters XML cannot hold."""
    plain = _NOT_IN_XML.sub("", text)
    return f"'{plain}" if _STARTS_A_FORMULA.match(plain) else plain
