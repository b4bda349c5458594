"""Now or later: which news reaches a person at once over which channel, and which waits for the weekly digest."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from services.notify.model.delivery import ChannelName, Kind
from services.notify.model.person import Person


class When(StrEnum):
    """``later`` means the weekly digest tells it; nothing is sent for it alone."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


DEFAULTS: Mapping[Kind, Mapping[ChannelName, When]] = {
    Kind.MATCHED: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.NOW, ChannelName.WEBHOOK: When.NOW},
    Kind.IMPORTED: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.LATER, ChannelName.WEBHOOK: When.LATER},
    Kind.ASSIGNED: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.LATER, ChannelName.WEBHOOK: When.LATER},
    Kind.ENQUIRED: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.NOW, ChannelName.WEBHOOK: When.NOW},
    Kind.ANSWERED: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.NOW, ChannelName.WEBHOOK: When.NEVER},
    Kind.DIGEST: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.NOW, ChannelName.WEBHOOK: When.NOW},
    Kind.DIED: {ChannelName.IN_APP: When.NOW, ChannelName.EMAIL: When.NEVER, ChannelName.WEBHOOK: When.NOW},
    Kind.INVITED: {ChannelName.IN_APP: When.NEVER, ChannelName.EMAIL: When.NOW, ChannelName.WEBHOOK: When.NEVER},
}


def when(person: Person | None, kind: Kind, channel: ChannelName) -> When:
    """When somebody hears of this; never once their account is disabled."""
    if person is not None and not person.active:
        return When.NEVER
    return DEFAULTS[kind][channel]
