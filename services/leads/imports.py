"""Ledger imports: long work as an aggregate, resumable after any row, one event at the end.

A row's lead has an id of its import and row, so that a row done twice is the same lead; a row that repeats
a lead of this office is linked to it.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import Counter
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from opentelemetry.context import Context, get_current

from contracts.audit import AuditedChange
from contracts.leads import ImportCounts, ImportFinished
from kit.auth import Principal
from kit.clock import to_text
from kit.courtesy import giving_way
from kit.errors import AlreadyExists, IdempotencyMismatch, Problem, Stale, tells_of_full_disk
from kit.ports import Ports
from kit.store.port import Eq, In, Record, Scope, Write
from kit.telemetry import failed, span
from operating.ids import content_digest, derive_id
from services.leads.auditing import SYSTEM, told
from services.leads.commands import office_of
from services.leads.errors import ImportNotFound
from services.leads.import_rows import RowDone, import_row
from services.leads.ledger import Ledger, LedgerError, LedgerRow, read_ledger
from services.leads.model import CITY
from services.leads.repository import IMPORT_ROWS, IMPORTS, events_of, stored

log = logging.getLogger(__name__)

_WORK = Scope.system("ledger import")
BATCH = 25
UNFINISHED = ("queued", "running")
ENDED = ("finished", "failed", "cancelled")
UNEXPECTED = "导入时出现意外错误，已导入的行保留；请重新导入同一文件，不会重复。"
DISK_FULL = "服务器磁盘空间不足，已导入的行保留；请告诉管理员，清理以后重新导入同一文件，不会重复。"


async def request_import(
    ports: Ports, principal: Principal, content: bytes, file_name: str, default_zone: str | None, key: str
) -> Record:
    """Keep the workbook and queue the work; the same key and file give the same import.

    Raises:
        IdempotencyMismatch: the key was used for another file.
    """
    id = derive_id(ports.secret, principal.account, "POST /imports", key)
    digest = content_digest(content)
    office = office_of(principal, default_zone)
    blob = await ports.blobs.put(id.encode() + content)
    body = {
        "importer": principal.account,
        "office": office,
        "default_zone": default_zone or (None if office == CITY else office),
        "file_name": shown_name(file_name),
        "blob": blob,
        "content_at": len(id),
        "digest": digest,
        "state": "queued",
        "done": 0,
        "total": None,
        "counts": ImportCounts().model_dump(),
        "detail": None,
        "created_at": to_text(ports.clock.now()),
        "finished_at": None,
    }
    readers = frozenset({"city"} if office == CITY else {"city", f"zone:{office}"})
    try:
        act = told(ports, principal, "import.requested", f"import:{id}", office=office)
        return await ports.store.save(IMPORTS.name, stored(id, body, readers), events_of(ports, id, 1, act))
    except AlreadyExists:
        record = await load_import(ports, _WORK, id)
        if record.body["state"] not in UNFINISHED:
            await ports.blobs.delete(blob)
        if record.body["digest"] != digest:
            raise IdempotencyMismatch("这个 Idempotency-Key 已用于另一个文件，请换一个新的再提交。") from None
        return record


def shown_name(file_name: str) -> str:
    """The name of a file as lists and messages show it: on one line, without what no message can hold."""
    return "".join(each for each in file_name if each.isprintable())[:200] or "台账"


async def load_import(ports: Ports, scope: Scope, id: str) -> Record:
    """One import.

    Raises:
        ImportNotFound: there is none that ``scope`` sees.
    """
    record = await ports.store.get(IMPORTS.name, scope, id)
    if record is None:
        raise ImportNotFound("没有这次导入，或您没有查看权限。")
    return record


async def cancel_import(ports: Ports, principal: Principal, id: str) -> Record:
    """Stop after the rows under way; leads already created stay."""
    while True:
        record = await load_import(ports, principal.scope, id)
        if record.body["state"] not in UNFINISHED:
            return record
        body = record.body | {
            "state": "cancelled",
            "finished_at": to_text(ports.clock.now()),
            "detail": "已取消，之前的行已导入",
        }
        act = told(ports, principal, "import.cancelled", f"import:{id}", office=body["office"])
        events = events_of(ports, id, record.revision + 1, act)
        with suppress(Stale):
            await ports.store.save(IMPORTS.name, record.with_body(body), events)
            return await drop_file(ports, id)


async def drop_file(ports: Ports, id: str) -> Record:
    """Delete the workbook of an import that has ended: people's numbers stand in it unsealed."""
    while True:
        record = await load_import(ports, _WORK, id)
        if record.body["state"] in UNFINISHED or record.body["blob"] is None:
            return record
        await ports.blobs.delete(record.body["blob"])
        with suppress(Stale):
            return await ports.store.save(IMPORTS.name, record.with_body(record.body | {"blob": None}))


async def drop_files(ports: Ports) -> None:
    """Delete the workbooks that a crash, or an earlier release, left behind."""
    async for record in ports.store.scan(IMPORTS.name, _WORK, [In("state", ENDED)]):
        await drop_file(ports, record.id)


async def run_imports(ports: Ports) -> None:
    """Run queued imports one after another, and those that a restart interrupted."""
    async for record in ports.store.scan(IMPORTS.name, _WORK, [In("state", UNFINISHED)]):
        with span(ports.service, "import", under=Context()) as own:
            try:
                await run_import(ports, record.id)
            except Exception as error:
                log.exception("import %s failed", record.id)
                failed(own, type(error).__name__)
                await _fail(ports, record.id, DISK_FULL if tells_of_full_disk(error) else UNEXPECTED)
            await drop_file(ports, record.id)


async def run_import(ports: Ports, id: str) -> None:
    """Do one import from where it stands."""
    record = await load_import(ports, _WORK, id)
    try:
        ledger = await _read(ports, record)
    except (LedgerError, Problem) as error:
        await _fail(ports, id, str(error))
        return
    if not await _update(ports, id, {"state": "running", "total": len(ledger)}):
        return
    rows, done = iter(ledger), 0
    while batch := [await _import_politely(ports, record, row) for row in islice(rows, BATCH)]:
        await _store_rows(ports, record, batch)
        done += len(batch)
        if not await _update(ports, id, {"done": done}):
            return
    await _finish(ports, id)


async def _import_politely(ports: Ports, record: Record, row: LedgerRow) -> RowDone:
    async with giving_way():
        with span(ports.service, "import row", under=Context(), causes=[get_current()]):  # a trace for each lead
            return await import_row(ports, record, row)


async def _read(ports: Ports, record: Record) -> Ledger:
    content = await ports.blobs.open(record.body["blob"], record.body.get("content_at", 0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"  # read by content, so that nothing of its name is needed
        await asyncio.to_thread(path.write_bytes, content)
        return await read_ledger(path)


async def _store_rows(ports: Ports, record: Record, rows: list[RowDone]) -> None:
    writes = [
        Write(
            IMPORT_ROWS.name,
            stored(
                f"{record.id}:{done.row:06d}",
                done.answer | {"import_id": record.id, "troubled": bool(done.answer["problems"])},
                record.readers,
            ),
        )
        for done in rows
    ]
    await ports.store.save_many(writes)


async def _update(ports: Ports, id: str, changes: dict[str, Any]) -> bool:
    """Note progress; False where the import was cancelled meanwhile."""
    while True:
        record = await load_import(ports, _WORK, id)
        if record.body["state"] not in UNFINISHED:
            return False
        with suppress(Stale):
            await ports.store.save(IMPORTS.name, record.with_body(record.body | changes))
            return True


async def _finish(ports: Ports, id: str) -> None:
    counts = await _count(ports, id)
    while True:
        record = await load_import(ports, _WORK, id)
        if record.body["state"] not in UNFINISHED:
            return
        body = record.body | {
            "state": "finished",
            "counts": counts.model_dump(),
            "finished_at": to_text(ports.clock.now()),
        }
        event = ImportFinished(
            import_id=id,
            importer=body["importer"],
            readers=sorted(record.readers),
            file_name=body["file_name"],
            counts=counts,
        )
        done = [AuditedChange(field=name, after=str(count)) for name, count in counts.model_dump().items()]
        act = told(ports, SYSTEM, "import.finished", f"import:{id}", office=body["office"], changes=done)
        events = events_of(ports, id, record.revision + 1, event, act)
        with suppress(Stale):
            await ports.store.save(IMPORTS.name, record.with_body(body), events)
            return


async def _count(ports: Ports, id: str) -> ImportCounts:
    where = [Eq("import_id", id)]
    tallies = await ports.store.tally(IMPORT_ROWS.name, _WORK, where, group_by="result")
    troubled = await ports.store.tally(IMPORT_ROWS.name, _WORK, [*where, Eq("troubled", True)])
    by_result = Counter({str(tally.group): tally.count for tally in tallies})
    return ImportCounts(
        rows=by_result.total(),
        created=by_result["created"],
        linked=by_result["linked"],
        refused=by_result["refused"],
        with_problems=troubled[0].count,
    )


async def _fail(ports: Ports, id: str, detail: str) -> None:
    await _update(ports, id, {"state": "failed", "detail": detail, "finished_at": to_text(ports.clock.now())})
