"""How the command line reaches the suite: over HTTP where it runs, in process where it does not; always as a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from deploy.embedded import open_suite
from deploy.lock import hold, running_url
from gateway.issuing import TokenIssuer
from gateway.peer import Peer, Reply
from gateway.settings import OPERATOR
from kit.auth import KeyFile, Principal
from kit.clock import SystemClock
from kit.settings import Settings
from operating.ids import random_id

API = "/api/v1"
UNKNOWN_ACCOUNT = 401


class Refused(RuntimeError):
    """The suite answered with a problem."""

    def __init__(self, reply: Reply, detail: str | None = None) -> None:
        self.document: dict[str, Any] = orjson.loads(reply.body) if reply.body else {}
        super().__init__(detail or str(self.document.get("detail", f"HTTP {reply.status}")))


@dataclass(frozen=True, slots=True)
class Client:
    """The suite's API as one account uses it."""

    peer: Peer
    issuer: TokenIssuer
    account: str

    async def get(self, path: str, **query: Any) -> Any:
        """Read.

        Raises:
            Refused: the suite said no.
        """
        wanted = {name: value for name, value in query.items() if value is not None}
        return await self._ask("GET", f"{path}?{urlencode(wanted)}" if wanted else path)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Create or run; ``key`` is random where not given.

        Raises:
            Refused: the suite said no.
        """
        content = b"" if body is None else orjson.dumps(body)
        headers = [(b"content-type", b"application/json")]
        return await self._ask("POST", path, content, [*headers, (b"idempotency-key", (key or random_id()).encode())])

    async def change(self, path: str, body: Any = None, *, revision: int, method: str = "POST") -> Any:
        """Change what was read at this revision.

        Raises:
            Refused: the suite said no.
        """
        content = b"" if body is None else orjson.dumps(body)
        headers = [(b"content-type", b"application/json"), (b"idempotency-key", random_id().encode())]
        return await self._ask(method, path, content, [*headers, (b"if-match", f'"{revision}"'.encode())])

    async def upload(self, path: str, name: str, content: bytes, *, key: str) -> Any:
        """Send one file.

        Raises:
            Refused: the suite said no.
        """
        boundary = random_id()
        safe = name.replace('"', "'").replace("\r", "").replace("\n", "")
        disposition = f'Content-Disposition: form-data; name="file"; filename="{safe}"'
        head = f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = [
            (b"content-type", f"multipart/form-data; boundary={boundary}".encode()),
            (b"idempotency-key", key.encode()),
        ]
        return await self._ask("POST", path, body, headers)

    async def _ask(
        self, method: str, path: str, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
    ) -> Any:
        token = self.issuer.issue(Principal(self.account, OPERATOR), "gateway")
        own = [(b"authorization", f"Bearer {token}".encode()), (b"accept", b"application/json")]
        reply = await self.peer.send(method, f"{API}{path}".encode(), [*own, *(headers or [])], body)
        if reply.status == UNKNOWN_ACCOUNT:
            raise Refused(reply, f"没有名为「{self.account}」的账号，或账号已停用。请核对 --as 后面的登录名。")
        if not reply.ok:
            raise Refused(reply)
        return reply.json() if reply.body else None


@asynccontextmanager
async def connect(settings: Settings, account: str) -> AsyncIterator[Client]:
    """The running suite, or the same apps started here under the lock."""
    url = settings.gateway_url or running_url(settings.data)
    if url is not None:
        peer = Peer.at(url)
        try:
            yield _client(settings, peer, account)
        finally:
            await peer.close()
        return
    with hold(settings.data, None):
        async with open_suite(settings) as suite:
            yield _client(settings, Peer.in_process(suite.gateway, "gateway"), account)


def _client(settings: Settings, peer: Peer, account: str) -> Client:
    keys = KeyFile(settings.data / "keys" / "tokens.json")
    return Client(peer, TokenIssuer(keys, SystemClock(settings.now)), account)
