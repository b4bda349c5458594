"""When a lead's clocks run out: the answer due to the investor, and the protection of the first contact."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.leads import ClockReading
from contracts.vocabulary.calendar import add_working_days
from contracts.vocabulary.stages import LeadState
from kit.clock import to_text
from services.leads.settings import LeadSettings


def start_clocks(now: datetime, state: LeadState, settings: LeadSettings) -> tuple[ClockReading, ...]:
    """The clocks of a new lead; one put aside or ended runs none."""
    if state is not LeadState.active:
        return ()
    respond = add_working_days(now, settings.respond_working_days)
    started = to_text(now)
    return (
        ClockReading(kind="respond", started_at=started, due_at=to_text(respond.at), assumed=respond.assumed),
        ClockReading(kind="protect", started_at=started, due_at=to_text(now + timedelta(settings.protect_days))),
    )
