"""The snippets of the guide, one for each of the 36 forms, are policies that say what the guide says they say."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.incentives.authored import read_yaml
from services.incentives.matching import check_examples
from services.incentives.policy import policy_from

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "policy-authoring.md").read_text("utf-8")
WHOLE = re.search(r"^## 一个完整的例子\n+```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
SNIPPETS: dict[str, str] = dict(
    re.findall(
        r"^\*\*(\d+) .*?\n```yaml\n(.*?)^```",
        GUIDE.split("## 三十六种写法，逐一举例")[1].split("\n## ")[0],
        re.MULTILINE | re.DOTALL,
    )
)
HONEST: dict[str, Any] = {
    "not": {
        "id": "dishonest",
        "text": "列入严重失信主体名单",
        "fact": "serious_dishonesty",
        "op": "eq",
        "value": True,
    }
}
HUNDRED = {"kind": "fixed", "text": "一次性奖励100万元", "amount": "100万元"}
DAY = date(2026, 11, 23)


def whole() -> dict[str, Any]:
    assert WHOLE is not None
    content: dict[str, Any] = read_yaml(WHOLE[1], "guide").content
    return content


def policy_of_snippet(snippet: dict[str, Any]) -> dict[str, Any]:
    """A snippet with what the guide says stands around it."""
    content = whole() | {"exclusive_group": None, "conditions": {"all": [HONEST]}, "benefit": HUNDRED} | snippet
    content["examples"] = [{"as_of": DAY} | each for each in snippet["examples"]]
    if "conditions" not in snippet:
        for each in content["examples"]:
            each["facts"] = {"serious_dishonesty": False} | each["facts"]
    if content["standing"] == "historical":
        content["review"] = None
    return content


def test_each_form_has_one() -> None:
    assert set(SNIPPETS) == {str(number) for number in range(1, 37)}


def test_the_whole_example_is_right() -> None:
    assert check_examples(policy_from(whole(), "guide")) == []


@pytest.mark.parametrize("number", list(SNIPPETS))
def test_a_snippet_is_right(number: str) -> None:
    content = policy_of_snippet(read_yaml(SNIPPETS[number], f"guide {number}").content)
    assert [each.message for each in check_examples(policy_from(content, "guide"))] == []
