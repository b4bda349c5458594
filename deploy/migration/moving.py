"""Moves an installation from one end to the other: documents and files of every service, then the log and positions.

Each part is copied, then computed anew at both ends and compared; what agrees is noted in the journal.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

from deploy.migration import documents, files, log
from deploy.migration.collections import COLLECTIONS
from deploy.migration.documents import Documents
from deploy.migration.ends import End
from deploy.migration.errors import GONE, MoveRefused
from deploy.migration.journal import Figure, Journal
from deploy.migration.log import START_AFRESH, Log
from deploy.migration.progress import Progress
from kit.failpoints import failpoint
from kit.leases import LEASES
from kit.store.port import Collection

USED_SINCE = (
    "迁移开始以后，源又运行过，已复制的部分不再可信。请停止它，清空目标，删除数据目录里的 migration.json，再从头迁移。"
)


class Closed(Protocol):
    """What is let go of at the end."""

    async def close(self) -> None:
        """Let go."""
        ...


C = TypeVar("C", bound=Closed)


@dataclass(slots=True)
class Move:
    """One move, noted in the journal of ``folder``; ``secret`` is the installation's."""

    source: End
    target: End
    journal: Journal
    folder: Path
    secret: bytes
    progress: Progress
    resumed: bool
    seconds: dict[str, float] = field(default_factory=dict)

    async def prepare(self) -> None:
        """Refuse what cannot be moved whole; begin, or go on where an interruption left off.

        Raises:
            MoveRefused: the source holds what this release does not know, or was used since the interruption.
        """
        await self._refuse_unknown()
        stamp = await self._stamp()
        if self.journal.stamp not in ("", stamp):
            raise MoveRefused(USED_SINCE)
        self.journal.stamp = stamp
        self.journal.keep(self.folder)
        await self.target.begin(self.journal)

    async def copy(self) -> None:
        """Copy and compare everything.

        Raises:
            MoveRefused: something differs.
        """
        for service, collections in COLLECTIONS.items():
            await self._copy_documents(service, collections)
            await self._copy_files(service)
        await asyncio.to_thread(self._copy_log)
        if self.resumed:
            await self._recount()
        if await self._stamp() != self.journal.stamp:
            raise MoveRefused(USED_SINCE)
        self.journal.whole = True
        self.journal.keep(self.folder)

    async def _refuse_unknown(self) -> None:
        for service, collections in COLLECTIONS.items():
            async with _closing(self.source.documents(service)) as source:
                unknown = await source.names() - {each.name for each in collections}
            if unknown:
                raise MoveRefused(
                    f"{service} 的数据里有本版本不认识的内容：{'、'.join(sorted(unknown))}。请用写入它的版本迁移。"
                )

    async def _stamp(self) -> str:
        """What changes as soon as any service runs at the source: its leases, and how long the log is."""
        parts = [str(sorted((await asyncio.to_thread(self._spans)).items()))]
        for service in COLLECTIONS:
            async with _closing(self.source.documents(service)) as source:
                await source.ensure(LEASES)
                parts.append((await documents.figure_of(source, LEASES)).checksum)
        return sha256("\n".join(parts).encode()).hexdigest()

    def _spans(self) -> dict[tuple[str, int], log.Span]:
        with closing(self.source.log()) as source:
            return source.spans()

    async def _copy_documents(self, service: str, collections: tuple[Collection, ...]) -> None:
        parts = {f"records/{service}/{each.name}": each for each in collections}
        if parts.keys() <= self.journal.verified.keys():
            return
        async with (
            _closing(self.source.documents(service)) as source,
            _closing(self.target.documents(service)) as target,
        ):
            for part, each in parts.items():
                if part not in self.journal.verified:
                    await self._copy_collection(part, source, target, each)

    async def _copy_collection(self, part: str, source: Documents, target: Documents, collection: Collection) -> None:
        for end in (source, target):
            await end.ensure(collection)
        self.progress.begin(part, await source.count(collection))
        with self._timed("records.copying"):
            await documents.copy_collection(source, target, collection, self.progress.advance)
        with self._timed("records.comparing"):
            held, kept = [await documents.figure_of(end, collection) for end in (source, target)]
        self._agree(part, held, kept)

    async def _copy_files(self, service: str) -> None:
        part = f"files/{service}"
        if part in self.journal.verified:
            return
        async with (
            _closing(self.source.files(service, self.secret)) as source,
            _closing(self.target.files(service, self.secret)) as target,
        ):
            self.progress.begin(part, len(await source.keys()))
            with self._timed("files"):
                await files.copy_files(source, target, self.progress.advance)
                held, kept = await files.figure_of(source), await files.figure_of(target)
            self._agree(part, held, kept)

    def _copy_log(self) -> None:
        """All of it in one thread, where the clients of the log are built and used."""
        with closing(self.source.log()) as source, closing(self.target.log()) as target:
            there = target.spans()
            for place, span in source.spans().items():
                part = f"events/{place[0]}/{place[1]}"
                if part in self.journal.verified:
                    continue
                self.progress.begin(part, span.end)
                with self._timed("events.copying"):
                    begun = there.get(place, log.Span(0, 0)).end
                    log.copy_partition(source, target, place, begun, span.end, self.progress.advance)
                with self._timed("events.comparing"):
                    held, kept = [log.figure_of(end, place, span.end) for end in (source, target)]
                self._agree(part, held, kept)
            self._copy_positions(source, target)

    def _copy_positions(self, source: Log, target: Log) -> None:
        positions, spans = source.positions(), source.spans()
        for group, offsets in positions.items():
            target.set_positions(group, offsets)
        if (target.positions(), target.spans()) != (positions, spans):
            raise MoveRefused(f"目标的消费位置或各分区的条数与源不同：有别的程序在用它。{START_AFRESH}")
        self.journal.unread = log.unread(positions, spans)
        self.journal.positions = {
            group: {f"{topic}/{partition}": offset for (topic, partition), offset in sorted(offsets.items())}
            for group, offsets in sorted(positions.items())
        }

    async def _recount(self) -> None:
        """See that what an earlier run has verified is still there."""
        for service, collections in COLLECTIONS.items():
            async with _closing(self.target.documents(service)) as target:
                for each in collections:
                    await target.ensure(each)
                    if await target.count(each) != self.journal.verified[f"records/{service}/{each.name}"].count:
                        raise MoveRefused(GONE)

    def _agree(self, part: str, held: Figure, kept: Figure) -> None:
        """Note a part that is the same at both ends."""
        if held != kept:
            counts = f"源 {held.count} 条，目标 {kept.count} 条"
            same = "" if held.count != kept.count else "，内容不同"
            raise MoveRefused(f"{part} 两端不一致（{counts}{same}）：迁移时有别的程序在用其中一端。{START_AFRESH}")
        self.journal.verified[part] = held
        self.journal.keep(self.folder)
        failpoint(f"migrate.{part.partition('/')[0]}")

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - begun


@asynccontextmanager
async def _closing(part: C) -> AsyncIterator[C]:
    try:
        yield part
    finally:
        await part.close()
