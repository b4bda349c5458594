"""``quce account …``: its commands and their options."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from deploy import accounts
from deploy.result import Result
from kit.settings import Settings

Perform = Callable[[Callable[[Settings], Coroutine[Any, Any, Result]], bool], None]

As = Annotated[str, typer.Option("--as", help="以哪位管理员的身份执行（登录名）")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本使用")]
SignIn = Annotated[str, typer.Argument(help="登录名")]
Name = Annotated[str, typer.Option(help="姓名")]
RoleName = Annotated[
    str, typer.Option(help="officer bureau_officer manager policy_editor reviewer partner administrator 之一")
]
ZoneNames = Annotated[list[str], typer.Option("--zone", help="所在区域，可重复")]
OrganisationName = Annotated[str, typer.Option(help="合作伙伴的机构名称")]
Kind = Annotated[str, typer.Option(help="机构是 investor（投资企业）还是 introducer（引荐机构）")]
Email = Annotated[str, typer.Option(help="接收通知的邮箱")]


def account_commands(perform: Perform) -> typer.Typer:
    """The commands, carried out and printed by ``perform``."""
    app = typer.Typer(help="账号。", no_args_is_help=True)

    @app.command()
    def create(
        sign_in: SignIn, name: Name, role: RoleName, zone: ZoneNames = [], organisation: OrganisationName = "",  # noqa: B006 - typer reads it
        kind: Kind = "investor", email: Email = "", account: As = "admin", as_json: Json = False,
    ) -> None:  # fmt: skip
        """开通账号，打印一次性密码；没有管理员的 office 用它开通第一位。"""  # noqa: D415 - help text, in Chinese
        person = accounts.Person(sign_in, name, role, tuple(zone), organisation, kind, email)
        perform(lambda settings: accounts.create(settings, account, person), as_json)

    @app.command()
    def invite(
        sign_in: SignIn, name: Name, role: RoleName, zone: ZoneNames = [], organisation: OrganisationName = "",  # noqa: B006 - typer reads it
        kind: Kind = "investor", email: Email = "", account: As = "admin", as_json: Json = False,
    ) -> None:  # fmt: skip
        """邀请，打印供本人设置密码的链接；写了邮箱的同时寄出。"""  # noqa: D415 - help text, in Chinese
        person = accounts.Person(sign_in, name, role, tuple(zone), organisation, kind, email)
        perform(lambda settings: accounts.invite(settings, account, person), as_json)

    @app.command()
    def reset(sign_in: SignIn, account: As = "admin", as_json: Json = False) -> None:
        """重置密码，打印一次性密码。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: accounts.reset(settings, account, sign_in), as_json)

    @app.command()
    def disable(sign_in: SignIn, account: As = "admin", as_json: Json = False) -> None:
        """停用账号，立即生效。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: accounts.disable(settings, account, sign_in), as_json)

    @app.command("list")
    def list_all(account: As = "admin", as_json: Json = False) -> None:
        """列出全部账号。"""  # noqa: D415 - help text, in Chinese
        perform(lambda settings: accounts.listing(settings, account), as_json)

    return app
