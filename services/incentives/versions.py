"""What an answer is made with, each part under a version: the engine, the fact registry, the calendar, the catalogue.

The profiles of zones, of which industry fits where, come with the engine.

A version is a hash of the content itself, so that nobody has to remember to raise a number; one that changed may still
give the same answer, which only a replay tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import contracts.vocabulary as vocabulary
from services.incentives.settings import HOME, ZONES

NAMES: Final = ("engine", "facts", "calendar", "catalogue")
_VOCABULARY: Final = Path(vocabulary.__file__).parent
_NOT_ENGINE: Final = frozenset(
    {
        *("app", "auditing", "authoring_routes", "consumers", "errors", "following", "jobs", "routes"),
        *("code_table", "file_schema", "file_words", "policy_folder", "settings", "versions"),
    }
)
"""Modules of the service that no answer depends on; folders other than the engine's are left out below."""
_ENGINE_FOLDERS: Final = ("evaluation", "matching", "policy", "policy_checks")


def versions(catalogue: str) -> dict[str, str]:
    """The versions of an answer that is given now from this catalogue."""
    return {**_fixed(), "catalogue": catalogue}


@cache
def _fixed() -> dict[str, str]:
    """What does not change while the process runs."""
    facts = [_VOCABULARY / name for name in ("fact_list.py", "facts.py", "amount.py", "money_text.py", "industry.py")]
    return {"engine": _hash(engine_files()), "facts": _hash(facts), "calendar": _hash([_VOCABULARY / "calendar.py"])}


def engine_files() -> list[Path]:
    """The files that an answer depends on."""
    modules = [path for path in HOME.glob("*.py") if path.stem not in _NOT_ENGINE]
    folders = [path for folder in _ENGINE_FOLDERS for path in (HOME / folder).rglob("*.py")]
    return [*modules, *folders, *ZONES.glob("*.yaml")]


def _hash(paths: Iterable[Path]) -> str:
    digest = sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
