"""``quce policy …``: its commands and their options; they read files and need no server."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import policy_checking, policy_comparing, policy_explaining, policy_formatting
from deploy.policy_files import Outcome, Unreadable
from kit.clock import SHANGHAI

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""What a file must not tell a terminal."""

File = Annotated[Path, typer.Argument(help="政策文件（YAML）")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本使用")]
Against = Annotated[Path | None, typer.Option(help="与这份文件比较；不写则与随系统发布的同编号政策比较")]
FactsFile = Annotated[Path | None, typer.Option("--facts", help="项目信息文件（YAML），如 jobs: 300")]
Check = Annotated[bool, typer.Option("--check", help="只看是否已是规范格式")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="按哪一天判断，默认今天")]


def policy_commands() -> typer.Typer:
    """The commands; each ends with 0, with 1 where there is something to look at, with 2 where it could not work."""
    app = typer.Typer(help="检查、试算、比较和解释政策文件，不需要启动服务。", no_args_is_help=True)

    @app.command()
    def lint(file: File, as_json: Json = False) -> None:
        """检查写法、例子、条件和公平竞争红旗，指出行和列；有错误或没有说明的红旗时退出码为 1。"""  # noqa: D415 - help text, in Chinese
        _end(lambda: policy_checking.lint(file), as_json=as_json)

    @app.command()
    def test(file: File, as_json: Json = False) -> None:
        """逐个运行例子，列出算出的结果；有不符时退出码为 1。"""  # noqa: D415 - help text, in Chinese
        _end(lambda: policy_checking.run_examples(file), as_json=as_json)

    @app.command()
    def diff(file: File, against: Against = None, as_json: Json = False) -> None:
        """与随系统发布的同编号政策逐项比较；有不同时退出码为 1。"""  # noqa: D415 - help text, in Chinese
        _end(lambda: policy_comparing.diff(file, against), as_json=as_json)

    @app.command()
    def explain(file: File, facts: FactsFile = None, on: Day = None, as_json: Json = False) -> None:
        """用句子说明条件和算法；写了 --facts 或 --on 的，给出结论和每个条件的判断。"""  # noqa: D415 - help text, in Chinese
        day = None if on is None else on.date()
        _end(lambda: policy_explaining.explain(file, facts, day, _today()), as_json=as_json)

    @app.command("format")
    def format_(file: File, check: Check = False, as_json: Json = False) -> None:
        """输出规范格式的文字，与系统导出的一字不差；加 --check 只看是否已是规范格式，不是时退出码为 1。"""  # noqa: D415 - help text, in Chinese
        work = policy_formatting.check if check else policy_formatting.canonical
        _end(lambda: work(file), as_json=as_json)

    return app


def _today() -> date:
    return datetime.now(SHANGHAI).date()


def _end(work: Callable[[], Outcome], *, as_json: bool) -> None:
    """Print what was found, or why nothing could be, and end with its code."""
    try:
        outcome = work()
    except Unreadable as error:
        outcome = error.outcome
    text = orjson.dumps(outcome.document, option=orjson.OPT_INDENT_2).decode() if as_json else outcome.text
    stream = sys.stderr if outcome.code == 2 and not as_json else sys.stdout
    stream.write(_CONTROL.sub("�", text) + "\n")
    if outcome.code:
        raise typer.Exit(outcome.code)
