"""A real mail server of the office, which answers as a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP


class Mailbox:
    """A mail server's hand: keeps what it accepts, answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.answer = "250 OK"
        self.silent, self.takes = False, 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.messages.append(envelope.content)
        if self.silent:
            server.transport.abort()
        await asyncio.sleep(self.takes)
        return self.answer


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, str]]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, hostname="office"), "127.0.0.1", 0)
    yield box, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()
