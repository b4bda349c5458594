"""The channel port: put a message into words, hand it to the outside, and say honestly what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.notify.model.delivery import ChannelName, Kind


class ChannelRefused(Exception):
    """It will never arrive this way; the text says why and what to do, in Chinese."""


class ChannelBusy(Exception):
    """It did not arrive now and may later; the text says why, in Chinese."""


class ChannelUnsure(ChannelBusy):
    """It broke off where nobody can know whether it arrived; the text says so, in Chinese."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to one person. ``delivery`` is also its identity outside, so that a repeat can be recognised."""

    delivery: str
    kind: Kind
    account: str
    name: str
    email: str | None
    locale: str
    link: str
    at: str
    lead_id: str | None
    context: Mapping[str, Any]


HandOver = Callable[[], Awaitable[None]]
"""Hands one message over, whose words are there.

Raises:
    ChannelRefused: it will never arrive this way.
    ChannelBusy: it may arrive later.
    ChannelUnsure: it may have arrived.
"""


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> ChannelName:
        """What it is called."""
        ...

    def may_repeat(self, kind: Kind) -> bool:
        """Whether one whose end nobody knows is sent again by itself; if not, it is in doubt and a person decides."""
        ...

    async def prepare(self, outgoing: Outgoing) -> HandOver:
        """Put it into words, so that handing it over is all that is left to do once it was looked at again.

        Raises:
            ChannelRefused: there is no way to this person.
        """
        ...
