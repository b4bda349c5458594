"""Days on which a version begins or ends: a policy's record tells of the version that is in effect."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from kit.errors import Stale
from kit.ports import Ports
from kit.store.port import Scope
from services.incentives.commands.publication import described
from services.incentives.lives import Life
from services.incentives.policy import stored_policy, version_id
from services.incentives.repository import POLICIES, VERSIONS, Library, today

_SCOPE: Final = Scope.system("versions that begin")


async def bring_up_to_date(ports: Ports, library: Library) -> int:
    """Let the records of policies tell of the versions that are in effect today; of how many they did not yet."""
    overdue = library.overdue(today(ports))
    for id in overdue:
        with suppress(Stale):  # somebody acts on it, or another replica does the same
            await _bring_up_to_date(ports, id)
    if overdue:
        await library.refresh()
    return len(overdue)


async def _bring_up_to_date(ports: Ports, id: str) -> None:
    record = await ports.store.get(POLICIES.name, _SCOPE, id)
    number = None if record is None else Life.stored(record.body).told_on(today(ports))
    if record is None or number is None or record.body["document"]["version"] == number:
        return
    version = await ports.store.get(VERSIONS.name, _SCOPE, version_id(id, number))
    if version is not None:
        policy = stored_policy(version.body["document"], id)
        await ports.store.save(POLICIES.name, record.with_body(record.body | described(policy)))
