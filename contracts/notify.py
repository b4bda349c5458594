"""Events of the notify service."""

from __future__ import annotations

from typing import ClassVar

from contracts.audit import Audited
from contracts.event import EventData
from contracts.letters import EventDied


class DigestFrozen(EventData):
    """A manager's digest of one week is final; later arrivals become corrections."""

    event_type: ClassVar[str] = "quce.digest.frozen.v1"

    digest_id: str
    manager: str
    week: str
    frozen_at: str
    silent: list[str]


class NotifyAudited(Audited):
    """Something was done in the notify service."""

    event_type: ClassVar[str] = "quce.notify.audited.v1"


class NotifyEventDied(EventDied):
    """The notify service could not handle an event."""

    event_type: ClassVar[str] = "quce.notify.event_died.v1"
