"""What all routes share: the app with its problems and health, who is asking, request keys, revisions, pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse

from kit.auth import ANONYMOUS, Principal
from kit.errors import (
    BadRequest,
    FieldError,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    PreconditionRequired,
    Problem,
    Unauthenticated,
)
from kit.http import Edge
from kit.ports import Ports
from kit.telemetry import exposition, trace_id
from kit.wording import in_chinese

T = TypeVar("T")

JSON_LIMIT = 1024 * 1024
MAX_LIMIT = 200

_UNION_MEMBERS = frozenset({"int", "str", "float", "bool", "none"})
_UNION_MEMBER = re.compile(r"^(constrained-|function-|literal\[|list\[|nullable)")
"""What pydantic adds to a path inside a union: of use to nobody who reads it."""


_NONE_OF_ITS_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own spans hold paths and queries, with ids and what people looked for."""


class StrictModel(BaseModel):
    """Input: unknown fields are errors, with their names."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """Output."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)


class PageOf(Answer, Generic[T]):
    """A page of a list; ``next`` is the cursor of the following one."""

    items: list[T]
    next: str | None = None


class FieldErrorDocument(Answer):
    """Where an input is wrong."""

    path: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457: every error has this shape."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorDocument] = []
    trace_id: str


PROBLEM_RESPONSE: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "出错时的说明（RFC 9457）",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
}


def create_app(
    *,
    name: str,
    title: str,
    ports: Ports,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[Any]] | None = None,
    body_limit: Callable[[str], int] = lambda _path: JSON_LIMIT,
) -> FastAPI:
    """An app with trace, limits, problems, health and metrics; the routes are the service's own."""
    app = FastAPI(
        title=title, version="1", lifespan=lifespan, docs_url=None, redoc_url=None, responses=PROBLEM_RESPONSE,
        telemetry=_NONE_OF_ITS_OWN,
    )  # fmt: skip
    app.state.ports = ports
    app.add_middleware(Edge, service=name, body_limit=body_limit)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    _add_operations(app, ports)
    return app


async def current_principal(request: Request) -> Principal:
    """Who asks: the bearer of a gateway's token, or a visitor.

    Raises:
        Unauthenticated: there is a token, and it does not hold.
    """
    header = request.headers.get("authorization", "")
    if not header:
        return ANONYMOUS
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Authorization 应为 Bearer 加凭证。")
    verifier = request.app.state.ports.verifier
    principal: Principal = verifier.verify(token)
    return principal


Asking = Annotated[Principal, Depends(current_principal)]


def require(*roles: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency that lets only these roles pass; any signed-in one where none is named.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: the role is another.
    """

    async def check(principal: Asking) -> Principal:
        if principal.anonymous:
            raise Unauthenticated("请先登录，再进行这项操作。", headers={"WWW-Authenticate": "Bearer"})
        if roles and principal.role not in roles:
            raise Forbidden("您的账号没有这项权限；如确需办理，请联系管理员调整角色。")
        return principal

    return check


async def _if_match(value: Annotated[str | None, Header(alias="If-Match", max_length=40)] = None) -> int:
    if value is None:
        raise PreconditionRequired("修改时要带请求头 If-Match，值为读取时得到的 ETag。")
    revision = value.strip().removeprefix("W/").strip('"')
    if not (revision.isascii() and revision.isdigit()):
        raise BadRequest('If-Match 应为读取时得到的 ETag，例如 "3"。')
    return int(revision[:18])


IfMatch = Annotated[int, Depends(_if_match)]


class Paging(BaseModel):
    """How much of a list, and from where."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="本页条数")
    cursor: str | None = Field(None, max_length=2000, description="上一页的 next")


def set_etag(response: Response, revision: int) -> None:
    """The revision as ETag."""
    response.headers["ETag"] = f'"{revision}"'


def ports_of(request: Request) -> Ports:
    """The ports of the app that handles this request."""
    ports: Ports = request.app.state.ports
    return ports


async def _ports(request: Request) -> Ports:
    """As a dependency: asynchronous, since FastAPI runs plain functions in threads."""
    return ports_of(request)


OwnPorts = Annotated[Ports, Depends(_ports)]


def _add_operations(app: FastAPI, ports: Ports) -> None:
    async def healthz() -> Response:
        return JSONResponse({"status": "ok", "service": ports.service})

    async def readyz() -> Response:
        pending = await ports.store.pending(1)
        return JSONResponse({"status": "ok", "service": ports.service, "outbox_pending": bool(pending)})

    async def metrics() -> Response:
        return PlainTextResponse(exposition(), media_type="text/plain; version=0.0.4")

    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)


def problem_response(problem: Problem) -> JSONResponse:
    """A problem as a response."""
    return JSONResponse(
        problem.document(trace_id()),
        problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class only
    return problem_response(error)


async def _on_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    details = error.errors()
    if any(each["type"] == "json_invalid" for each in details):
        return problem_response(BadRequest("请求体不是有效的 JSON，请检查括号、引号和逗号。"))
    by_path: dict[str, list[str]] = {}
    for each in details:
        by_path.setdefault(_path(each["loc"]), []).append(in_chinese(each))
    errors = [FieldError(path, "；或".join(dict.fromkeys(messages))) for path, messages in by_path.items()]
    where = "、".join(dict.fromkeys(each.path for each in errors if each.path))[:200]
    return problem_response(Invalid(f"请更正后重试：{where}" if where else "请更正后重试。", errors=errors))


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if error.status_code == 404:
        return problem_response(NotFound("没有这个地址，请检查路径。"))
    if error.status_code == 405:
        allow = dict(error.headers or {})
        return problem_response(MethodNotAllowed("这个地址不支持这种操作。", headers=allow))
    return problem_response(BadRequest("请求格式有误，请检查后重试。"))


def _path(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location]
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(part for part in parts if part not in _UNION_MEMBERS and not _UNION_MEMBER.match(part))
