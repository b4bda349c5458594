"""In the app: a notification with a title and a link, in the same store as the delivery."""

from __future__ import annotations

from functools import partial

from kit.store.port import Store
from services.notify.channels.port import HandOver, Outgoing
from services.notify.channels.rendering import render
from services.notify.model.delivery import ChannelName, Kind
from services.notify.repository.deliveries import Notifications


class InApp:
    """Puts notifications into the app; the delivery's id is the notification's, so a repeat changes nothing."""

    name = ChannelName.IN_APP

    def __init__(self, store: Store) -> None:
        self._notifications = Notifications(store)

    def may_repeat(self, _kind: Kind) -> bool:
        """A notification is put in once, however often."""
        return True

    async def prepare(self, outgoing: Outgoing) -> HandOver:
        """A notification to add."""
        title, _ = render(outgoing.kind, self.name, outgoing.locale, outgoing.context)
        body = {
            "kind": outgoing.kind.value,
            "title": title,
            "link": outgoing.link,
            "at": outgoing.at,
            "lead_id": outgoing.lead_id,
        }
        return partial(self._notifications.add, outgoing.delivery, outgoing.account, body)
