"""``quce dlq …``: its commands and their options."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from deploy import dead_letters
from deploy.cluster import Name
from deploy.result import Result
from kit.settings import Settings

Perform = Callable[[Callable[[Settings], Coroutine[Any, Any, Result]], bool], None]

As = Annotated[str, typer.Option("--as", help="以哪位管理员的身份执行（登录名）")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本使用")]
Where = Annotated[Name, typer.Argument(help="在哪个服务里")]
Some = Annotated[Name | None, typer.Option("--service", help="只看这个服务")]
Group = Annotated[str | None, typer.Option(help="只看这个消费组")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只数一数，不处理")]
Reason = Annotated[str, typer.Option(help="原因，记入操作记录")]
Id = Annotated[str, typer.Argument(help="死信编号，见 quce dlq list")]


def dead_letter_commands(perform: Perform) -> typer.Typer:
    """The commands, carried out and printed by ``perform``."""
    app = typer.Typer(help="处理失败、等人决定的事件（死信）。", no_args_is_help=True)

    @app.command("list")
    def list_all(service: Some = None, group: Group = None, account: As = "admin", as_json: Json = False) -> None:
        """列出等待处理的事件，每个键的第一条。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: dead_letters.listing(settings, account, service, group), as_json)

    @app.command()
    def show(service: Where, id: Id, account: As = "admin", as_json: Json = False) -> None:
        """看一条：为什么失败、试过几次、后面排着多少；内容里的值不显示。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: dead_letters.show(settings, account, service, id), as_json)

    @app.command()
    def replay(service: Where, id: Id, account: As = "admin", as_json: Json = False) -> None:
        """重新处理一条，然后是排在它后面的。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: dead_letters.replay(settings, account, service, id), as_json)

    @app.command("replay-all")
    def replay_all(
        service: Where, group: Group = None, dry_run: DryRun = False, account: As = "admin", as_json: Json = False
    ) -> None:
        """重新处理一个服务的全部死信。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: dead_letters.replay_all(settings, account, service, group, dry_run=dry_run), as_json)

    @app.command()
    def discard(service: Where, id: Id, reason: Reason, account: As = "admin", as_json: Json = False) -> None:
        """放弃一条，排在后面的继续处理。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: dead_letters.discard(settings, account, service, id, reason), as_json)

    return app
