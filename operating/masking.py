"""What may be shown of an event that failed: technical names and identifiers; every other value stays hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

HIDDEN = "•••"
MOST_FIELDS = 200
TECHNICAL = frozenset(
    {"at", "change", "kind", "partition", "partitions", "sequence", "service", "state", "type", "week"}
)
_TECHNICAL_ENDS = ("_id", "_revision", "_at", "_version")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:/-]{1,120}")
_PHONE = re.compile(r"1\d{10}|\d{15,18}[0-9Xx]?")


def identifier(text: str) -> str:
    """Text that looks like an identifier; hidden where it does not."""
    return text if _IDENTIFIER.fullmatch(text) and not _PHONE.fullmatch(text) else HIDDEN


def masked(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Every field of an event by its path, with its value where the name is a technical one."""
    fields: list[tuple[str, str]] = []
    for path, name, value in _leaves(data, "", ""):
        if len(fields) == MOST_FIELDS:
            break
        fields.append((path, _shown(name, value)))
    return fields


def _leaves(value: Any, path: str, name: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            known = key if _NAME.fullmatch(key) else HIDDEN
            yield from _leaves(each, f"{path}.{known}" if path else known, known)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, f"{path}.{number}", name)
    else:
        yield path, name, value


def _shown(name: str, value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower() if value is not None else ""
    if name in TECHNICAL or name.endswith(_TECHNICAL_ENDS):
        return identifier(str(value))
    return HIDDEN
