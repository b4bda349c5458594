"""Plain data as lines of YAML that :func:`services.incentives.authored.read_yaml` reads back, type for type.

What fits a line is written in one, as authors do with a condition; what a reader looks for first stands below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from unicodedata import east_asian_width

from services.incentives.authored import plain_value

WIDTH: Final = 140
"""Columns; a Chinese character takes two."""
_STEP: Final = 2
_QUOTED: Final = frozenset(":#&*!|>'\"`@\\")
_QUOTED_INSIDE: Final = _QUOTED | frozenset(",[]{}")
"""What is no part of a plain text: anywhere, and within a line that holds several."""
_FIRST: Final = frozenset("《（“‘「〔【·")


class Block(dict[str, Any]):
    """A mapping that is never written in one line, however short."""


def yaml_text(mapping: Mapping[str, Any]) -> str:
    """The text of a document."""
    return "".join(f"{line}\n" for line in _mapping(mapping, 0))


def _mapping(mapping: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in mapping.items():
        yield from _entry(f"{' ' * indent}{scalar(key)}:", value, indent)


def _sequence(items: list[Any], indent: int) -> Iterator[str]:
    head = f"{' ' * indent}-"
    for item in items:
        if not isinstance(item, dict) or not item or not _stands_below(head, item):
            yield from _entry(head, item, indent)
            continue
        first, *rest = _mapping(item, indent + _STEP)
        yield f"{head} {first.lstrip()}"
        yield from rest


def _entry(head: str, value: Any, indent: int) -> Iterator[str]:
    if not isinstance(value, dict | list) or not value or not _stands_below(head, value):
        yield f"{head} {flow(value) if isinstance(value, dict | list) else scalar(value, _QUOTED)}"
        return
    yield head
    yield from (_mapping if isinstance(value, dict) else _sequence)(value, indent + _STEP)  # type: ignore[arg-type]


def _stands_below(head: str, value: Any) -> bool:
    return _has_block(value) or _columns(f"{head} {flow(value)}") > WIDTH


def _has_block(value: Any) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, Block) or any(map(_has_block, children))


def _columns(line: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


def flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any, quoted: frozenset[str] = _QUOTED_INSIDE) -> str:
    """One text, number, day or yes or no; texts in quotes only where they would be read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, int | date):
        return str(value)
    return value if _stands_alone(value, quoted) else _in_quotes(value)


def _stands_alone(text: str, quoted: frozenset[str]) -> bool:
    if plain_value(text) != text or text != text.strip():
        return False
    return (text[0].isalnum() or text[0] in _FIRST) and all(each.isprintable() and each not in quoted for each in text)


def _in_quotes(text: str) -> str:
    return '"' + "".join(map(_letter, text)) + '"'


def _letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    if letter == "\n":
        return "\\n"
    return f"\\u{ord(letter):04X}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08X}"
