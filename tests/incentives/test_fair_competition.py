"""Red flags of fair competition: what trips each rule, what looks like it and does not, and where it is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.vocabulary.fact_list import HISTORICAL_ONLY
from services.incentives.authored import dotted
from services.incentives.fair_competition import RULES, flags_of, unanswered
from services.incentives.policy import Policy
from services.incentives.policy_folder import load_policies
from tests.incentives.writing import FAI, policy

SHIPPED = load_policies(Path(__file__).resolve().parents[2] / "services" / "incentives" / "policies")
CODE = "91420100BWR3Q03MQ0"

TRIPPING = {
    "named-firm": [
        "示例汽车电子有限公司投资的项目",
        "支持华为公司建设园区",
        f"信用代码为{CODE}的企业",
        "小米等公司、示例集团",
        f"代码{CODE.lower()}的企业",
        "Example Co., Ltd.",
    ],
    "hand-picked": ["特别重大的项目一企一策", "列入市级重点企业名录", "由一事一议确定", "纳入种子库的企业"],
    "local-registration": ["在区内注册的企业", "具有独立法人资格", "注册地在本市", "新设立的企业", "新落户企业"],
    "relocation": ["新迁入企业", "总部迁至本区的", "从外地搬至园区"],
    "tax-here": ["在本区纳税的企业", "依法纳统的企业", "亩均税收10万元以上", "纳入本地统计"],
    "tax-refund": ["实行先征后返", "按缴纳增值税的50%给予奖励", "列收列支", "免征房产税", "前三年全额返还"],
    "no-leaving": ["承诺五年内不迁出", "三年内不得外迁", "迁出的追回资金", "不减资", "承诺在本地经营满十年"],
    "fiscal-contribution": ["不超过当年地方财政贡献", "按区级贡献的一半奖励", "对经济贡献较大的企业"],
    "cheap-factors": [
        "零地价供地",
        "租金减半",
        "电价优惠",
        "低于市场评估价的租金",
        "用水、用电费用补贴",
        "缓缴社会保险，社保减免",
    ],
}
LIKE_IT = {
    "named-firm": ["上市公司投资的项目", "获评绿色工厂", "建设多层厂房", "设立项目公司", "企业集团和跨国公司"],
    "hand-picked": ["列入严重失信主体名单", "属于国家鼓励类产业目录"],
    "local-registration": ["实缴注册资本1亿元以上", "不以登记地为条件", "不得要求企业在区内注册", "取得医疗器械注册证"],
    "relocation": ["迁就既有格局", "老厂房搬迁改造"],
    "tax-here": ["纳税信用A级", "重大税收违法失信", "不以登记地、纳税地为条件", "统一标准", "统筹安排"],
    "tax-refund": ["履约保证金返还", "减少能耗的项目", "不与缴税返还挂钩"],
    "no-leaving": ["不得限制企业迁出", "弄虚作假的追回资金", "不以不减资为条件", "租期三年以上"],
    "fiscal-contribution": ["为科技进步作出突出贡献", "不与财政贡献挂钩", "不以财政贡献为条件"],
    "cheap-factors": ["每月每平方米支持15元", "购买电动汽车补贴", "水路货运企业奖励", "年租金不超过每平方米1440元"],
}


def tripped(**changes: Any) -> dict[str, set[str]]:
    """Paths by rule."""
    found: dict[str, set[str]] = {}
    for flag in flags_of(policy(**changes)):
        found.setdefault(flag.rule.id, set()).add(dotted(flag.path))
    return found


def test_every_rule_has_its_cases() -> None:
    assert set(TRIPPING) == set(LIKE_IT) == set(RULES)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in TRIPPING.items() for text in texts])
def test_words_trip_a_rule_wherever_they_stand(rule: str, text: str) -> None:
    benefit = {"kind": "fixed", "text": text, "amount": "1元"}
    assert tripped(title=text)[rule] == {"title"}
    assert tripped(summary=f"支持产业发展；{text}。")[rule] == {"summary"}
    assert tripped(conditions={"all": [FAI | {"text": text}]})[rule] == {"conditions.all.0.text"}
    assert tripped(benefit=benefit)[rule] == {"benefit.text"}


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in LIKE_IT.items() for text in texts])
def test_what_looks_like_it_does_not(rule: str, text: str) -> None:
    assert rule not in tripped(summary=text)


@pytest.mark.parametrize("text", ["一 企 一 策", "一\u200b企\u200b一策", "一企\n一策"])
def test_spaces_hide_no_word(text: str) -> None:
    assert "hand-picked" in tripped(summary=text)


def test_a_negation_reaches_only_its_own_clause() -> None:
    assert "local-registration" in tripped(summary="不以纳税为条件，但须在区内注册")
    assert "local-registration" in tripped(summary="不以营利为目的的机构在区内注册")
    assert "no-leaving" in tripped(summary="不得迁出")


@pytest.mark.parametrize("name", sorted({*HISTORICAL_ONLY, "expected_annual_tax"}))
def test_facts_trip_a_rule_whatever_the_words(name: str) -> None:
    op, value = {"stay_years": ("ge", 1), "local_registration": ("eq", True), "capital_reduction": ("eq", False)}.get(
        name, ("ge", "1元")
    )
    leaf = {"id": "a", "text": "符合要求", "fact": name, "op": op, "value": value}
    found = tripped(conditions={"any": [FAI, {"not": leaf}]})
    assert list(found.values()) == [{"conditions.any.1.not.fact"}]


def test_facts_are_found_in_quantities_bases_and_caps() -> None:
    per = {"id": "a", "text": "强度", "per": {"of": "expected_annual_tax", "by": "land_mu"}, "op": "ge", "value": "1元"}
    assert tripped(conditions=per) == {"tax-here": {"conditions.per.of"}}
    rate = {"kind": "rate", "text": "奖励", "rate": "1%", "base": "fiscal_contribution"}
    assert tripped(benefit=rate) == {"fiscal-contribution": {"benefit.base"}}
    cap = {"plus": ["1元", {"rate": "100%", "base": ["affiliates_fiscal_contribution"]}]}
    capped = {"kind": "fixed", "text": "奖励", "amount": "1元", "cap": cap}
    assert tripped(benefit=capped) == {"fiscal-contribution": {"benefit.cap.plus.1.base.0"}}
    assert tripped(instrument="land") == {"cheap-factors": {"instrument"}}


def test_notes_reviews_and_examples_are_not_read() -> None:
    source = {"document": "在区内注册、纳税的企业一企一策", "note": "财政贡献"}
    assert tripped(source=source, cleanup={"reason": "以迁入为条件"}) == {}


def test_a_flag_says_what_where_why_and_what_to_do() -> None:
    flag = flags_of(policy(summary="在区内注册的企业"))[0]
    assert flag.found == ("在区内注册",)
    for words in ("以登记地为条件", "第十二条第（二）项", "市场监管总局令第99号", "改成以实际投资"):
        assert words in flag.message


def test_a_reason_answers_every_flag_of_its_rule_and_no_other() -> None:
    review = {"reviewer": "甲", "conclusion": "可以", "basis": "第十条", "on": "2026-01-05"}
    given = {"summary": "在区内注册的企业一企一策", "title": "落户奖励"}
    answer = [{"rule": "local-registration", "reason": "国务院批准"}]
    left = unanswered(policy(review=review | {"overrides": answer}, **given))
    assert [flag.rule.id for flag in left] == ["hand-picked"]
    assert len(unanswered(policy(review=review, **given))) == 3
    assert len(unanswered(policy(standing="in_force", review=None, **given))) == 3


HISTORICAL = {
    "jingkai-2019-district-contribution-cap": {
        "local-registration", "tax-here", "no-leaving", "fiscal-contribution",
    },
    "wuhan-2019-headquarters-recognition": {"fiscal-contribution"},
    "qingdao-xihaian-2022-headquarters": {"local-registration", "relocation"},
    "huizhou-2016-headquarters-clawback": {"no-leaving"},
    "jiangxia-2023-land-floor-price": {"cheap-factors", "tax-here"},
    "caidian-introducer-foreign": {"local-registration"},
}  # fmt: skip


@pytest.mark.parametrize("id", HISTORICAL)
def test_barred_clauses_of_the_past_show_their_flags(id: str) -> None:
    clause = next(each for each in SHIPPED if each.id == id)
    assert {flag.rule.id for flag in flags_of(clause)} == HISTORICAL[id]


@pytest.mark.parametrize("each", [each for each in SHIPPED if each.standing != "historical"], ids=lambda each: each.id)
def test_nothing_shipped_to_count_has_a_flag(each: Policy) -> None:
    assert [flag.message for flag in flags_of(each)] == []


@pytest.mark.parametrize("each", [each for each in SHIPPED if each.cleanup], ids=lambda each: each.id)
def test_a_clause_to_be_cleared_away_has_a_flag(each: Policy) -> None:
    assert flags_of(each)
