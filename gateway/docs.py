"""The page that lists the API: every operation, without scripts, from the checked-in document."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

_METHODS = ("get", "put", "post", "patch", "delete")


def docs_page(document: Mapping[str, Any], nonce: str) -> str:
    """Every operation on one page, without scripts."""
    schemas = document["components"]["schemas"]
    rows = "".join(_row(path, method, operation, schemas) for path, method, operation in _operations(document))
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>区策接口</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<style nonce="{html.escape(nonce)}">{_STYLE}</style></head><body><main><h1>区策接口</h1>'
        '<p>每个操作一行，点开看参数。完整说明见 <a href="/api/openapi.json">openapi.json</a>。</p>'
        f"<p>{html.escape(document['info']['description'])}</p>{rows}</main></body></html>"
    )


_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;color:#1d273b;margin:0}"
    "main{max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "details{border-bottom:1px solid #dce1e7;padding:.4rem 0}summary{cursor:pointer;overflow-wrap:anywhere}"
    "b{display:inline-block;min-width:4.5rem}code{font-size:.95em}dt{font-weight:600}dd{margin:0 0 .4rem 1rem}"
)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _row(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    named = "".join(_parameter(each) for each in operation.get("parameters", []))
    taken = "".join(_body(kind, content["schema"], schemas) for kind, content in _content(operation).items())
    text = html.escape(operation.get("description", ""))
    return (
        f"<details><summary><b>{method.upper()}</b><code>{html.escape(path)}</code> "
        f"{html.escape(operation.get('summary', ''))}</summary><p>{text}</p><dl>{named}{taken}</dl></details>"
    )


def _parameter(parameter: Mapping[str, Any]) -> str:
    place = {"path": "路径", "query": "查询", "header": "请求头"}.get(parameter["in"], parameter["in"])
    needed = "，必填" if parameter.get("required") else ""
    text = html.escape(parameter.get("description", ""))
    return f"<dt>{html.escape(parameter['name'])}（{place}{needed}）</dt><dd>{text}</dd>"


def _content(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
    return content


def _body(kind: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What a body holds, one level deep."""
    whole = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    needed = whole.get("required", [])
    fields = "".join(
        f"<dd><code>{html.escape(name)}</code>{'，必填' if name in needed else ''} "
        f"{html.escape(each.get('description', ''))}</dd>"
        for name, each in whole.get("properties", {}).items()
    )
    return f"<dt>请求体（{html.escape(kind)}）</dt>{fields}"
