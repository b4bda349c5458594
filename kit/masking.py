"""What may be shown of an event that failed: technical names and identifiers; every other value stays hidden."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kit.errors import Problem

HIDDEN = "•••"
MOST_FIELDS = 200
MOST_WRONG = 6
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


def reason_of(error: Exception) -> str:
    """Why handling failed, in words that repeat no value of the event."""
    kind = type(error).__name__
    if isinstance(error, Problem):
        return f"{kind}: {error.title}"
    if isinstance(error, ValidationError):
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_WRONG]
        return f"{kind}: " + ", ".join(f"{_path(each['loc'])} {each['type']}" for each in wrong)
    frames = traceback.extract_tb(error.__traceback__)
    return f"{kind} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else kind


def stack_of(error: Exception) -> str:
    """Where it failed, without what the exception says."""
    return "".join(traceback.format_tb(error.__traceback__))


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


def _path(place: tuple[int | str, ...]) -> str:
    return ".".join(each if _NAME.fullmatch(each) else HIDDEN for each in map(str, place)) or "data"
