"""After a restore: a mail that was on its way at the cut may have arrived, so no machine sends it again."""

from __future__ import annotations

from kit.ports import Ports
from services.notify.model.delivery import ChannelName, State
from services.notify.repository.collections import DELIVERIES
from services.notify.repository.deliveries import Deliveries


async def doubt_mails_under_way(ports: Ports) -> int:
    """Mark mails found in ``sending`` as in doubt, for a person to decide; how many there were.

    Runs before the service does: the sender would repeat all but digests, which is right after a crash (better twice
    than never) and wrong when weeks may have passed.
    """
    await ports.store.ensure(DELIVERIES)
    deliveries = Deliveries(ports.store)
    under_way = [stored async for stored in deliveries.in_state(State.SENDING, {ChannelName.EMAIL})]
    for stored in under_way:
        await deliveries.save(stored, stored.delivery.doubted(ports.clock.now()))
    return len(under_way)
