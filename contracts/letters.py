"""What services say when an event could not be handled and waits for a person."""

from __future__ import annotations

from contracts.event import EventData


class EventDied(EventData):
    """An event became a dead letter: ``died`` is its type, ``letter`` its id at the service.

    Nothing of what it said is repeated.
    """

    service: str
    group: str
    letter: str
    died: str
