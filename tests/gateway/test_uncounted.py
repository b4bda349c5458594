"""A policy's page says when it counts in no total."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.pages.policies import _uncounted
from gateway.pages.visit import Visit

VISIT = cast(Visit, SimpleNamespace(say=str, f=SimpleNamespace(today=date(2026, 12, 1))))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"review": {"until": None}}, ""),
        ({"review": {"until": "2026-12-01"}}, ""),
        ({"review": {"until": "2026-11-30"}}, "审查已到期，不计入合计"),
        ({"review": None}, "没有审查记录，不计入合计"),
        ({"review": None, "standing": "historical"}, ""),
        ({"review": None, "cleanup": {"pending": True}}, ""),
    ],
)
def test_when_a_policy_counts_in_no_total(document: dict[str, Any], words: str) -> None:
    found = {"status": "published", "document": {"standing": "in_force", "cleanup": None, **document}}
    assert _uncounted(VISIT, found) == words
    assert _uncounted(VISIT, found | {"status": "draft"}) == ""
