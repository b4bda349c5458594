"""How often a law is tried: in full effort as often as is claimed of it."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

from tests.conftest import effort_of_run

CASES: Final = {"ci": 50, "full": 10_000}[effort_of_run()]
law: Final = settings(max_examples=CASES)
"""A law of the engine; ten thousand cases in full effort."""
