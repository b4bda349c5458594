"""Policy files: what is wrong is said with line, path and the nearest right word; YAML's traps are closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.incentives.authored import AuthoringError, read_yaml
from services.incentives.matching import check_examples
from services.incentives.policy import policy_from, read_policy
from services.incentives.policy.operands import OPERATORS
from services.incentives.policy_folder import load_policies
from tests.incentives.writing import FAI, document, policy

GOOD = yaml.safe_dump(document(), allow_unicode=True, sort_keys=False)


def problems(text: str) -> dict[str, str]:
    """Every problem of a text, by path."""
    with pytest.raises(AuthoringError) as refused:
        read_policy(text, "policy.yaml")
    return {each.path: each.message for each in refused.value.problems}


def wrong(**changes: Any) -> dict[str, str]:
    """Every problem of a policy with these fields."""
    written = json.loads(json.dumps(document(**changes)))
    return problems(yaml.safe_dump(written, allow_unicode=True, sort_keys=False))


def test_a_good_file_reads_and_survives_json() -> None:
    read = read_policy(GOOD, "policy.yaml")
    assert policy_from(read.model_dump(mode="json", by_alias=True), "again") == read


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    text = """id: a-policy
title: 政策
standing: illustrativ
scop: {zone: donghu}
instrument: subsidy
summary: 摘要
valid: {from: 2026-01-01}
source: {document: 示例}
review: {reviewer: 甲, conclusion: 可, basis: 第十二条, on: 2026-01-05}
conditions:
  all:
    - {id: a, text: 投资, fact: fixed_asset_investmnt, op: ge, value: 1亿元}
    - {id: b, text: 投资, fact: fixed_asset_investment, op: gte, value: 1亿元}
    - not: {id: c, text: 投资, fact: fixed_asset_investment, op: ge, value: 1亿斤}
    - {id: d, text: 就业, fact: jobs, op: prefix_in, value: ["39"]}
benefit: {kind: rate, text: 比例, rate: 10%, base: jobs}
examples: []
"""
    with pytest.raises(AuthoringError) as refused:
        read_policy(text, "a-policy.yaml")
    found = {each.path: each for each in refused.value.problems}
    lines = {path: each.line for path, each in found.items()}
    assert lines == {
        "standing": 3,
        "scop": 4,
        "scope": 1,
        "conditions.all.0.fact": 12,
        "conditions.all.1.op": 13,
        "conditions.all.2.not.value": 14,
        "conditions.all.3.op": 15,
        "benefit.base": 16,
        "examples": 17,
    }
    assert "fixed_asset_investment" in found["conditions.all.0.fact"].message
    assert "是否想写 ge" in found["conditions.all.1.op"].message
    assert "1亿斤" in found["conditions.all.2.not.value"].message
    assert "是否想写 scope" in found["scop"].message
    assert "a-policy.yaml 第13行第55列 conditions.all.1.op：" in str(refused.value)


@pytest.mark.parametrize(
    ("condition", "path", "message"),
    [
        ({**FAI, "value": "约1亿元"}, "conditions.value", "确定的金额"),
        ({**FAI, "value": None}, "conditions.value", "必填"),
        ({**FAI, "op": "between", "value": {"low": "2亿元", "high": "1亿元"}}, "conditions.value", "下限不能大于上限"),
        ({**FAI, "op": "between", "value": {"lo": 1}}, "conditions.value", "low"),
        ({**FAI, "op": "between", "value": {"low": 1, "hgh": 2}}, "conditions.value", "hgh"),
        ({**FAI, "op": "in", "value": ["1亿元", "1亿美元"]}, "conditions.value", "同一币种"),
        ({**FAI, "op": "in", "value": []}, "conditions.value", "至少一项"),
        ({**FAI, "fact": "industry_code", "op": "prefix_in", "value": [39]}, "conditions.value", "加引号"),
        ({**FAI, "fact": "industry_code", "op": "prefix_in", "value": ["Z9"]}, "conditions.value", "行业代码"),
        ({**FAI, "fact": "qualifications", "op": "contains", "value": ["unicorn"]}, "conditions.value", "只写一个值"),
        ({**FAI, "fact": "qualifications", "op": "contains", "value": "unicron"}, "conditions.value", "以下之一"),
        ({**FAI, "fact": "headquarters", "op": "eq", "value": "也许"}, "conditions.value", "是 或 否"),
        ({**FAI, "op": "known", "value": False}, "conditions.value", "not"),
        ({**FAI, "fact": "start_date", "op": "date_in", "value": {}}, "conditions.value", "至少写一端"),
        ({**FAI, "fact": "jobs", "op": "ge", "value": 1.5}, "conditions.value", "整数"),
        ({**FAI, "clauses": "第一条"}, "conditions.clauses", "是否想写 clause"),
        ({"all": []}, "conditions.all", "至少"),
        ({"all": [FAI, FAI]}, "conditions", "编号重复"),
    ],
)
def test_conditions_that_make_no_sense(condition: Any, path: str, message: str) -> None:
    assert message in wrong(conditions=condition)[path]


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"scope": {"zone": "donghu", "city": "wuhan"}}, "scope", "只写一项"),
        ({"scope": {"zone": "guanggu"}}, "scope.zone", "应为以下之一：donghu（东湖新技术开发区）、"),
        ({"instrument": "财政补贴"}, "instrument", "应为以下之一：subsidy（补贴）、reward（奖励）、"),
        ({"fair_competition": "x"}, "fair_competition", "请删除或检查拼写"),
        ({"scope": {"place": "青岛"}}, "scope", "历史政策"),
        ({"valid": {"from": "2027-01-01", "until": "2026-01-01"}}, "valid", "晚于"),
        ({"valid": {"from": None}}, "valid", "开始日期"),
        ({"review": None}, "review", "审查记录"),
        ({"id": "Bad Id"}, "id", "小写字母"),
        ({"version": 0}, "version", "不能小于"),
        ({"examples": document()["examples"][:1]}, "examples", "至少"),
    ],
)
def test_policies_that_make_no_sense(changes: dict[str, Any], path: str, message: str) -> None:
    assert message in wrong(**changes)[path]


@pytest.mark.parametrize("value", [{"low": {"a": 1}}, [["a"]], {"from": [1]}, [None], [{}], [True], "\x00", 10**30])
@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("fact", ["fixed_asset_investment", "jobs", "start_date", "industry_code", "qualifications"])
def test_nonsense_is_refused_and_never_breaks(fact: str, op: str, value: Any) -> None:
    assert wrong(conditions={**FAI, "fact": fact, "op": op, "value": value})


@pytest.mark.parametrize(
    "benefit",
    [
        3,
        {"kind": {}},
        {"kind": "fixed", "text": "x", "amount": True},
        {"kind": "fixed", "text": "x", "amount": -1},
        {"kind": "rate", "text": "x", "rate": [], "base": "fixed_asset_investment"},
        {"kind": "rate", "text": "x", "rate": "1e999999999", "base": "fixed_asset_investment"},
        {"kind": "rate", "text": "x", "rate": "nan", "base": "fixed_asset_investment"},
        {"kind": "banded", "text": "x", "base": "jobs", "bands": [{"from": {}, "amount": 1}]},
        {"kind": "banded", "text": "x", "base": "jobs", "bands": [{"from": "1e999999999", "amount": 1}]},
        {"kind": "banded", "text": "x", "base": "jobs", "bands": []},
    ],
)
def test_a_nonsense_benefit_is_refused_and_never_breaks(benefit: Any) -> None:
    assert all(path.startswith("benefit") for path in wrong(benefit=benefit))


def test_a_text_that_a_comma_cut_off_says_so() -> None:
    flow = "benefit: {kind: fixed, text: 最高2,000万元, amount: 2000万元}"
    text = GOOD.split("benefit:")[0] + flow + "\nexamples:" + GOOD.split("examples:")[1]
    assert "被逗号截断" in problems(text)["benefit.000万元"]


def test_examples_must_be_about_this_policy() -> None:
    example = {"title": "例", "as_of": "2026-06-01", "verdict": "met"}
    assert "job" in wrong(examples=[{**example, "facts": {"job": 1}}] * 2)["examples.0.facts.job"]
    assert "不存在的条件" in wrong(examples=[{**example, "facts": {}, "unmet": ["nobody"]}] * 2)["examples.0.unmet"]


def test_an_example_that_disagrees_is_found() -> None:
    example = {"title": "例", "as_of": "2026-06-01", "facts": {"fixed_asset_investment": "2亿元"}}
    told = [
        {**example, "verdict": "not_met"},
        {**example, "verdict": "met", "amount": "300万元"},
        {**example, "verdict": "met", "unmet": ["fai"]},
        {**example, "verdict": "met", "amount": "200万元"},
    ]
    found = [str(each) for each in check_examples(policy(examples=told))]
    assert len(found) == 4
    assert "写的是不满足，按条件算是满足" in found[0]
    assert "写的是300万元，算出来是200万元" in found[1]
    assert "并非不满足" in found[3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\nb: *x", "锚点"),
        ("a: !!python/object:os.system x", "标签"),
        ("a: 1\na: 2", "写了两次"),
        ("a: 1\n---\nb: 2", "一份"),
        ("a: [1", "不是有效的 YAML"),
        ("? [a]\n: 1", "键应为文字"),
        ("a: " + "[" * 200 + "]" * 200, "嵌套"),
        ("x" * 70_000, "KiB"),
    ],
)
def test_yaml_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(AuthoringError, match=message):
        read_yaml(text, "file.yaml")


def test_yaml_reads_what_people_mean() -> None:
    text = 'on: 2026-01-05\nyes: no\ncode: 0111\ntime: 1:30\nquoted: "12"\nnumber: 12\nflag: true\nnothing: ~'
    text += "\nbad: 2026-02-30"
    assert {key: str(value) for key, value in read_yaml(text, "f").content.items()} == {
        "on": "2026-01-05", "yes": "no", "code": "0111", "time": "1:30", "quoted": "12", "number": "12",
        "flag": "True", "nothing": "None", "bad": "2026-02-30",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "- a", "just text", "42"])
def test_what_is_no_policy_at_all(text: str) -> None:
    assert "映射" in problems(text)[""]


def test_a_folder_names_every_bad_file(tmp_path: Path) -> None:
    home = tmp_path / "jingkai"
    home.mkdir()
    (home / "jingkai-example.yaml").write_text(GOOD, "utf-8")
    (home / "other-name.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "donghu").mkdir()
    (tmp_path / "donghu" / "bad.yaml").write_text("id: [", "utf-8")
    with pytest.raises(AuthoringError) as refused:
        load_policies(tmp_path)
    told = str(refused.value)
    assert "donghu/bad.yaml" in told
    assert "jingkai/other-name.yaml 第1行第1列 id：" in told
    assert "应与文件名相同" in told
    assert "已被另一份文件使用" in told
