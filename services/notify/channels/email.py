"""E-mail: over SMTP where the office has a server, else as .eml files that any mail program opens.

A repeat carries the same Message-ID and, as a file, the same name: it replaces itself.
"""

from __future__ import annotations

import asyncio
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

from kit.clock import from_text
from kit.courtesy import giving_way
from kit.secrets import write_private
from services.notify import settings
from services.notify.channels.port import ChannelBusy, ChannelRefused, ChannelUnsure, HandOver, Outgoing
from services.notify.channels.rendering import render
from services.notify.model.delivery import ChannelName, Kind


class _Headers(HeaderRegistry):
    """The library makes a new class for each header of each mail: a hundred objects to be collected for every mail."""

    __getitem__ = lru_cache(HeaderRegistry.__getitem__)


POLICY = SMTP.clone(header_factory=_Headers())
NO_ADDRESS = "收件人没有登记邮箱，请管理员在账号页补充后再通知。"


class Transport(Protocol):
    """Where mails leave the house."""

    async def hand_over(self, delivery: str, message: EmailMessage, /) -> None:
        """Give one away."""
        ...


class Email:
    """Sends mails. A repeat has the Message-ID of the first, by which some mail programs know it and others do not."""

    name = ChannelName.EMAIL

    def __init__(self, transport: Transport, sender: str, link_base: str) -> None:
        self._transport, self._sender, self._link_base = transport, sender, link_base

    def may_repeat(self, kind: Kind) -> bool:
        """Better twice than never for news; a digest stands in the app and goes out at most once."""
        return kind is not Kind.DIGEST

    async def prepare(self, outgoing: Outgoing) -> HandOver:
        """A mail, which takes two milliseconds to write: people go first."""
        if not outgoing.email:
            raise ChannelRefused(NO_ADDRESS)
        async with giving_way():
            message = self._compose(outgoing, outgoing.email)
        return partial(self._transport.hand_over, outgoing.delivery, message)

    def _compose(self, outgoing: Outgoing, address: str) -> EmailMessage:
        context = {**outgoing.context, "link": self._link_base + outgoing.link, "name": outgoing.name}
        subject, body = render(outgoing.kind, self.name, outgoing.locale, context)
        user, _, domain = address.rpartition("@")
        message = EmailMessage(policy=POLICY)
        message["Message-ID"] = f"<{outgoing.delivery}@{self._sender.rpartition('@')[2] or 'quce'}>"
        message["Date"] = format_datetime(from_text(outgoing.at))
        message["From"] = self._sender
        message["To"] = str(Address(outgoing.name, user, domain))
        message["Subject"] = subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body + "\n", charset="utf-8", cte="base64")
        return message


class MailFolder:
    """Mails as files named by their delivery. What a process that was killed left half written is taken away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for left in folder.glob("*.part"):
            left.unlink(missing_ok=True)  # who should be at it just now is told that it failed, and tries again

    async def hand_over(self, delivery: str, message: EmailMessage) -> None:
        """Write the file, whole or not at all; a thread that encodes would hold up the event loop for longer."""
        path, content = self._folder / f"{delivery}.eml", bytes(message)
        try:
            await asyncio.to_thread(write_private, path, content, over=True)
        except OSError as error:
            raise ChannelBusy(f"邮件写不进 {self._folder}（磁盘空间或权限），稍后自动重试。") from error


class SmtpServer:
    """A mail server at ``smtp://user:password@host:port`` or ``smtps://…``."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def hand_over(self, _delivery: str, message: EmailMessage) -> None:
        """Send over a connection of its own; what breaks off once it stands may have been accepted."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._tls,
            timeout=settings.MAIL_TIMEOUT,
        )
        broken = ChannelBusy(f"连不上邮件服务器（{self._host}:{self._port}），稍后自动重试。")
        try:
            async with client:
                broken = ChannelUnsure(f"邮件交给服务器（{self._host}:{self._port}）时连接中断，不能确定它收下没有。")
                await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            raise _judged(codes[0] if codes else 550, "收件地址被邮件服务器拒收") from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise ChannelBusy(
                "邮件服务器不接受设置里的账号或密码，请管理员核对 QUCE_SMTP_URL_FILE 指向的文件。"
            ) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _judged(error.code, "邮件服务器拒绝了这封邮件") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise broken from error


def _judged(code: int, what: str) -> ChannelRefused | ChannelBusy:
    if 500 <= code < 600:
        return ChannelRefused(f"{what}（代码{code}），请核对邮箱地址后重新通知。")
    return ChannelBusy(f"{what}（代码{code}），稍后自动重试。")


def transport_for(smtp_url: SecretStr | None, folder: Path) -> Transport:
    """The office's mail server, or files where none is set."""
    return SmtpServer(smtp_url.get_secret_value()) if smtp_url else MailFolder(folder)
