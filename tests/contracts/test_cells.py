"""No text becomes a formula, in whatever program the table is opened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.cells import harmless

DANGEROUS = "=+-@\t\r\n＝＋－＠﹦﹢﹣﹫"


@pytest.mark.parametrize("first", DANGEROUS)
@pytest.mark.parametrize(
    "before", ["", " ", "  ", "\u3000", "\x00", "\u00a0", "\ufeff", "\u200b", "\u2060", "\u200e\u00ad"]
)
def test_what_would_run_is_text(before: str, first: str) -> None:
    assert harmless(f"{before}{first}cmd|' /C calc'!A0").startswith("'")


@given(st.text())
def test_nothing_that_begins_a_formula_is_left(text: str) -> None:
    after = harmless(text)
    assert after.strip()[:1] not in [*"=+-@＝＋－＠"]
    assert after.strip("\ufeff\u200b\u200d\u2060 \t\r\n\u3000")[:1] not in [*"=+-@＝＋－＠﹦﹢﹣﹫"]
    assert after[:1] not in ["\t", "\r", "\n"]
    assert "\x00" not in after


@pytest.mark.parametrize("text", ["智能车载终端项目", "3.5亿元", "a=b", "2026-11-20", "", "'已有撇号"])
def test_ordinary_text_stays(text: str) -> None:
    assert harmless(text) == text
