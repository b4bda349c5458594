"""What the suite said it had done, kept where its death cannot reach: a synced line for each answer."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One change that was answered with success."""

    officer: str
    kind: str
    key: str
    lead: str
    receipt: dict[str, Any]


class AcknowledgementLog:
    """An append-only file outside of the suite's data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, acknowledgement: Acknowledgement) -> None:
        """Add one; on disk when this returns."""
        line = json.dumps(asdict(acknowledgement), ensure_ascii=False) + "\n"
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Acknowledgement]:
        """All of them, in the order of their answers."""
        if not self._path.exists():
            return []
        return [Acknowledgement(**json.loads(line)) for line in self._path.read_text("utf-8").splitlines()]
