"""Every collection of every service: what a move copies. A store that holds another one is not moved."""

from __future__ import annotations

from gateway import repository as gateway
from gateway.audit import keeping
from gateway.backups import BACKUPS
from kit.leases import LEASES
from kit.secrets import DATA_KEYS
from kit.store.port import Collection
from operating.announcing import ANNOUNCEMENTS
from operating.dead_letters import ACTS
from operating.jobs import SCHEDULES
from operating.parking import PARKED
from services.incentives import repository as incentives
from services.leads import repository as leads
from services.notify.repository import collections as notify

_OF_EACH = (ANNOUNCEMENTS, PARKED, ACTS, SCHEDULES, LEASES, DATA_KEYS)

COLLECTIONS: dict[str, tuple[Collection, ...]] = {
    "leads": (*leads.COLLECTIONS, *_OF_EACH),
    "incentives": (*incentives.COLLECTIONS, *_OF_EACH),
    "notify": (*notify.ALL, *_OF_EACH),
    "gateway": (*gateway.COLLECTIONS, BACKUPS, *keeping.COLLECTIONS, *_OF_EACH),
}
"""By service."""
