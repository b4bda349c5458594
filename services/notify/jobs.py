"""Due work of notify: digests, looked at every few seconds because they wait for others."""

from __future__ import annotations

from operating.jobs import Schedule, every
from services.notify import settings
from services.notify.commands.closing import WeekClosing


def schedules(closing: WeekClosing) -> tuple[Schedule, ...]:
    """The schedules of this service."""
    return (Schedule("digests", every(settings.DIGEST_TICK), closing.run_due),)
