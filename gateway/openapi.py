"""One OpenAPI document of the suite, put together from what each app says of itself.

Building it takes longer than a start should, so the checked-in one is served.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from gateway.routing import Table
from gateway.settings import API, COOKIE, CSRF_HEADER, SERVICE
from kit.errors import NotFound
from kit.web import ProblemDocument

_REF = "#/components/schemas/"
_METHODS = ("get", "put", "post", "patch", "delete")
_PUBLIC = frozenset(
    {
        ("get", "decisions"),
        ("get", "industry-codes"),
        ("get", "policies"),
        ("get", "zones"),
        ("post", "decisions"),
        ("post", "eligibility"),
        ("post", "sessions"),
    }
)
"""What visitors may do, by method and first part of the path."""
_LISTS = frozenset({("get", "/decisions")})
"""Of what is open one by one, what only its owner may list."""
_ASKING = frozenset({"/enquiries", "/enquiries/track", "/enquiries/track/message", "/enquiries/track/withdraw"})
"""What visitors may post about an enquiry of theirs."""
_ARRIVING = frozenset({"/invitations/accept", "/setup"})
"""What people post who are to have an account."""
_DEMANDED = {
    "Idempotency-Key": ("任意不重复的字符串；重试时用同一个值，不会重复执行", r"^[\x21-\x7e]+$"),
    "If-Match": ('读取时得到的 ETag，例如 "3"', r'^"[0-9]{1,9}"$'),
}
_NAME = re.compile(r"[^A-Za-z0-9._-]")


def openapi_document(apps: Mapping[str, FastAPI]) -> dict[str, Any]:
    """The API as callers meet it: the services' paths under ``/api/v1`` and the edge's own, by path.

    ``apps`` are the suite's apps by the names of their services, the gateway among them.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"ProblemDocument": ProblemDocument.model_json_schema(ref_template=_REF + "{model}")}
    schemas.update(schemas["ProblemDocument"].pop("$defs", {}))
    for service, app in (*apps.items(), (SERVICE, apps[SERVICE].state.itself)):
        document = deepcopy(app.openapi())
        document = _renamed(document, _clashes(document, schemas), service)
        schemas.update(document.get("components", {}).get("schemas", {}))
        for path, item in document["paths"].items():
            if service == SERVICE and path.startswith(API):
                paths[path] = _item(item, path.removeprefix(API))
            elif _owner(path) == service:
                paths[API + path] = _item(item, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "区策 Quce",
            "version": "1",
            "description": "招商线索、各区惠企政策与每周简报。金额以分为单位；时间为 UTC，业务日期为北京时间。",
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SCHEMES},
    }


_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "quce token create --as 登录名"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "POST /api/v1/sessions 登录后的会话"},
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER.decode().title().replace("Csrf", "CSRF"),
        "description": "用会话提交更改时必带，值见 GET /api/v1/sessions/current",
    },
}


def _owner(path: str) -> str | None:
    try:
        return Table().service(path)
    except NotFound:
        return None


def _item(item: dict[str, Any], path: str) -> dict[str, Any]:
    for method in _METHODS:
        if method in item:
            item[method]["operationId"] = _NAME.sub("_", f"{method}{path}").strip("_")
            item[method]["security"] = _security(method, path)
            for parameter in item[method].get("parameters", []):
                _demand(parameter)
    return item


def _demand(parameter: dict[str, Any]) -> None:
    """Request keys and revisions are refused when absent, with a problem of their own, hence optional to FastAPI."""
    if parameter["in"] == "header" and parameter["name"] in _DEMANDED:
        text, pattern = _DEMANDED[parameter["name"]]
        parameter.update(
            required=True,
            description=text,
            schema={"type": "string", "minLength": 1, "maxLength": 200, "pattern": pattern},
        )


def _security(method: str, path: str) -> list[dict[str, list[str]]]:
    signed: list[dict[str, list[str]]] = [{"bearer": []}]
    signed.append({"session": []} if method == "get" else {"session": [], "csrf": []})
    public = (method, path.split("/")[1]) in _PUBLIC or (method == "post" and path in _ASKING | _ARRIVING)
    return [*signed, {}] if public and (method, path) not in _LISTS else signed


def _clashes(document: dict[str, Any], schemas: Mapping[str, Any]) -> set[str]:
    own = document.get("components", {}).get("schemas", {})
    return {name for name, schema in own.items() if name in schemas and schemas[name] != schema}


def _renamed(document: dict[str, Any], names: set[str], service: str) -> dict[str, Any]:
    """The document with some schemas under names of their service."""
    if not names:
        return document
    new = {_REF + name: f"{_REF}{service.title()}{name}" for name in names}
    own = document["components"]["schemas"]
    document["components"]["schemas"] = {
        new.get(_REF + name, _REF + name).removeprefix(_REF): schema for name, schema in own.items()
    }
    renamed: dict[str, Any] = _follow(document, new)
    return renamed


def _follow(node: Any, new: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: new.get(value, value) if key == "$ref" else _follow(value, new) for key, value in node.items()}
    return [_follow(each, new) for each in node] if isinstance(node, list) else node
