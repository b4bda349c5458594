"""Bad and large input: refused in a moment, with its place and what to do, and what counted before goes on to count."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.vocabulary.amount import MAX_STATED
from services.incentives.authored import MAX_LEAVES, MAX_NESTING, MAX_PROBLEMS, AuthoringError, AuthoringProblem
from services.incentives.catalogue import build_catalogue
from services.incentives.matching import match
from services.incentives.policy import policy_from, read_policy
from services.incentives.policy.bounds import MAX_VALUES
from services.incentives.policy_checks import check_policy, compare
from services.incentives.policy_folder import MAX_POLICIES, load_policies, read_folder
from tests.incentives.conftest import NOW
from tests.incentives.writing import FAI, JOBS, ZONES, document, policy

MOMENT = 2.0
"""Seconds within which an author hears, on a machine that is busy with other tests."""
TWO_THOUSAND = {"all": [{**JOBS, "id": f"c{number}", "value": number} for number in range(2000)]}


def deep(levels: int, name: str = "all") -> Any:
    node: Any = FAI
    for _ in range(levels):
        node = {name: node if name == "not" else [node]}
    return node


def in_text(conditions: str, **changes: Any) -> str:
    """A policy file with conditions as they are written."""
    rest = {name: value for name, value in document(**changes).items() if name != "conditions"}
    return (
        yaml.safe_dump(json.loads(json.dumps(rest)), allow_unicode=True, sort_keys=False)
        + f"conditions: {conditions}\n"
    )


def first_problem(read: Callable[[], Any]) -> AuthoringProblem:
    """What is told first, in a moment."""
    started = time.process_time()
    with pytest.raises(AuthoringError) as refused:
        read()
    assert time.process_time() - started < MOMENT
    return refused.value.problems[0]


def of_text(text: str) -> AuthoringProblem:
    problem = first_problem(lambda: read_policy(text, "政策.yaml"))
    assert problem.line
    assert problem.column
    return problem


def block(**changes: Any) -> str:
    return yaml.safe_dump(json.loads(json.dumps(document(**changes))), allow_unicode=True, sort_keys=False)


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def example(**facts: Any) -> list[dict[str, Any]]:
    first, second = document()["examples"]
    return [{**first, "facts": facts}, second]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"fixed_asset_investment": "2亿元", "jobs": "许多"}, "应为数字"),
        ({"fixed_asset_investment": "2亿元", "jobs": "300元"}, "应为数字"),
        ({"fixed_asset_investment": "2亿元", "jobs": -1}, "应为0到10亿之间的整数（单位：人）"),
    ],
)
def test_a_fact_of_the_wrong_type_or_unit(facts: dict[str, Any], message: str) -> None:
    text = block(examples=example(**facts))
    problem = of_text(text)
    assert (problem.path, problem.line) == ("examples.0.facts.jobs", line_of(text, "jobs:"))
    assert message in problem.message


@pytest.mark.parametrize("written", ["9亿斤", True, [1], {"low": 2, "high": 1}])
def test_an_amount_of_the_wrong_type_or_unit(written: Any) -> None:
    text = block(examples=example(fixed_asset_investment=written))
    assert of_text(text).line == line_of(text, "fixed_asset_investment:")


@pytest.mark.parametrize("fen", [9 * 10**15 + 1, 10**16, MAX_STATED + 1, "10万亿零1元", "900000亿元"])
def test_an_amount_over_nine_quadrillion_fen(fen: Any) -> None:
    for changes in (
        {"conditions": {**FAI, "value": fen}},
        {"benefit": {"kind": "fixed", "text": "奖励", "amount": fen}},
        {"examples": example(fixed_asset_investment=fen)},
    ):
        assert "金额" in of_text(block(**changes)).message


def test_a_circular_cap_group(tmp_path: Path) -> None:
    ring = {
        "jingkai-a": ["jingkai-b"],
        "jingkai-b": ["jingkai-c"],
        "jingkai-c": ["jingkai-a"],
        "jingkai-d": ["jingkai-a"],
    }
    home = tmp_path / "jingkai"
    home.mkdir()
    for id, others in ring.items():
        (home / f"{id}.yaml").write_text(block(id=id, tops_up=others), "utf-8")
    found = read_folder(tmp_path)
    assert [each.id for each in found.policies] == ["jingkai-d"]
    assert str(found.problems[0]).startswith("jingkai/jingkai-a.yaml 第")
    assert "jingkai-a → jingkai-b → jingkai-c → jingkai-a；请删掉其中一条的 tops_up" in found.problems[0].message
    one, other = policy(id="jingkai-a", tops_up=["jingkai-b"]), policy(id="jingkai-b", tops_up=["jingkai-a"])
    assert [(each.level, each.path) for each in compare(one, [other]) if each.level == "error"] == [
        ("error", ("tops_up",))
    ]
    assert not [
        each for each in compare(policy(id="jingkai-d", tops_up=["jingkai-a"]), [one, other]) if each.level == "error"
    ]
    assert "不能补足自己" in of_text(block(tops_up=["jingkai-example"])).message


def test_a_threshold_category_that_is_missing() -> None:
    table = {"by": "headquarters_level", "cases": [{"in": ["national"], "value": "1亿元"}]}
    text = block(conditions={**FAI, "value": table})
    problem = of_text(text)
    assert problem.line == line_of(text, "  value:")
    assert problem.message == "没有写区域总部、市级总部怎么办，请补上这一类，或写 otherwise（不适用写 none）"


def test_overlapping_bands() -> None:
    bands = [{"from": 0, "to": "1亿元", "amount": "1万元"}, {"from": "9999万元", "to": None, "amount": "2万元"}]
    text = block(benefit={"kind": "banded", "text": "分档", "base": "annual_revenue", "bands": bands})
    problem = of_text(text)
    assert (problem.path, problem.line) == ("benefit.bands.1", line_of(text, "9999万元"))
    assert problem.message == "第2档与上一档重叠，请按从小到大书写"


def test_overlapping_categories() -> None:
    for twice in (["39", "3973"], ["3973", "39"], ["C", "39"], ["39", "C"], ["39", "39"]):
        cases = [{"in": [code], "value": "1亿元"} for code in twice]
        table = {"by": "industry_code", "cases": cases, "otherwise": "none"}
        assert f"「{twice[0]}」与「{twice[1]}」重叠" in of_text(block(conditions={**FAI, "value": table})).message


def test_a_validity_that_ends_before_it_starts() -> None:
    text = block(valid={"from": "2027-01-01", "until": "2026-12-31"})
    problem = of_text(text)
    assert (problem.path, problem.line) == ("valid", line_of(text, "valid:"))
    assert problem.message == "有效期的开始日期晚于结束日期，请核对"


def test_two_published_versions_on_one_date() -> None:
    first = policy(version=1)
    assert [each.path for each in compare(policy(version=2), [first])] == [("valid",)]
    later = {"from": "2029-01-01", "until": None}
    assert not compare(policy(version=2, valid=later), [first])


@pytest.mark.parametrize("name", ["all", "any"])
def test_2000_conditions_in_one_policy(name: str) -> None:
    conditions = {name: [{"id": f"c{number}"} for number in range(2000)]}
    rows = "".join(f"\n  - {{id: c{number}}}" for number in range(2000))
    problem = of_text(in_text(f"\n {name}:{rows}"))
    assert (problem.path, problem.column) == (f"conditions.{name}.{MAX_LEAVES}", 5)
    assert "一共有 2000 个" in problem.message
    assert "请拆成几项政策" in problem.message
    assert first_problem(lambda: policy_from(document(conditions=conditions), "p")).path == problem.path


def test_2000_conditions_in_groups_of_a_few() -> None:
    groups = [{"any": [{**JOBS, "id": f"c{number}-{each}"} for each in range(40)]} for number in range(50)]
    problem = first_problem(lambda: policy_from(document(conditions={"all": groups}), "p"))
    assert problem.path == "conditions.all.1.any.20"
    assert "一共有 2000 个" in problem.message


def test_2000_conditions_too_long_to_be_read() -> None:
    problem = of_text(in_text(json.dumps(TWO_THOUSAND, ensure_ascii=False)))
    assert "超过 64 KiB" in problem.message
    assert f"一项政策最多 {MAX_LEAVES} 个条件" in problem.message


def test_2000_conditions_of_a_multiplier() -> None:
    benefit = {
        "kind": "fixed", "text": "奖励", "amount": "1万元",
        "multipliers": [{"times": 2, "text": "加倍", "when": TWO_THOUSAND}],
    }  # fmt: skip
    problem = first_problem(lambda: policy_from(document(benefit=benefit), "p"))
    assert problem.path == f"benefit.multipliers.0.when.all.{MAX_LEAVES}"


@pytest.mark.parametrize("name", ["all", "any", "not"])
@pytest.mark.parametrize("levels", [MAX_NESTING + 1, 18, 50, 400])
def test_depth_50(levels: int, name: str) -> None:
    problem = of_text(in_text(json.dumps(deep(levels, name))))
    assert "嵌套超过" in problem.message
    assert f"{MAX_NESTING} 层" in problem.message
    told = first_problem(lambda: policy_from(document(conditions=deep(levels, name)), "p"))
    step = [name] if name == "not" else [name, "0"]
    assert told.path == ".".join(["conditions", *step * (MAX_NESTING + 1)])
    assert "请把能合并的 all、any 合并成一个，或拆成几项政策" in told.message


def test_what_is_at_the_limits_is_read_and_evaluated() -> None:
    full = {"all": [{**JOBS, "id": f"c{number}", "value": number} for number in range(MAX_LEAVES)]}
    for conditions in (full, deep(MAX_NESTING)):
        read = policy(conditions=conditions)
        shelf = build_catalogue([read], ZONES, illustrative=True)
        assert match({}, shelf, NOW.date()).policies[read.id].verdict == 1


def test_as_many_values_as_there_may_be_are_checked_in_a_moment() -> None:
    codes = [f"{division}{rest:02}" for division in range(13, 44) for rest in range(10, 27)][:MAX_VALUES]
    apart = [codes[start::50] for start in range(50)]
    each = [
        {**FAI, "id": f"c{n}", "fact": "industry_code", "op": "prefix_in", "value": some}
        for n, some in enumerate(apart)
    ]
    cases = [
        {"in": some, "value": f"{number + 1}亿元"}
        for number, some in enumerate(codes[start::40] for start in range(40))
    ]
    table = {
        **FAI,
        "value": {
            "by": "industry_code",
            "cases": [{**case, "in": case["in"][:11]} for case in cases],
            "otherwise": "none",
        },
    }
    for conditions in ({"any": each}, {"all": [{"not": one} for one in each]}, table):
        started = time.process_time()
        check_policy(policy(conditions=conditions))
        assert time.process_time() - started < 2 * MOMENT
    too_many = {"any": [*each, {**each[0], "id": "more", "value": codes[:5]}]}
    problem = first_problem(lambda: policy_from(document(conditions=too_many), "p"))
    assert problem.path == "conditions.any.50"
    assert "行业请写上一级代码" in problem.message


def test_a_thousand_mistakes_are_not_all_told() -> None:
    text = "\n".join(f"field{number}: 1" for number in range(3000))
    with pytest.raises(AuthoringError) as refused:
        read_policy(text, "f.yaml")
    assert len(refused.value.problems) == MAX_PROBLEMS + 1
    assert "处没有列出" in refused.value.problems[-1].message


def write(folder: Path, **changes: Any) -> Path:
    home = folder / "jingkai"
    home.mkdir(exist_ok=True, parents=True)
    path = home / f"{changes.get('id', 'jingkai-example')}.yaml"
    path.write_text(block(**changes), "utf-8")
    return path


def test_a_bad_file_is_named_with_line_and_column_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, id="jingkai-good")
    write(tmp_path, id="jingkai-bad", conditions={**FAI, "op": "gte"})
    (tmp_path / "jingkai" / "binary.yaml").write_bytes(b"id: a\ntitle: \xff")
    (tmp_path / "jingkai" / "nul.yaml").write_bytes(b"id: a\ntitle: \x00")
    (tmp_path / "jingkai" / "folder.yaml").mkdir()
    found = read_folder(tmp_path)
    assert [each.id for each in found.policies] == ["jingkai-good"]
    told = {each.file: str(each) for each in found.problems}
    assert told["jingkai/jingkai-bad.yaml"].startswith(
        "jingkai/jingkai-bad.yaml 第22行第3列 conditions.op：没有「gte」"
    )
    assert told["jingkai/binary.yaml"].startswith("jingkai/binary.yaml 第2行第8列：从这里起不是 UTF-8")
    assert told["jingkai/nul.yaml"].startswith("jingkai/nul.yaml 第2行第8列：")
    assert told["jingkai/folder.yaml"] == "jingkai/folder.yaml：这是目录，请写文件"


def test_10000_policies_in_a_folder(tmp_path: Path) -> None:
    home = tmp_path / "jingkai"
    home.mkdir()
    for number in range(2 * MAX_POLICIES):
        (home / f"p{number}.yaml").touch()
    problem = first_problem(lambda: load_policies(tmp_path))
    assert str(problem) == (f"{tmp_path.name}：有 10000 份政策文件，最多 5000 份，一份也没有读；请把不再使用的移到别处")
