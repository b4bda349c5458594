"""Every sentence of the pages has its English, and no template writes scripts or styles into a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.vocabulary import policy_words
from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.personal_data import BASES, NOTICES
from contracts.vocabulary.zones import GroupId
from gateway.breaker import SERVICE_NAMES
from gateway.model import ROLE_NAMES
from gateway.pages import acts, labels, lead_filter, page_table, replays, routing
from gateway.pages.assets import INSTALLED, TABLE
from gateway.pages.languages import english, translator
from services.notify.digest.figures import FIGURES, SECTIONS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "gateway" / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "gateway" / "pages").glob("*.py"))
SENTENCE = re.compile(r"_\(\s*'([^']*)'")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TABLES = (
    policy_words.INSTRUMENTS, policy_words.CLAIM_MODES, policy_words.BENEFICIARIES, policy_words.STANDINGS,
    labels.STATES, labels.SOURCES, labels.JOB_STATES,
    labels.DELIVERY_STATES, labels.FIELDS, BASES, NOTICES, ROLE_NAMES, routing.TITLES,
    labels.DELIVERY_KINDS, labels.LETTER_STATES, SERVICE_NAMES, labels.ACCOUNT_STATES, labels.TOKEN_SCOPES,
    labels.PROGRESS, labels.ENQUIRY_STATES, acts.DID, acts.KINDS, acts.SUBJECTS, acts.FIELDS, acts.SYSTEM_NAMES,
    replays.PARTS, replays.CHANGED, policy_words.VERDICT_WORDS,
)  # fmt: skip


def said_in_modules() -> Iterator[str]:
    """Sentences that Python says."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", None))
            if isinstance(node, ast.Call) and name == "say" and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def sentences() -> set[str]:
    """Everything that may be looked up."""
    found = {sentence for path in TEMPLATES for sentence in SENTENCE.findall(path.read_text("utf-8"))}
    found.update(said_in_modules())
    found.update(word for table in TABLES for word in table.values())
    found.update(entry.label for entry in page_table._ENTRIES)
    found.update(word for fact in FACTS.values() for word in (fact.unit, *fact.choices.values()))
    found.update(group.label for group in GroupId)
    found.update(word for kind in FIGURES for word in (kind.label, kind.unit))
    found.update(title for title, _ in SECTIONS.values())
    return {sentence for sentence in found if CHINESE.search(sentence)}


def test_every_sentence_has_english() -> None:
    assert sorted(sentences() - english().keys()) == []


def test_english_keeps_the_placeholders() -> None:
    holes = re.compile(r"{(\w+)}")
    wrong = [text for text, said in english().items() if set(holes.findall(said)) - set(holes.findall(text))]
    assert wrong == []


def test_a_sentence_without_english_stays_chinese() -> None:
    assert translator("en")("没有这句话") == "没有这句话"
    assert translator("zh")("还剩{span}", span="3小时") == "还剩3小时"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|https?://(?!127)", text)


def test_views_and_assets_exist() -> None:
    assert set(lead_filter.VIEWS) >= {"active", "all"}
    assert [path for path, _ in TABLE.values() if not (INSTALLED / path).is_file()] == []
