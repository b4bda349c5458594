"""A policy as people read it: its canonical text, what one text changes of another, how it reads in sentences."""

from services.incentives.policy_text.formatting import formatted

__all__ = ["formatted"]
