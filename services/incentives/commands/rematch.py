"""Matching again what the catalogue or the date has overtaken, shared out among replicas (``docs/adr/0024``)."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from opentelemetry.context import Context

from kit.courtesy import giving_way, step_aside
from kit.ports import Ports
from kit.store.port import BriefPage, Eq, Record, Scope, Write
from kit.telemetry import span
from operating.ids import random_id
from operating.leading import LeaseLost, under_lease
from services.incentives.commands.matches import KEPT, matched
from services.incentives.repository import MATCHES, Library, basis_of, overtaken_by, part_of, stored_facts, today
from services.incentives.settings import SERVICE

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=15)
"""After so long another replica takes over what one that died was at."""
_SCOPE: Final = Scope.system("matching leads again")
_SLICE: Final = 5
"""Matches saved together; the loop serves others after each, and before they are saved."""
_PAGE: Final = 10_000
_PAUSE: Final = 1.0


class Unmatched(RuntimeError):
    """Some leads could not be matched again; all others were."""


async def rematch(ports: Ports, library: Library) -> int:
    """Match again every lead whose match was made from other policies than count today; how many this replica did.

    Replicas that are at it together share the work; each returns when nothing is left.

    Raises:
        Unmatched: some leads could not be matched.
    """
    await library.catch_up()
    share = Share(ports, library)
    left = await share.overtaken()
    while left:
        busy = {part: marks for part, marks in left.items() if not await share.take(part, marks)}
        if len(busy) == len(left):
            await asyncio.sleep(_PAUSE)
        left = busy
    if share.failed:
        raise Unmatched(f"{share.failed} leads could not be matched again")
    return share.done


@dataclass(slots=True)
class Share:
    """What one replica does of it."""

    ports: Ports
    library: Library
    done: int = 0
    failed: int = 0
    name: str = field(default_factory=random_id)

    async def overtaken(self) -> dict[int, list[str]]:
        """The marks of what is to be matched again, by part."""
        parts: dict[int, list[str]] = defaultdict(list)
        for where in overtaken_by(self._basis):
            for found in await self.ports.store.tally(MATCHES.name, _SCOPE, (where,), group_by="basis"):
                mark = str(found.group)
                parts[part_of(mark)].append(mark)
        return parts

    async def take(self, part: int, marks: Sequence[str]) -> bool:
        """Match a part again; False while another replica is at it."""
        name, holder = f"{SERVICE}-rematch-{part}", f"{self.ports.settings.replica}:{self.name}"
        try:
            return await under_lease(self.ports.leases, name, holder, LEASE, partial(self._match_again, marks))
        except LeaseLost:
            return False

    async def _match_again(self, marks: Sequence[str]) -> None:
        for mark in marks:
            page = await self._page(mark)
            await self._save_all(page)
            while page.next is not None:
                page = await self._page(mark, page.next)
                await self._save_all(page)

    async def _page(self, mark: str, cursor: str | None = None) -> BriefPage:
        """The leads with this mark: by id, which costs the same on every store, and not yet what is known of them."""
        return await self.ports.store.find_briefs(
            MATCHES.name, _SCOPE, (Eq("basis", mark),), limit=_PAGE, cursor=cursor
        )

    async def _save_all(self, page: BriefPage) -> None:
        ids = [brief.id for brief in page.briefs]
        for start in range(0, len(ids), _SLICE):
            async with giving_way():
                await self.save(ids[start : start + _SLICE])

    async def save(self, ids: Sequence[str]) -> None:
        """Match these leads as far as nobody has meanwhile, and store what nobody else stores first."""
        records = await asyncio.gather(*(self.ports.store.get(MATCHES.name, _SCOPE, id) for id in ids))
        writes = []
        for record in records:
            await step_aside()
            if record is not None and (write := self.write(record)) is not None:
                writes.append(write)
        await step_aside()
        outcomes = await self.ports.store.save_many(writes)
        self.done += sum(isinstance(outcome, Record) for outcome in outcomes)

    def write(self, record: Record) -> Write | None:
        """A lead's new match; None where it has one, or cannot be matched, which is no reason to leave out others."""
        if basis_of(record.body["basis"]) == self._basis:
            return None
        try:
            facts = stored_facts(record.body["facts"])
            lead = {name: record.body[name] for name in (*KEPT, "facts", "sequence")}
            with span(SERVICE, "rematch", under=Context()):  # a trace for each lead, not one of a million spans
                return matched(self.ports, self.library, record, lead, facts, record.readers)
        except Exception:
            if not self.failed:
                log.exception("lead %s could not be matched again, nor perhaps others", record.id)
            self.failed += 1
            return None

    @property
    def _basis(self) -> str:
        return self.library.basis(today(self.ports))
