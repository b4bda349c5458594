"""``quce``: what operators and scripts type. Every command goes through the API, as a person, with its rules."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
import uvloop

from deploy import cluster, commands, topics
from deploy.account_cli import account_commands
from deploy.audit import verify_log
from deploy.backup import commands as backing_up
from deploy.backup.archive import BackupRefused
from deploy.backup.making import BackupFailed
from deploy.client import Refused
from deploy.dead_letter_cli import dead_letter_commands
from deploy.embedded import serve as serve_suite
from deploy.environment import read_settings
from deploy.lock import DataFolderBusy, hold
from deploy.migration.commands import migrate as move_installation
from deploy.migration.errors import MoveRefused
from deploy.migration.journal import EndName
from deploy.policy_cli import policy_commands
from deploy.result import CommandFailed, Result
from deploy.serving import AddressBusy
from kit.errors import StoreFull, Unavailable, tells_of_full_disk
from kit.settings import Settings, SettingsRefused
from kit.sqlite import FileRefused
from operating.opening import UnknownScheme

app = typer.Typer(help="区策 Quce：招商线索、各区政策匹配、周报。", no_args_is_help=True, add_completion=False)
token_app = typer.Typer(help="供脚本使用的访问凭证。", no_args_is_help=True)
leads_app = typer.Typer(help="线索。", no_args_is_help=True)
digest_app = typer.Typer(help="周报。", no_args_is_help=True)
codes_app = typer.Typer(help="行业代码表。", no_args_is_help=True)
audit_app = typer.Typer(help="操作记录。", no_args_is_help=True)
topics_app = typer.Typer(help="Kafka 的主题。", no_args_is_help=True)
app.add_typer(token_app, name="token")
app.add_typer(leads_app, name="leads")
app.add_typer(digest_app, name="digest")
app.add_typer(codes_app, name="codes")
app.add_typer(audit_app, name="audit")
app.add_typer(topics_app, name="topics")

T = TypeVar("T")
KNOWN = (
    *(Refused, DataFolderBusy, AddressBusy, FileRefused, SettingsRefused, CommandFailed),
    *(BackupFailed, BackupRefused, MoveRefused, UnknownScheme, Unavailable),
)
"""Errors whose message is all that a person needs."""

As = Annotated[str, typer.Option("--as", help="以哪个账号的身份执行（登录名）")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本使用")]


@app.command()
def serve(
    service: Annotated[
        cluster.Name | None, typer.Argument(help="只启动这一个服务（集群方式），不写则全部在一个进程里")
    ] = None,
) -> None:
    """启动服务。"""  # noqa: D415 - help text, in Chinese
    settings = _settings()
    if service is not None:
        with _messages():
            uvloop.run(cluster.serve(service, settings))
        return
    with _messages(), hold(settings.data, f"http://{settings.host}:{settings.port}"):
        uvloop.run(serve_suite(settings))


@app.command()
def seed(as_json: Json = False) -> None:
    """建立首次启动所需的数据；重复执行不会改动已有内容。"""  # noqa: D415 - help text, in Chinese
    _print(_run(commands.seed(_settings())), as_json)


@token_app.command("create")
def create_token(
    account: As,
    name: Annotated[str, typer.Option(help="凭证用途，便于日后辨认")] = "命令行",
    days: Annotated[int, typer.Option(min=1, max=366, help="有效天数")] = 90,
    as_json: Json = False,
) -> None:
    """为账号生成一个访问凭证，只显示这一次。"""  # noqa: D415 - help text, in Chinese
    _print(_run(commands.create_token(_settings(), account, name, days)), as_json)


@leads_app.command("import")
def import_leads(
    file: Annotated[Path, typer.Argument(help="台账工作簿（xlsx、xls、ods）", exists=True, dir_okay=False)],
    account: As,
    as_json: Json = False,
) -> None:
    """导入招商线索台账。"""  # noqa: D415 - help text, in Chinese
    _print(_run(commands.import_leads(_settings(), account, file)), as_json)


@digest_app.command("send")
def send_digest(
    week: Annotated[str, typer.Option(help="周次，如 2026-W48")],
    account: As = "manager",
    as_json: Json = False,
) -> None:
    """发送某一周的周报；重复执行不会重复发送。"""  # noqa: D415 - help text, in Chinese
    _print(_run(commands.send_digest(_settings(), account, week)), as_json)


@codes_app.command("load")
def load_codes(
    file: Annotated[Path, typer.Argument(help="CSV：code,section,level,name", exists=True, dir_okay=False)],
    version: Annotated[str, typer.Option(help="版本名（字母、数字、点、横线），如 2017-official；默认取文件名")] = "",
    valid_from: Annotated[str, typer.Option(help="自哪天起采用，默认今天")] = "",
    account: As = "admin",
    as_json: Json = False,
) -> None:
    """载入完整的国民经济行业分类代码表。"""  # noqa: D415 - help text, in Chinese
    _print(_run(commands.load_codes(_settings(), account, file, version, valid_from)), as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """检查版本、数据文件、积压和停放的消息。"""  # noqa: D415 - help text, in Chinese
    _report(_run(commands.doctor(_settings())), as_json)


@audit_app.command("verify")
def verify_audit(as_json: Json = False) -> None:
    """校验操作记录是否被改动；有不符时退出码为 1。"""  # noqa: D415 - help text, in Chinese
    _report(_run(verify_log(_settings())), as_json)


@app.command()
def backup(
    target: Annotated[Path | None, typer.Argument(help="备份成的 .tar 文件或目录；不写则放在备份目录")] = None,
    keys: Annotated[Path | None, typer.Option(help="密钥另存成的文件；没有它不能恢复，请与备份分开保管")] = None,
    account: As = "admin",
    as_json: Json = False,
) -> None:
    """备份全部数据；服务可以照常运行。"""  # noqa: D415 - help text, in Chinese
    _print(_run(backing_up.backup(_settings(), target, keys, account)), as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件或目录", exists=True)],
    keys: Annotated[Path, typer.Option(help="备份时另存的密钥文件", exists=True, dir_okay=False)],
    into: Annotated[Path, typer.Option(help="恢复到哪个目录，应为空")],
    as_json: Json = False,
) -> None:
    """把备份恢复到一个空目录。"""  # noqa: D415 - help text, in Chinese
    _print(_run(backing_up.restore_into(_settings(), file, keys, into)), as_json)


@app.command()
def upgrade(
    data: Annotated[Path | None, typer.Option(help="数据目录，默认 QUCE_DATA")] = None, as_json: Json = False
) -> None:
    """把早先版本的数据升级到本版本；先备份，后检查。"""  # noqa: D415 - help text, in Chinese
    given = {} if data is None else {"data": data}
    _report(_run(backing_up.upgrade(_settings(**given))), as_json)


@app.command()
def migrate(
    source: Annotated[EndName, typer.Option("--from", help="现在在哪里：embedded（单机）或 cluster（集群）")],
    target: Annotated[EndName, typer.Option("--to", help="迁到哪里")],
    as_json: Json = False,
) -> None:
    """在单机和集群之间迁移全部数据；先停止服务，中断后再执行一次会接着做。"""  # noqa: D415 - help text, in Chinese
    _print(_run(move_installation(_settings(), source, target)), as_json)


@topics_app.command("apply")
def apply_topics(as_json: Json = False) -> None:
    """建立还没有的主题；已有的不动，分区数不同的列出来。"""  # noqa: D415 - help text, in Chinese
    _report(_run(topics.apply(_settings())), as_json)


def main() -> None:
    """The console script."""
    app()


class _messages:  # noqa: N801 - reads as the statement it is used in
    """Turns known errors into one line and an exit code."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None and tells_of_full_disk(error):
            error = StoreFull()
        if isinstance(error, KNOWN):
            for line in (str(error), *_details(error)):
                sys.stderr.write(line + "\n")
            raise typer.Exit(1) from error


def _details(error: BaseException) -> list[str]:
    if not isinstance(error, Refused):
        return []
    return [f"  {each['path']}：{each['message']}" for each in error.document.get("errors", [])]


def _run(work: Coroutine[Any, Any, T]) -> T:
    with _messages():
        return asyncio.run(work)


def _perform(work: Callable[[Settings], Coroutine[Any, Any, Result]], as_json: bool) -> None:
    _print(_run(work(_settings())), as_json)


def _settings(**given: Any) -> Settings:
    with _messages():
        return read_settings(**given)


def _report(result: Result, as_json: bool) -> None:
    _print(result, as_json)
    if not result.ok:
        raise typer.Exit(1)


def _print(result: Result, as_json: bool) -> None:
    text = orjson.dumps(result.document, option=orjson.OPT_INDENT_2).decode() if as_json else result.text
    sys.stdout.write(text + "\n")


app.add_typer(account_commands(_perform), name="account")
app.add_typer(dead_letter_commands(_perform), name="dlq")
app.add_typer(policy_commands(), name="policy")

if __name__ == "__main__":
    main()
