"""What pages ask of the API, as the person who is signed in; a problem becomes words beside the field it is about."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import Request
from starlette.datastructures import UploadFile

from gateway.calls import Call
from gateway.peer import Reply
from gateway.session import Session
from gateway.upstream import Params, ask, upstream_of
from kit.errors import Problem
from kit.web import MAX_LIMIT

Answered = dict[str, Any]


@dataclass(slots=True)
class Refused(Exception):
    """The API said no: why, and at which fields."""

    status: int
    title: str
    detail: str
    errors: list[tuple[str, str]] = field(default_factory=list)
    trace: str = ""
    shown: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)

    def wrong(self, path: str) -> str:
        """What is wrong with a field; empty where nothing is."""
        messages = [message for where, message in self.errors if where == path or where.startswith(f"{path}.")]
        return "；".join(dict.fromkeys(messages))

    def beside(self, paths: Collection[str]) -> Refused:
        """Remember which fields show their own message."""
        self.shown = frozenset(paths)
        return self

    @property
    def places(self) -> int:
        """How many fields are wrong."""
        return len({path for path in self.shown if self.wrong(path)})

    @property
    def loose(self) -> list[Mapping[str, str]]:
        """Messages of fields that the form does not show."""
        return [
            {"path": where, "message": message}
            for where, message in dict(self.errors).items()
            if not any(where == path or where.startswith(f"{path}.") for path in self.shown)
        ]


class Api:
    """The services, asked for one visit."""

    def __init__(self, request: Request, session: Session | None) -> None:
        self._request, self._session = request, session

    async def get(self, path: str, **params: Any) -> Answered:
        """An answer.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        return await self._asked("GET", path, params=params)

    async def every(self, path: str, pages: int, **params: Any) -> list[Answered]:
        """All items of a list, of at most so many pages of it.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        found: list[Answered] = []
        cursor = None
        for _ in range(pages):
            page = await self.get(path, **params, limit=MAX_LIMIT, cursor=cursor)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        return found

    async def find(self, path: str, **params: Any) -> Answered | None:
        """An answer, or None where there is nothing of the kind yet.

        Raises:
            Refused: the API refused for another reason.
        """
        try:
            return await self.get(path, **params)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def text(self, path: str, **params: Any) -> str:
        """An answer that is a file of text.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        try:
            reply = await ask(self._request, "GET", path, params=params)
        except Problem as problem:
            raise refusal(problem) from problem
        if reply.status >= 400:
            _read(reply)
        return reply.body.decode("utf-8")

    async def post(
        self, path: str, body: Any = None, *, key: str = "", revision: int | None = None, **params: Any
    ) -> Answered:
        """Do something.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        return await self._asked("POST", path, json=body, params=params, headers=_headers(key, revision))

    async def patch(self, path: str, body: Any, *, key: str, revision: int) -> Answered:
        """Change something.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        return await self._asked("PATCH", path, json=body, headers=_headers(key, revision))

    async def put(self, path: str, body: Any) -> Answered:
        """Set something, however often.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        return await self._asked("PUT", path, json=body)

    async def delete(self, path: str, body: Any = None, *, key: str, revision: int | None = None) -> Answered:
        """End something.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        return await self._asked("DELETE", path, json=body, headers=_headers(key, revision))

    async def upload(self, path: str, file: UploadFile, fields: Mapping[str, str], *, key: str) -> Answered:
        """Pass a file on.

        Raises:
            Refused: the API refused, or a service gave no answer.
        """
        boundary = secrets.token_hex(16)
        body = await _multipart(boundary, file, fields)
        sent = [
            (b"content-type", f"multipart/form-data; boundary={boundary}".encode()),
            (b"idempotency-key", key.encode()),
        ]
        upstream = upstream_of(self._request)
        call = Call(upstream.table.service(path), "POST", path, path.encode(), sent, body)
        try:
            return _read(await upstream.send(call, self._session.principal if self._session else None))
        except Problem as problem:
            raise refusal(problem) from problem

    async def _asked(self, method: str, path: str, **how: Any) -> Answered:
        params: Params | None = how.pop("params", None)
        try:
            return _read(await ask(self._request, method, path, params=params, **how))
        except Problem as problem:
            raise refusal(problem) from problem


def refusal(problem: Problem) -> Refused:
    """A problem of the edge itself, as pages show it."""
    errors = [(each.path, each.message) for each in problem.errors]
    return Refused(problem.status, problem.title, problem.detail, errors, headers=problem.headers or {})


def _headers(key: str, revision: int | None) -> dict[str, str]:
    headers = {"Idempotency-Key": key} if key else {}
    return headers if revision is None else headers | {"If-Match": f'"{revision}"'}


def _read(reply: Reply) -> Answered:
    body: Answered = orjson.loads(reply.body) if reply.body else {}
    if reply.status < 400:
        return body
    errors = [(str(each.get("path", "")), str(each.get("message", ""))) for each in body.get("errors", [])]
    raise Refused(reply.status, body.get("title", ""), body.get("detail", ""), errors, body.get("trace_id", ""))


async def _multipart(boundary: str, file: UploadFile, fields: Mapping[str, str]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    name = (file.filename or "file").replace('"', "'").replace("\r", " ").replace("\n", " ")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    kind = f"Content-Type: {file.content_type or 'application/octet-stream'}\r\n\r\n"
    return b"".join([*parts, (head + kind).encode(), await file.read(), f"\r\n--{boundary}--\r\n".encode()])
