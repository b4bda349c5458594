"""A replay as people read it: once for all zones it is the same in, with the version that explains it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.vocabulary.zones import ZONES
from gateway.pages.formats import Formats
from gateway.pages.replays import InWords, Row

F = Formats("zh", datetime(2026, 11, 23, tzinfo=UTC))
WORDS = InWords(F, {"a": "投资奖励", "b": "租金补贴"}, {("a", "fai"): "固定资产投资不低于1亿元"})


def differs(what: str, then: Any, now: Any, zone: str = "donghu", **about: Any) -> dict[str, Any]:
    """One difference, as the API gives it."""
    return {"zone": zone, "policy": None, "condition": None, "because": ["a@1>2"], **about} | {
        "what": what, "then": then, "now": now,
    }  # fmt: skip


def only(*found: dict[str, Any]) -> Row:
    """The one line of these."""
    [row] = WORDS.rows(found)
    return row


def test_what_is_the_same_in_several_zones_is_said_once() -> None:
    row = only(*(differs("certain_fen", 0, 30_000_000_00, zone) for zone in ("donghu", "jingkai")))
    assert (row.title, row.zones, row.then, row.now) == ("合计", "东湖、经开", "确定0元", "确定3,000万元")
    assert row.why == ("《投资奖励》第1版改为第2版",)
    assert only(*(differs("certain_fen", 0, 1, zone) for zone in ZONES)).zones == "全部14个区"


def test_totals_come_first_and_what_differs_otherwise_is_another_line() -> None:
    found = [differs("verdict", "met", "unknown", policy="a"), differs("certain_fen", 2, 1)]
    found.append(differs("certain_fen", 3, 1, "jingkai"))
    assert [(row.title, row.zones) for row in WORDS.rows(found)] == [
        ("合计", "东湖"),
        ("合计", "经开"),
        ("投资奖励", "东湖"),
    ]


def test_a_policy_that_was_not_there() -> None:
    fields = {"verdict": "met", "certain_fen": 100, "possible_fen": 100, "amount_unknown": False}
    fields["in_best_combination"] = True
    found = [differs(what, None, now, policy="b", because=["b@0>3"]) for what, now in fields.items()]
    row = only(*found)
    assert (row.then, row.now, row.why) == (
        "没有这条政策",
        "符合，确定1元，计入合计",
        ("《租金补贴》第3版新适用",),
    )
    gone = only(*(differs(each["what"], each["now"], None, policy="b", because=["b@3>0"]) for each in found))
    assert (gone.then, gone.now, gone.why) == (row.now, row.then, ("《租金补贴》第3版不再适用",))


@pytest.mark.parametrize(
    ("found", "then", "now"),
    [
        (differs("possible_fen", 100, None), "可能1元", "可能不设上限"),
        (differs("amount_unknown", 1, 2), "1条金额另议", "2条金额另议"),
        (differs("amount_unknown", True, False, policy="a"), "金额另议", ""),
        (differs("in_best_combination", True, False, policy="a"), "计入合计", "不计入合计"),
        (differs("wording", None, None, ""), "原来的文字", "文字表述有变化，结论和金额不变"),
    ],
)
def test_each_kind_of_difference(found: dict[str, Any], then: str, now: str) -> None:
    assert (only(found).then, only(found).now) == (then, now)


def test_a_condition_is_named_by_its_sentence() -> None:
    row = only(differs("verdict", "met", "not_met", policy="a", condition="fai", because=["engine", "calendar"]))
    assert (row.title, row.then, row.now) == ("投资奖励：固定资产投资不低于1亿元", "符合", "不符合")
    assert row.why == ("测算引擎更新", "工作日历更新")


def test_what_nothing_explains_is_for_the_administrator() -> None:
    assert only(differs("certain_fen", 1, 2, because=[])).why == ("没有版本变化可以解释，请告诉管理员",)
    assert only(differs("certain_fen", 1, 2, because=["as_of"])).why == ("日期不同",)
    many = [f"p{n}@1>2" for n in range(5)]
    assert only(differs("certain_fen", 1, 2, because=many)).why[-1] == "另有2条政策变化"
