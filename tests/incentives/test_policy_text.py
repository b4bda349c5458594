"""The canonical text of a policy: reading it gives the policy again, and writing that the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from pydantic import ValidationError

from services.incentives.catalogue import content_hash
from services.incentives.policy import Policy, policy_from, read_policy, stored_policy
from services.incentives.policy.tree import Term, leaves_of
from services.incentives.policy_text import formatted
from services.incentives.policy_text.yaml_lines import WIDTH
from services.incentives.settings import POLICIES
from tests.incentives.forms import conditions
from tests.incentives.writing import FAI, document

FILES = sorted(POLICIES.rglob("*.yaml"))
LETTERS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.text("- :#,[]{}&*!|>'\"%@`\\~?=<", min_size=1, max_size=8),
    st.sampled_from(
        [
            "true",
            "null",
            "~",
            "12",
            "1.5",
            "2026-01-01",
            " 两端有空",
            "- 项",
            "第一行\n第二行",
            "1:0.5",
            "\x00",
            "\x85",
            "😀",
        ]
    ),
)


def assert_exact(policy: Policy) -> str:
    """What is written reads as the same policy, and is written the same again; stored or not."""
    text = formatted(policy)
    again = read_policy(text, "again.yaml")
    assert content_hash(again) == content_hash(policy)
    assert formatted(again) == text
    assert formatted(stored_policy(policy.model_dump(mode="json", by_alias=True), "stored")) == text
    return text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_ships_is_exported_and_imported_exactly(file: Path) -> None:
    policy = read_policy(file.read_text("utf-8"), file.name)
    assert read_policy(assert_exact(policy), "again.yaml") == policy


@given(conditions(), LETTERS, LETTERS, st.dictionaries(st.sampled_from(["a", "b"]), LETTERS, max_size=1))
def test_so_is_whatever_an_author_may_write(tree: Any, title: str, summary: str, more: dict[str, str]) -> None:
    if any(isinstance(leaf, Term) for leaf in leaves_of(tree)):
        return
    source = {"document": summary[:200], **({"note": note} if (note := more.get("a")) else {})}
    try:
        policy = Policy.model_validate(document(title=title, summary=summary, conditions=tree, source=source))
    except ValidationError:
        reject()
    assert_exact(policy)


@pytest.mark.parametrize(
    "benefit",
    [
        {"kind": "match", "text": "配套", "level": "city", "ratio": "1:0.5", "base": "upper_level_grant"},
        {"kind": "match", "text": "配套", "level": "city", "ratio": 0.5, "base": "upper_level_grant"},
        {"kind": "match", "text": "配套", "level": "city", "ratio": "50%", "base": "upper_level_grant"},
        {"kind": "rate", "text": "奖励", "rate": 0.000001, "base": "rd_spending", "cap": 200_000_000},
        {"kind": "in_kind", "text": "服务", "worth": "30万元"},
    ],
)
def test_figures_stay_as_they_were_written(benefit: dict[str, Any]) -> None:
    assert_exact(policy_from(document(benefit=benefit), "test"))


def test_a_day_is_written_as_one_however_it_was_stored() -> None:
    leaf = FAI | {"fact": "entry_date", "op": "date_in", "value": {"from": "2026-01-01", "until": None}}
    example = {"title": "够", "as_of": "2026-06-01", "facts": {"entry_date": "2026-03-01"}, "verdict": "met"}
    text = assert_exact(policy_from(document(conditions=leaf, examples=[example, example | {"title": "又"}]), "test"))
    assert "value: {from: 2026-01-01, until: null}" in text
    assert "facts: {entry_date: 2026-03-01}" in text


def test_nothing_is_written_of_what_is_not_there_and_a_line_is_no_longer_than_a_screen() -> None:
    text = formatted(policy_from(document(), "test"))
    assert "null" not in text
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.splitlines()[:3] == ["id: jingkai-example", "title: 汽车产业投资奖励", "standing: illustrative"]
