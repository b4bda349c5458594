"""Exports: a list as a file, written beside the service, kept for seven days, for the one who asked alone."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from opentelemetry.context import Context

from kit.auth import PUBLIC, Principal
from kit.clock import SHANGHAI, to_text
from kit.courtesy import giving_way
from kit.errors import AlreadyExists, IdempotencyMismatch, Stale, tells_of_full_disk
from kit.events import Event
from kit.ports import Ports
from kit.store.port import Clause, Eq, In, Range, Record, Scope
from kit.telemetry import failed, span
from operating.ids import derive_id
from services.leads.auditing import told
from services.leads.errors import ExportNotFound
from services.leads.export_table import Table, open_table, row_of
from services.leads.model import CITY
from services.leads.queries import ExportInput, LeadFilter, sort_of
from services.leads.repository import EXPORTS, INVESTORS, LEADS, events_of, lead_from, stored

log = logging.getLogger(__name__)

_WORK = Scope.system("exports")
KEPT = timedelta(days=7)
MOST = 20_000
STEP = 200
UNFINISHED = ("queued", "running")
UNEXPECTED = "导出时出现意外错误，请重新导出；仍不行请告诉管理员。"
DISK_FULL = "服务器磁盘空间不足，没有生成文件；请告诉管理员，清理以后重新导出。"


async def request_export(ports: Ports, principal: Principal, wanted: ExportInput, key: str) -> Record:
    """Queue the work; the same key and wish give the same export.

    Raises:
        IdempotencyMismatch: the key was used for another wish.
        BadRequest: there is no such order.
    """
    sort_of(wanted.sort)
    id = derive_id(ports.secret, principal.account, "POST /exports", key)
    now = ports.clock.now()
    wish = wanted.model_dump(mode="json")
    file_name = f"线索-{now.astimezone(SHANGHAI):%Y%m%d}.{wanted.format}"
    body = {
        "requester": principal.account,
        "scope": sorted(principal.readers - {PUBLIC}),
        "wish": wish,
        "file_name": file_name,
        "state": "queued",
        "done": 0,
        "total": None,
        "detail": None,
        "blob": None,
        "size": None,
        "created_at": to_text(now),
        "finished_at": None,
        "expires_at": to_text(now + KEPT),
    }
    events = _told(ports, principal, "leads.exported", id, 1, file_name)
    try:
        return await ports.store.save(EXPORTS.name, stored(id, body, principal.readers - {PUBLIC}), events)
    except AlreadyExists:
        record = await load_export(ports, principal, id)
        if record.body["wish"] != wish:
            raise IdempotencyMismatch("这个 Idempotency-Key 已用于另一次导出，请换一个新的再提交。") from None
        return record


async def load_export(ports: Ports, principal: Principal, id: str) -> Record:
    """One's own export.

    Raises:
        ExportNotFound: there is none, it is somebody else's, or it expired.
    """
    record = await ports.store.get(EXPORTS.name, principal.scope, id)
    expired = record is not None and record.body["expires_at"] <= to_text(ports.clock.now())
    if record is None or expired or record.body["requester"] != principal.account:
        raise ExportNotFound("没有这次导出，或已超过 7 天被清理，请重新导出。")
    return record


async def cancel_export(ports: Ports, principal: Principal, id: str) -> Record:
    """Stop after the rows under way; nothing is kept."""
    while True:
        record = await load_export(ports, principal, id)
        if record.body["state"] not in UNFINISHED:
            return record
        ended = {"state": "cancelled", "finished_at": to_text(ports.clock.now()), "detail": "已取消，没有生成文件"}
        events = _told(ports, principal, "leads.export_cancelled", id, record.revision + 1, record.body["file_name"])
        with suppress(Stale):
            return await ports.store.save(EXPORTS.name, record.with_body(record.body | ended), events)


def _told(ports: Ports, by: Principal, what: str, id: str, revision: int, file_name: str) -> tuple[Event, ...]:
    office = by.zones[0] if len(by.zones) == 1 else CITY
    return events_of(ports, id, revision, told(ports, by, what, f"export:{id}", office=office, label=file_name))


async def expire(ports: Ports) -> None:
    """Forget exports whose time is over, and their files."""
    over: list[Clause] = [Range("expires_at", None, to_text(ports.clock.now()))]
    async for record in ports.store.scan(EXPORTS.name, _WORK, over):
        await _drop(ports, record)


async def drop_readable_by(ports: Ports, readers: frozenset[str]) -> None:
    """Forget the exports of whoever could read a record that must leave every file; they may export again."""
    async for record in ports.store.scan(EXPORTS.name, Scope.of(readers)):
        await _drop(ports, record)


async def _drop(ports: Ports, record: Record) -> None:
    await ports.store.erase(EXPORTS.name, record.id)
    if (blob := record.body["blob"]) and not await _count(ports, _WORK, EXPORTS.name, [Eq("blob", blob)]):
        await ports.blobs.delete(blob)


async def run_exports(ports: Ports) -> None:
    """Write queued exports one after another, and begin anew what a restart interrupted."""
    async for record in ports.store.scan(EXPORTS.name, _WORK, [In("state", UNFINISHED)]):
        with span(ports.service, "export", under=Context()) as own:
            try:
                await run_export(ports, record)
            except Exception as error:
                log.exception("export %s failed", record.id)
                failed(own, type(error).__name__)
                await _fail(ports, record.id, DISK_FULL if tells_of_full_disk(error) else UNEXPECTED)


async def run_export(ports: Ports, record: Record) -> None:
    """Write one export from its beginning."""
    scope, wish = Scope.of(record.body["scope"]), record.body["wish"]
    where = LeadFilter(**{name: wish[name] for name in LeadFilter.model_fields}).clauses()
    total = await _count(ports, scope, LEADS.name, where)
    if total > MOST:
        await _fail(ports, record.id, f"共 {total:,} 条，一次最多导出 {MOST:,} 条；请先用筛选缩小范围。")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        table = open_table(path, wish["format"], record.id)
        try:
            filled = await _fill(ports, record, table, scope, where, total)
        finally:
            await _to_its_end(table.close)
        if not filled:
            return
        content = await asyncio.to_thread(path.read_bytes)
    blob = await ports.blobs.put(content)
    ended = {"state": "finished", "blob": blob, "size": len(content), "finished_at": to_text(ports.clock.now())}
    if not await _update(ports, record.id, ended):
        await ports.blobs.delete(blob)


async def _fill(ports: Ports, record: Record, table: Table, scope: Scope, where: list[Clause], total: int) -> bool:
    """Write all rows, a page at a time; False where the export was cancelled meanwhile."""
    done, cursor = 0, None
    order = sort_of(record.body["wish"]["sort"])
    while True:
        async with giving_way():
            page = await ports.store.find(LEADS.name, scope, where, sort=order, limit=STEP, cursor=cursor)
            leads = [lead_from(each) for each in page.records]
            codes = await _codes(ports, scope, {lead.investor.id for lead in leads})
            rows = [row_of(lead, codes.get(lead.investor.id)) for lead in leads]
            await _to_its_end(table.add, rows)
        done, cursor = done + len(rows), page.next
        if not await _update(ports, record.id, {"state": "running", "done": done, "total": max(total, done)}):
            return False
        if cursor is None or done >= MOST:
            return True


async def _to_its_end(call: Callable[..., None], *args: object) -> None:
    """In a thread, which nothing stops: who is cancelled waits for it, so that a file has one writer and is closed."""
    work = asyncio.create_task(asyncio.to_thread(call, *args))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


async def _codes(ports: Ports, scope: Scope, ids: set[str]) -> dict[str, str | None]:
    page = await ports.store.find(INVESTORS.name, scope, [In("id", tuple(sorted(ids)))], limit=max(1, len(ids)))
    return {record.id: record.body["code"] for record in page.records}


async def _count(ports: Ports, scope: Scope, collection: str, where: list[Clause]) -> int:
    return sum(each.count for each in await ports.store.tally(collection, scope, where))


async def _update(ports: Ports, id: str, changes: dict[str, Any]) -> bool:
    """Note progress; False where the export was cancelled meanwhile."""
    while True:
        record = await ports.store.get(EXPORTS.name, _WORK, id)
        if record is None or record.body["state"] not in UNFINISHED:
            return False
        with suppress(Stale):
            await ports.store.save(EXPORTS.name, record.with_body(record.body | changes))
            return True


async def _fail(ports: Ports, id: str, detail: str) -> None:
    await _update(ports, id, {"state": "failed", "detail": detail, "finished_at": to_text(ports.clock.now())})
