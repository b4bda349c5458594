"""Texts of a fixed form: the API's document shows the pattern, whoever writes another is told how to write it."""

from __future__ import annotations

import re
from typing import Any

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Form:
    """An annotation of ``str``: text that ``pattern`` matches as a whole; ``how`` says in Chinese what would be right.

    Unlike ``Field(pattern=...)``, whose error shows the pattern to people who cannot read it.
    """

    def __init__(self, pattern: str, how: str) -> None:
        self._pattern, self._how = re.compile(pattern, re.ASCII), how

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """The text, then its form."""
        return AfterValidator(self._check).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The text with its pattern."""
        return {**handler(schema), "pattern": self._pattern.pattern}

    def _check(self, text: str) -> str:
        if self._pattern.fullmatch(text) is None:
            raise ValueError(self._how)
        return text


EMAIL = Form(
    r"^[A-Za-z0-9!#$%&*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&*+/=?^_{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$",
    "应为邮箱地址，如 zhaoshang@example.com",
)
DAY = Form(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "应为日期，如 2026-11-23")
WEEK = Form(r"^[0-9]{4}-W[0-9]{2}$", "应为 ISO 周次，如 2026-W48")
INDUSTRY_CODE = Form(r"^([A-T]|[0-9]{2,4})$", "应为国民经济行业代码（GB/T 4754-2017），如 3962、39 或 C")
