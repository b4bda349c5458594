"""The glossary holds every idea once, and the code uses its words; plumbing uses none of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import PRODUCT, ROOT, modules, shown

GLOSSARY = ROOT / "docs" / "glossary.md"
LATER = "已约定，尚未实现"
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Term:
    """One row of the glossary."""

    chinese: str
    code: str
    technical: str
    later: bool


def terms() -> list[Term]:
    """The rows of every table."""
    found: list[Term] = []
    later = False
    for line in GLOSSARY.read_text("utf-8").splitlines():
        if line.startswith("## "):
            later = LATER in line
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and cells[0] != "中文":
            found.append(Term(cells[0], cells[2], cells[3], later))
    return found


BUILT = [term for term in terms() if not term.later]
DOMAIN = {term.code for term in BUILT if not term.technical}


@cache
def vocabulary_of_the_code() -> str:
    """Everything the product's modules and data say."""
    files = [*modules(*PRODUCT), *(ROOT / "contracts").rglob("*.yaml")]
    return "\n".join(path.read_text("utf-8") for path in files)


@cache
def singular_words(path: Path) -> Counter[str]:
    """The English words of a module, names taken apart, plurals as singulars."""
    words = (word.lower() for word in WORDS.findall(path.read_text("utf-8")))
    return Counter(each for word in words for each in {word, _singular(word)})


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word.removesuffix("s")


def test_the_glossary_is_read() -> None:
    assert len(BUILT) > 50


def test_one_word_an_idea() -> None:
    for column in ("chinese", "code"):
        counted = Counter(getattr(term, column) for term in terms())
        assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("term", BUILT, ids=lambda term: term.code)
def test_the_code_uses_the_name(term: Term) -> None:
    assert re.search(rf"(?<![a-z]){term.code}", vocabulary_of_the_code()), f"no code says {term.code} ({term.chinese})"


@pytest.mark.parametrize("path", modules("kit"), ids=shown)
def test_kit_has_no_domain_noun(path: Path) -> None:
    text = path.read_text("utf-8")
    single = {code for code in DOMAIN if "_" not in code and singular_words(path)[code]}
    compound = {code for code in DOMAIN if "_" in code and re.search(rf"\b{code}", text)}
    chinese = {term.chinese for term in BUILT if not term.technical and len(term.chinese) > 2 and term.chinese in text}
    assert single | compound | chinese == set(), "plumbing knows no domain; move it to a service"
