"""What a dry run shows: leads by name to who may see them, linked to who may open them, and how many it counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.pages.formats import Formats
from gateway.pages.labels import labels_in
from gateway.pages.visit import templates

WAN = 1_000_000
TRIED: dict[str, Any] = {
    "policy": "new-one", "version": 2, "as_of": "2026-11-23", "leads": 500, "all_leads": 500, "met": 3, "not_met": 490,
    "unknown": 7, "certain_fen": 600 * WAN, "newly_met": 2, "no_longer_met": 1, "other_sum": 0, "changed": 3,
    "by_year": [{"year": 2026, "before_fen": 0, "after_fen": "9000000000000001"}],
    "pool": {
        "title": "<专项资金>", "rule": "first_come",
        "total_fen": 500 * WAN, "asked_fen": 600 * WAN, "short_fen": 100 * WAN,
    },
    "named": [
        {
            "lead": "lead-1", "title": "<b>项目</b>", "before": "not_met", "after": "met",
            "before_fen": 0, "after_fen": 200 * WAN,
        },
    ],
}  # fmt: skip


def panel(language: Any = "zh", staff: bool = False, **changes: Any) -> str:
    f = Formats(language, datetime(2026, 11, 23, tzinfo=UTC))
    context = {"_": f.say, "f": f, "may": lambda _path: staff, "id": "new-one", "tried": TRIED | changes}
    return templates().get_template("panels/trial.html").render({**context, **labels_in(f)})


def test_leads_are_named_without_being_markup_and_linked_only_to_who_may_open_them() -> None:
    assert "&lt;b&gt;项目&lt;/b&gt;" in panel()
    assert 'href="/leads/lead-1"' not in panel()
    assert 'href="/leads/lead-1"' in panel(staff=True)
    assert "变化最大的 1 条；共变化 3 条" in panel()
    assert "变化最大的" not in panel(changed=1)


def test_a_budget_and_years_are_shown() -> None:
    for words in ("&lt;专项资金&gt;", "500万元", "600万元", "100万元", "2026"):
        assert words in panel()
    assert "总额" not in panel(pool=None)
    assert "没有要付的钱" in panel(by_year=[])


def test_what_was_not_counted_is_said() -> None:
    assert "只算了" not in panel()
    assert "只算了 500 条，共 9000 条" in panel(all_leads=9000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"named": []}, "您的账号看不到线索内容"), ({"named": [], "changed": 0}, "没有线索会变")],
)
def test_who_sees_no_lead_is_told_why(changes: dict[str, Any], said: str) -> None:
    assert said in panel(**changes)


def test_it_is_said_in_english() -> None:
    assert "nothing was changed" in panel("en")
