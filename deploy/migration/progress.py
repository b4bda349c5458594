"""What a person sees while an installation moves: a line for each part, and one every few seconds within it."""

from __future__ import annotations

import sys
import time

EVERY = 5.0
"""Seconds between two lines about the same part."""


class Progress:
    """Lines on standard error."""

    def __init__(self) -> None:
        self._part, self._done, self._total, self._told_at = "", 0, 0, 0.0

    def begin(self, part: str, total: int) -> None:
        """A part of ``total`` pieces follows."""
        self._part, self._done, self._total, self._told_at = part, 0, total, time.monotonic()

    def advance(self, pieces: int) -> None:
        """So many more are done."""
        self._done += pieces
        if time.monotonic() - self._told_at > EVERY:
            self._told_at = time.monotonic()
            say(f"  {self._part}  {self._done:,} / {self._total:,}")


def say(line: str) -> None:
    """One line for who watches."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
