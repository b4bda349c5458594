"""Backups as long work of the edge: asked for by an administrator or due at night, made one after another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from gateway.auditing import audited, to_save
from gateway.errors import BackupUnavailable
from gateway.settings import ADMINISTRATORS
from kit.auth import Principal
from kit.clock import SHANGHAI, to_text
from kit.errors import AlreadyExists, NotFound, Problem, Stale, StoreFull, tells_of_full_disk
from kit.ports import Ports
from kit.store.port import Collection, Eq, In, Index, Page, Record, Scope, Sort
from operating.ending import end
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id
from operating.jobs import Schedule, daily

log = logging.getLogger(__name__)

BACKUPS = Collection("backups", (Index("created_at"), Index("state"), Index("origin")))
MANUAL, NIGHTLY = "manual", "nightly"
UNFINISHED = ("queued", "running")
CUT_SHORT = "服务在备份完成前停止，这份备份没有做成；请再做一次。"
AGAIN = 5.0
_WORK = Scope.system("making backups")

Progress = Callable[[int, int], None]


class Make(Protocol):
    """Makes one backup file, in a worker thread."""

    def __call__(self, target: Path, progress: Progress, /) -> int:
        """The bytes of what was backed up; a problem or ``RuntimeError`` says why there is none."""
        ...


def unavailable(_target: Path, _progress: Progress, /) -> int:
    """Where the stores are no files: their own tools back them up.

    Raises:
        BackupUnavailable: always.
    """
    raise BackupUnavailable("这套安装的数据不在本机文件里，请用数据库自带的工具备份。")


def backup_name(origin: str, instant: datetime) -> str:
    """The name of a backup's file: why and when it was made."""
    return f"quce-{origin}-{instant.astimezone(SHANGHAI):%Y%m%d-%H%M%S-%f}.tar"


class Backups:
    """Queues backups and makes them in the background."""

    def __init__(self, ports: Ports, make: Make) -> None:
        self._ports, self._make = ports, make
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def schedules(self) -> tuple[Schedule, ...]:
        """The nightly one, where the office set an hour for it."""
        at = self._ports.settings.backup_at
        return () if at is None else (Schedule("backup", daily(at), self._nightly),)

    async def request(self, by: Principal, key: str) -> Record:
        """Queue one; the same key gives the same."""
        id = derive_id(self._ports.secret, by.account, "POST /backups", key)
        request = RequestKey.of(key, {}, "backup")
        fresh = remember(self._fresh(id, MANUAL, by.account), request, {"id": id})
        events = to_save(self._ports, id, 1, audited(self._ports, by, "backup.requested", f"backup:{id}"))
        try:
            record = await self._ports.store.save(BACKUPS.name, fresh, events)
        except AlreadyExists:
            record = await self.read(id)
            replay(record, request)
        self._wake.set()
        return record

    async def read(self, id: str, scope: Scope = _WORK) -> Record:
        """One backup.

        Raises:
            NotFound: there is none of this id.
        """
        record = await self._ports.store.get(BACKUPS.name, scope, id)
        if record is None:
            raise NotFound("没有这次备份；请返回列表重新选择。")
        return record

    async def list(self, scope: Scope, limit: int, cursor: str | None) -> Page:
        """Backups, newest first."""
        newest = Sort("created_at", descending=True)
        return await self._ports.store.find(BACKUPS.name, scope, sort=newest, limit=limit, cursor=cursor)

    async def start(self) -> None:
        """Close what an earlier process left half done, then begin to make what is queued."""
        async for record in self._ports.store.scan(BACKUPS.name, _WORK, [Eq("state", "running")]):
            await self._note(record.id, state="failed", detail=CUT_SHORT, finished_at=self._now())
        self._task = asyncio.create_task(self._forever(), name="gateway-backups")

    async def stop(self) -> None:
        """Stop; a backup under way has no file yet and is closed at the next start."""
        self._stopping = True
        await end(self._task)

    async def _nightly(self, slot: datetime) -> None:
        id = derive_id(self._ports.secret, "schedule", "backup", to_text(slot))
        with suppress(AlreadyExists):
            await self._ports.store.save(BACKUPS.name, self._fresh(id, NIGHTLY, ""))
        self._wake.set()

    async def _forever(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._make_queued()
            except Exception:
                log.exception("backups stopped; trying again")
                await asyncio.sleep(1.0)
                continue
            await self._wake.wait()

    async def _make_queued(self) -> None:
        oldest = Sort("created_at")
        while (
            page := await self._ports.store.find(BACKUPS.name, _WORK, [In("state", ("queued",))], sort=oldest)
        ).records:
            for record in page.records:
                await self._make_one(record)

    async def _make_one(self, record: Record) -> None:
        origin = record.body["origin"]
        target = self._ports.settings.backup_folder / backup_name(origin, self._ports.clock.now())
        await self._note(record.id, state="running")
        progress: dict[str, int | None] = {"done": 0, "total": None}

        def note(done: int, total: int) -> None:
            if self._stopping:
                raise RuntimeError(CUT_SHORT)
            progress.update(done=done, total=total)

        telling = asyncio.create_task(self._tell(record.id, progress))
        try:
            size = await asyncio.to_thread(self._make, target, note)
        except Exception as error:
            log.exception("a backup failed")
            ended: dict[str, Any] = {"state": "failed", "detail": _why(error)}
        else:
            ended = {"state": "finished", "file": str(target), "size": size}
        finally:
            await end(telling)
        await self._note(record.id, **ended, **progress, finished_at=self._now())
        if origin == NIGHTLY and ended["state"] == "finished":
            await asyncio.to_thread(self._forget_old)

    async def _tell(self, id: str, progress: dict[str, int | None]) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self._note(id, **progress)

    def _forget_old(self) -> None:
        """Keep the latest nightly ones."""
        kept = self._ports.settings.backup_keep
        for path in sorted(self._ports.settings.backup_folder.glob(f"quce-{NIGHTLY}-*.tar"))[:-kept]:
            path.unlink(missing_ok=True)

    async def _note(self, id: str, **changes: Any) -> None:
        while True:
            record = await self.read(id)
            try:
                await self._ports.store.save(BACKUPS.name, record.with_body(record.body | changes))
                return
            except Stale:
                continue
            except StoreFull:  # how it ended is told once there is room for it
                await asyncio.sleep(AGAIN)

    def _fresh(self, id: str, origin: str, requester: str) -> Record:
        body = {
            "origin": origin,
            "requester": requester,
            "state": "queued",
            "done": 0,
            "total": None,
            "file": None,
            "size": None,
            "detail": None,
            "created_at": self._now(),
            "finished_at": None,
        }
        return Record(id, body, frozenset({ADMINISTRATORS}))

    def _now(self) -> str:
        return to_text(self._ports.clock.now())


def _why(error: Exception) -> str:
    if tells_of_full_disk(error):
        return "磁盘空间不足，这次没有做成备份；请清理磁盘，或换一个备份目录（QUCE_BACKUPS），再做一次。"
    known = isinstance(error, RuntimeError | Problem)
    return str(error) if known else "备份时出现意外错误，已记入日志；请检查备份目录的空间和权限后再试。"
