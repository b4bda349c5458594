"""What a ``quce`` command comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class CommandFailed(RuntimeError):
    """A command could not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command prints: for people, and for scripts."""

    text: str
    document: Any
    ok: bool = True
