"""Cells of tables that people open in spreadsheet programs: text stays text, whoever wrote it."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

_BREAKS = frozenset("\t\r\n")
_SIGNS = frozenset("=+-@")
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zs", "Zl", "Zp"})
"""Kinds of characters that show nothing, which a program may pass over: byte order marks, joiners, spaces."""
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would run, without characters XML cannot hold."""
    plain = _NOT_IN_XML.sub("", text)
    return f"'{plain}" if _runs(plain) else plain


def _runs(text: str) -> bool:
    """Whether it begins with a break, or shows first the sign of a formula, in any width that programs take for it."""
    unseen = "".join(takewhile(lambda each: unicodedata.category(each) in _UNSEEN, text))
    first = unicodedata.normalize("NFKC", text[len(unseen) : len(unseen) + 1])
    return not _BREAKS.isdisjoint(unseen) or first[:1] in _SIGNS
