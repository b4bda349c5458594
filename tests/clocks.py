"""A clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ManualClock:
    """A clock that a test moves by hand."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was last set to."""
        return self.instant

    def advance(self, delta: timedelta) -> None:
        """Move forward by ``delta``."""
        self.instant += delta
