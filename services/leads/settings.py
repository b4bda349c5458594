"""What an office may set about leads; the values live in the shared settings (``QUCE_…``)."""

from __future__ import annotations

from dataclasses import dataclass

from kit.settings import Settings


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """Working days to respond, days of first-contact protection."""

    respond_working_days: int
    protect_days: int

    @classmethod
    def of(cls, settings: Settings) -> LeadSettings:
        """The part of the settings this service reads."""
        return cls(settings.respond_working_days, settings.protect_days)
