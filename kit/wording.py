"""Validation errors as a Chinese reader expects them: what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS = {
    "missing": "必填，请补充",
    "extra_forbidden": "不认识的字段，请删除或检查拼写",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符，请对照接口说明检查",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "less_than": "应小于 {lt}",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "none_required": "应为空",
}
_KINDS = {
    "int": "应为整数",
    "float": "应为数字",
    "bool": "应为 true 或 false",
    "date": "应为日期，如 2026-11-23",
    "datetime": "应为时间，如 2026-11-23T09:00:00+08:00",
    "list": "应为列表",
    "dict": "应为对象",
    "model": "应为对象",
}
"""By the first word of an error's type, where the whole is not among the texts."""


def in_chinese(error: Mapping[str, Any]) -> str:
    """One pydantic error in words."""
    if template := _TEXTS.get(error["type"]) or _KINDS.get(error["type"].partition("_")[0]):
        return template.format_map({"expected": "", **error.get("ctx", {})})
    if error["type"] == "value_error":
        return str(error.get("ctx", {}).get("error", "")) or "内容不符合要求"
    return "内容不符合要求，请对照接口说明检查"
