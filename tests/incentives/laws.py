"""How often a law is tried: in full effort as often as is claimed of it."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

from tests.conftest import effort_of_run

CASES: Final = {"ci": 50, "full": 10_000}[effort_of_run()]
AT_ONCE: Final = 4
"""So many projects are tried on each catalogue, which takes longer to draw than to ask."""
law: Final = settings(max_examples=CASES)
"""A law of the engine; ten thousand cases in full effort."""
law_of_catalogues: Final = settings(max_examples=max(40, CASES // AT_ONCE))
"""The same of whole catalogues, each tried on several projects."""
