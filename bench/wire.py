"""An HTTP client that costs next to nothing, so that what is measured is the server."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NO_BODY = (204, 304)
IDLE_SECONDS = 2.0
"""Servers close a connection that rests longer; it is opened anew before they do."""
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long it took from sending to the last byte."""

    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class UnexpectedAnswer(RuntimeError):
    """A measured request must succeed, or its time means nothing."""


class Wire:
    """One kept connection to one server on this machine."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self.headers = dict(headers or {})
        self._socket = self._open()
        self._used = time.perf_counter()
        self._common = {"Host": f"127.0.0.1:{port}", "Accept": "application/json", **self.headers}

    def __enter__(self) -> Self:
        """The connection itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._socket.close()

    def get(self, path: str) -> Answer:
        """Read; any answer but 200 is an error."""
        return self._expect(200, "GET", path, b"", {})

    def post(self, path: str, body: bytes, key: str, kind: str = "application/json", expect: int = 201) -> Answer:
        """Create; any answer but ``expect`` is an error."""
        return self._expect(expect, "POST", path, body, {"Content-Type": kind, "Idempotency-Key": key})

    def _expect(self, status: int, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answer = self.ask(method, path, body, headers)
        if answer.status != status:
            raise UnexpectedAnswer(f"{method} {path}: {answer.status} {answer.body[:500].decode('utf-8', 'replace')}")
        return answer

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request and read its answer."""
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in {**self._common, **headers}.items()),
        ]
        request = ("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        if time.perf_counter() - self._used > IDLE_SECONDS:
            self._socket.close()
            self._socket = self._open()
        started = time.perf_counter()
        self._socket.sendall(request)
        status, content = self._read()
        self._used = time.perf_counter()
        return Answer(status, content, self._used - started)

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _read(self) -> tuple[int, bytes]:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, content = data[:end], data[end + 4 :]
        status = int(head[9:12])
        length = LENGTH.search(head)
        if length is None and status not in NO_BODY:
            raise UnexpectedAnswer(f"an answer without a length: {head[:300]!r}")
        wanted = int(length.group(1)) if length else 0
        while len(content) < wanted:
            content += self._more()
        return status, content

    def _more(self) -> bytes:
        data = self._socket.recv(CHUNK)
        if not data:
            raise UnexpectedAnswer("the server closed the connection")
        return data
