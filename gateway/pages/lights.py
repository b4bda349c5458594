"""The light of a lead, from its clocks: red past a due date, amber shortly before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

Light = Literal["red", "amber", "normal", "none"]
SOON = {"respond": timedelta(hours=8), "protect": timedelta(days=14)}


def clock_light(clock: Mapping[str, Any], now: datetime) -> Light:
    """The light of one clock; a met one shows none."""
    if clock["met_at"]:
        return "none"
    left = datetime.fromisoformat(clock["due_at"]) - now
    if left < timedelta(0):
        return "red"
    return "amber" if left < SOON[clock["kind"]] else "normal"


def light_of(lead: Mapping[str, Any], now: datetime) -> Light:
    """The worst light of a lead's clocks."""
    lights = {clock_light(clock, now) for clock in lead["clocks"]} if lead["state"] == "active" else set()
    order: tuple[Light, ...] = ("red", "amber", "normal")
    return next((light for light in order if light in lights), "none")
