"""What may be said of a failure: kinds and places, and never a value of the event that failed."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from pydantic import ValidationError

from kit.errors import Problem

MOST_WRONG = 6
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


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


def _path(place: tuple[int | str, ...]) -> str:
    return ".".join(each if _NAME.fullmatch(each) else "•••" for each in map(str, place)) or "data"
