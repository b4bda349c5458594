"""What an office may set about leads, from the environment (``QUCE_…``)."""

from __future__ import annotations

from functools import cache
from typing import Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LeadSettings(BaseSettings):
    """Working days to respond, days of first-contact protection."""

    model_config = SettingsConfigDict(env_prefix="QUCE_", extra="ignore", frozen=True)

    respond_working_days: int = Field(1, ge=1, le=30, description="Working days to answer a new lead.")
    protect_days: int = Field(90, ge=1, le=730, description="Days of first-contact protection.")

    contact_years: int = Field(3, ge=1, le=30, description="Years a contact is kept after the last follow-up.")

    @classmethod
    @cache
    def current(cls) -> Self:
        """The settings of this process, read once."""
        return cls()
