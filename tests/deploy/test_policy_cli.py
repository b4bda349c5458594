"""``quce policy …``: files are linted, tested, compared and explained without a server, whatever is in them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.policy_checking import lint, run_examples
from deploy.policy_comparing import diff
from deploy.policy_explaining import explain

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "services" / "incentives" / "policies"
CHIP = POLICIES / "donghu" / "donghu-chip-fab-equipment.yaml"
CHIP_TEXT = CHIP.read_text("utf-8")
COMMANDS = ("lint", "test", "diff", "explain", "format")
FILES = sorted(POLICIES.rglob("*.yaml"))
TRAIN = {"industry_code": '"3973"', "fixed_asset_investment": "2亿元", "equipment_investment": "1.2亿元"}


def policy(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, arguments)])


def answer(*arguments: object) -> Any:
    return json.loads(policy(*arguments, "--json").stdout)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Any]:
    """Writes a changed copy of a shipped policy."""

    def write(*changes: tuple[str, str], text: str = CHIP_TEXT, name: str = CHIP.name) -> Path:
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write  # type: ignore[return-value]


def test_format_writes_what_check_then_accepts(written: Any, tmp_path: Path) -> None:
    commented = written(("cleanup: null", "cleanup: null  # 不清理"))
    refused = policy("format", commented, "--check")
    assert (refused.exit_code, answer("format", commented, "--check")["ok"]) == (1, False)
    assert f"{CHIP.name}:" in refused.stdout
    text = policy("format", commented).stdout
    assert answer("format", commented)["text"] == text
    assert "不清理" not in text
    assert "不清理" in commented.read_text("utf-8")
    again = written(text=text, name="again.yaml")
    assert (policy("format", again, "--check").exit_code, policy("format", again).stdout) == (0, text)
    assert policy("diff", again).exit_code == 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_ships_is_well_by_every_command(file: Path) -> None:
    for outcome in (lint(file), run_examples(file), diff(file, None), explain(file, None, None, date(2026, 11, 23))):
        assert outcome.code == 0, outcome.text


def test_lint_names_line_column_and_path(written: Any) -> None:
    file = written(("op: ge", "op: gte"))
    done = policy("lint", file)
    assert done.exit_code == 1
    assert f"{file}:31:" in done.output
    assert "conditions.all.1.op：没有「gte」这个运算，是否想写 ge？" in done.output
    (problem,) = answer("lint", file)["problems"]
    column = CHIP_TEXT.splitlines()[30].index("op:") + 1
    assert (problem["level"], problem["line"], problem["column"]) == ("error", 31, column)


def test_lint_tells_flags_until_the_review_answers_them(written: Any) -> None:
    summary = ("summary: 集成电路制造", "summary: 在区内注册的集成电路制造")
    file = written(summary)
    done = policy("lint", file)
    assert done.exit_code == 1
    assert "summary 红旗：以登记地为条件（local-registration）：「在区内注册」" in done.output
    assert "不得根据经营者所有制形式、注册地、组织形式、规模等设置歧视性的市场准入、退出条件" in done.output
    (problem,) = answer("lint", file)["problems"]
    assert (problem["level"], problem["rule"], problem["line"]) == ("flag", "local-registration", 10)
    review = ("  on: 2025-12-18\n", "  on: 2025-12-18\n  overrides: [{rule: local-registration, reason: 国务院批准}]\n")
    done = policy("lint", written(summary, review))
    assert (done.exit_code, "已说明" in done.output) == (0, True)


def test_lint_tells_contradictions_and_idle_conditions(written: Any) -> None:
    fai = next(line for line in CHIP_TEXT.splitlines() if "{id: fai" in line)
    contradictory = fai.replace("id: fai", "id: less").replace("op: ge", "op: lt")
    done = policy("lint", written((fai, f"{fai}\n{contradictory}")))
    assert done.exit_code == 1
    assert ":32:7 conditions.all.2 错误：" in done.output
    idle = fai.replace("id: fai", "id: half").replace("value: 1亿元", "value: 5000万元")
    done = policy("lint", written((fai, f"{fai}\n{idle}")))
    assert done.exit_code == 0
    assert ":32:7 conditions.all.2 提醒：" in done.output


def test_validity_that_ends_before_it_starts(written: Any) -> None:
    done = policy("lint", written(("from: 2026-01-01", "from: 2029-01-01")))
    assert done.exit_code == 1
    assert "有效期的开始日期晚于结束日期" in done.output


def test_examples_say_what_came_out(written: Any) -> None:
    found = answer("test", CHIP)["examples"]
    assert (found[0]["verdict"], found[0]["certain_fen"]) == ("met", 1_200_000_000)
    done = policy("test", written(("cap: 2000万元", "cap: 3000万元")))
    assert done.exit_code == 1
    assert "不符  设备投资还没算清，最多按上限（2026-11-23）：符合，确定0元，最多3,000万元" in done.output
    assert "examples.1：例子" in done.output


def test_a_difference_is_told_in_words(written: Any) -> None:
    more = "{id: jobs, text: 新增就业不少于50人, fact: jobs, op: ge, value: 50}"
    file = written(
        ("version: 1", "version: 2"),
        ("cap: 2000万元", "cap: 3000万元"),
        ("value: 1亿元", "value: 2亿元"),
        ("clause: 第一条}\n    - not", f"clause: 第一条}}\n    - {more}\n    - not"),
        ("title_en: Equipment subsidy for chip manufacturing\n", ""),
    )
    done = policy("diff", file)
    assert done.exit_code == 1
    for words in (
        "支持内容 总额上限：2000万元 → 3000万元",
        "（固定资产投资不低于2亿元）",
        "新增 条件 jobs：新增就业不少于50人（新增就业不低于50人）",
        "条件的组合：都要满足（industry、fai、不得（dishonest）） → 都要满足（industry、fai、jobs、不得（dishonest））",
        "删去 英文标题：",
    ):
        assert words in done.output
    assert answer("diff", file, "--against", file)["changes"] == []
    other = policy("diff", written(("id: donghu-chip-fab-equipment", "id: no-such"), name="other.yaml"))
    assert other.exit_code == 2
    assert "--against" in other.output


def facts_file(folder: Path, **facts: str) -> Path:
    path = folder / "facts.yaml"
    path.write_text("".join(f"{name}: {value}\n" for name, value in facts.items()), "utf-8")
    return path


def test_an_explanation_gives_every_condition_and_its_verdict(tmp_path: Path) -> None:
    told = policy("explain", CHIP).output
    assert "行业属于以下行业之一：3562 半导体器件专用设备制造、3973 集成电路制造" in told
    assert "结论" not in told
    facts = facts_file(tmp_path, **TRAIN, serious_dishonesty="false")
    done = policy("explain", CHIP, "--facts", facts, "--on", "2026-11-23")
    assert "● 符合，1,200万元" in done.output
    assert "● 列入严重失信主体名单（严重失信为“是”）〔第一条〕 —— 没有这种情形，现在是：否" in done.output
    facts = facts_file(tmp_path, **TRAIN)
    found = answer("explain", CHIP, "--facts", facts, "--on", "2026-11-23")
    assert found["result"]["missing_facts"] == ["serious_dishonesty"]
    assert [row["verdict"] for row in found["conditions"] if "verdict" in row] == ["met", "met", "unknown"]


def test_an_explanation_says_when_nothing_would_count(tmp_path: Path, written: Any) -> None:
    facts = facts_file(tmp_path, **TRAIN)
    assert "不在有效期内" in policy("explain", CHIP, "--facts", facts, "--on", "2030-01-01").output
    ended = written(("  until: 2028-12-31\nexclusive", "  until: 2026-06-30\nexclusive"))
    assert "没有有效的公平竞争审查" in policy("explain", ended, "--facts", facts, "--on", "2026-11-23").output
    assert "没有有效的公平竞争审查" not in policy("explain", ended, "--facts", facts, "--on", "2026-06-30").output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jobs: 甲\n", ":1:1 jobs：应为数字"),
        ("job: 3\n", "没有「job」这个字段，是否想写 jobs"),
        ("- 1\n", "事实: 值"),
        ("a: [", "YAML"),
    ],
)
def test_facts_that_cannot_be_read_say_where(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(text, "utf-8")
    done = policy("explain", CHIP, "--facts", path)
    assert done.exit_code == 2
    assert words in done.output


MANY = "".join(f"    - {{id: c{n}, text: t, fact: jobs, op: ge, value: 1}}\n" for n in range(2000))
HOSTILE: dict[str, tuple[bytes, str]] = {
    "long": (b"# " + b"x" * 70_000, "64 KiB"),
    "long-chinese": (("摘要" * 40_000).encode(), "64 KiB"),
    "deep": (b"a: " + b"[" * 50 + b"]" * 50, "嵌套超过"),
    "deep-conditions": (("conditions: " + "{not: " * 50 + "x" + "}" * 50).encode(), "嵌套超过"),
    "many": (CHIP_TEXT.replace("  all:\n", "  all:\n" + MANY).encode(), "64 KiB"),
    "many-short": (
        CHIP_TEXT.replace("  all:\n", "  all: [" + ",".join(["{id: a}"] * 2000) + "]\n  any:\n").encode(), "conditions",
    ),
    "aliases": (b"a: &a [x]\nb: *a\n", "锚点"),
    "empty": (b"", "字段"),
    "binary": (bytes(range(256)), "UTF-8"),
    "nul": (b"a: \x00", "YAML"),
    "list": (b"- a\n- b\n", "字段"),
    "escape": (b'"\\x1b[31m": 1\n', "不认识的字段"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_policy_is_refused_in_words(tmp_path: Path, name: str, command: str) -> None:
    content, words = HOSTILE[name]
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    done = policy(command, path)
    assert done.exit_code == (
        1 if command == "lint" and name not in ("long", "long-chinese", "many", "binary", "nul") else 2
    )
    assert isinstance(done.exception, SystemExit)
    assert words in done.output
    assert "\x1b" not in done.output
    assert answer(command, path)["ok"] is False


@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_opened_says_why(tmp_path: Path, command: str) -> None:
    missing = policy(command, tmp_path / "no.yaml")
    folder = policy(command, tmp_path)
    assert (missing.exit_code, folder.exit_code) == (2, 2)
    assert "没有这个文件" in missing.output
    assert "这是目录" in folder.output


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "policy.yaml"


@settings(deadline=None)
@given(st.data())
def test_no_text_makes_a_command_break_off(scratch: Path, data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(FILES)).read_text("utf-8").splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        number = data.draw(st.integers(0, len(lines) - 1))
        words = st.sampled_from(["", "{", "- ", "null", "all: []", "未公布", "1e999", "9" * 18, "- not: {any: []}"])
        lines[number] = data.draw(st.one_of(words, st.text(max_size=20), st.sampled_from(lines)))
    scratch.write_text("\n".join(lines), "utf-8", errors="replace")
    for command in COMMANDS:
        done = policy(command, scratch)
        assert done.exit_code in (0, 1, 2)
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)


def test_the_program_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.cli", "policy", "lint", str(tmp_path / "no.yaml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "没有这个文件" in done.stderr
