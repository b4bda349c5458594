"""What this service fixes or reads from the shared settings (``QUCE_…``)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kit.settings import Settings

SERVICE: Final = "incentives"
SCHEMA: Final = 1

HOME: Final = Path(__file__).parent
ZONES: Final = HOME / "zones"
POLICIES: Final = HOME / "policies"
CODES: Final = HOME / "codes"

CATALOGUES_KEPT: Final = 8
"""Compiled catalogues in memory; older ones are built again when an old match is opened."""

MAX_CODES: Final = 5000
DRY_RUN_LEADS: Final = 100_000
DRY_RUN_SECONDS: Final = 45.0
"""A dry run ends before whoever waits for it gives up."""
RETRY_AFTER_SECONDS: Final = 1


def counts_illustrative(settings: Settings) -> bool:
    """Whether illustrative policies are seeded and count."""
    return settings.catalogue == "demo"
