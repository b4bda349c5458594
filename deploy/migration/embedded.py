"""The files of one machine as an end of a move: put aside when they have moved, put together aside when they arrive."""

from __future__ import annotations

import asyncio
from pathlib import Path

from deploy.migration.collections import COLLECTIONS
from deploy.migration.documents import Documents
from deploy.migration.errors import GONE, MoveRefused
from deploy.migration.files import Files, FolderFiles
from deploy.migration.journal import EndName, Journal
from deploy.migration.log import Log
from deploy.migration.sqlite_documents import SqliteDocuments
from deploy.migration.sqlite_log import SqliteLog
from kit.failpoints import failpoint
from kit.settings import Settings

ARRIVING = "arriving"
"""The folder in which an installation is put together, so that nobody starts half of one."""
DATABASES = (*(f"{service}.db" for service in COLLECTIONS), "bus.db")
BLOBS = "blobs"


class Embedded:
    """Databases and files: of ``home`` where they are to leave it, of a folder in it where they arrive."""

    name: EndName = "embedded"

    def __init__(self, settings: Settings, *, arriving: bool = False) -> None:
        self._home = settings.data
        self._folder = self._home / ARRIVING if arriving else self._home
        own = {"store_url": "sqlite:", "bus_url": "sqlite:", "blob_url": "folder:", "data": self._folder}
        self.settings = settings.model_copy(update=own)

    def documents(self, service: str) -> Documents:
        """One file a service."""
        return SqliteDocuments(self._folder / f"{service}.db")

    def files(self, service: str, secret: bytes) -> Files:
        """One folder a service."""
        return FolderFiles(self._folder / BLOBS / service, secret)

    def log(self) -> Log:
        """One file."""
        return SqliteLog(self._folder / "bus.db")

    async def check_source(self) -> None:
        """All databases are there, and no partition beyond those that the target will have; the lock tells the rest."""
        if missing := [name for name in DATABASES if not (self._home / name).exists()]:
            raise MoveRefused(f"{self._home} 里没有可迁移的数据（缺 {'、'.join(missing)}）。请核对 QUCE_DATA。")
        highest = await asyncio.to_thread(self._highest_partition)
        if highest >= self.settings.partitions:
            raise MoveRefused(
                f"事件已用到分区 {highest}，而 QUCE_PARTITIONS={self.settings.partitions}。"
                "请把它设成这套数据原来的分区数，两端要一样。"
            )

    async def check_target(self, journal: Journal | None) -> None:
        """Nothing is in the way."""
        if found := _parts(self._home):
            raise MoveRefused(
                f"{self._home} 里已有 {'、'.join(path.name for path in found)}。迁移不会覆盖已有数据："
                "请把它们移到别处，或用 QUCE_DATA 换一个目录（带上 keys/ mail/ anchor/）。"
            )
        if journal is None and self._folder.exists():
            raise MoveRefused(f"{self._folder} 是另一次没有做完的迁移留下的。确认不再需要后删除它，再从头迁移。")
        if journal is not None and journal.verified and not self._folder.exists():
            raise MoveRefused(GONE)

    async def begin(self, journal: Journal) -> None:  # noqa: ARG002 - the folder is of no other move
        """Make the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)

    async def settle_source(self, journal: Journal) -> str:
        """Move it aside, so that nobody starts it beside the cluster."""
        aside = self._home / f"before-cluster-{journal.started_at[:19].replace(':', '').replace('-', '')}"
        aside.mkdir(exist_ok=True)
        journal.keep(aside)
        _move(self._home, aside)
        return f"原来的数据文件已移到 {aside}，确认无误后可以归档或删除。"

    async def settle_target(self, journal: Journal) -> None:  # noqa: ARG002 - nothing of it is needed
        """Move it into place."""
        if self._folder.exists():
            _move(self._folder, self._home)
            self._folder.rmdir()

    def _highest_partition(self) -> int:
        log = self.log()
        try:
            return max((partition for _, partition in log.spans()), default=0)
        finally:
            log.close()


def _parts(folder: Path) -> list[Path]:
    """What there is of an installation, the log that SQLite has yet to bring into a file with it."""
    databases = [path for name in DATABASES for path in sorted(folder.glob(f"{name}*"))]
    return [*databases, *(path for path in [folder / BLOBS] if path.exists())]


def _move(source: Path, target: Path) -> None:
    """Rename part by part; what an interrupted move has renamed is there already."""
    for path in _parts(source):
        path.rename(target / path.name)
        failpoint("migrate.renamed")
