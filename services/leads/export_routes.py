"""The export API, and long work of every kind: a list in, a job out, a file when it is done."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Request, Response

from kit.auth import Principal
from kit.errors import Conflict, Forbidden, RangeNotSatisfiable
from kit.ports import Ports
from kit.store.port import Record
from kit.web import OwnPorts
from operating.idempotency import IdempotencyKey, idempotency_key
from services.leads import exports, imports, schemas
from services.leads.errors import ExportNotFound
from services.leads.export_table import MEDIA_TYPES
from services.leads.queries import ExportInput
from services.leads.routes import OFFICERS, Reader

router = APIRouter()

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_BYTES: dict[int | str, dict[str, Any]] = {
    code: {"content": {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES.values()}}
    for code in (200, 206)
}


@router.post("/exports", status_code=202, response_model=schemas.ExportSummary, summary="导出线索")
async def request_export(
    reader: Reader, request: Request, body: ExportInput, key: IdempotencyKey, ports: OwnPorts, response: Response
) -> dict[str, Any]:  # fmt: skip
    """Write a list into a file; the job says how it goes."""
    record = await exports.request_export(ports, reader, body, key)
    request.app.state.exporter.wake()
    response.headers["Location"] = f"/api/v1/jobs/{record.id}"
    return _summary(record)


@router.get("/exports/{id}", response_model=schemas.ExportSummary, summary="一次导出")
async def read_export(id: str, reader: Reader, ports: OwnPorts) -> dict[str, Any]:
    """One's own export."""
    return _summary(await exports.load_export(ports, reader, id))


@router.get("/exports/{id}/file", summary="下载导出的文件", response_class=Response, responses=_BYTES)
async def read_file(
    id: str,
    reader: Reader,
    ports: OwnPorts,
    wanted: Annotated[str | None, Header(alias="Range", max_length=100)] = None,
) -> Response:
    """The file, or a range of it.

    Raises:
        Conflict: it is not written yet, or never will be.
        RangeNotSatisfiable: the range begins after the end.
    """
    body = (await exports.load_export(ports, reader, id)).body
    if body["state"] != "finished":
        raise Conflict(body["detail"] or "文件还没有生成好，请稍候再下载。")
    size: int = body["size"]
    start, end = _range(wanted, size)
    content = await ports.blobs.open(body["blob"], start, end)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(body['file_name'])}",
    }
    whole = (start, end) == (0, size)
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(content, 200 if whole else 206, headers, MEDIA_TYPES[body["wish"]["format"]])


@router.get("/jobs/{id}", response_model=schemas.Job, summary="长任务进度")
async def read_job(id: str, reader: Reader, ports: OwnPorts) -> dict[str, Any]:
    """How far long work is."""
    export = await _export(ports, reader, id)
    return job_of(export, "export") if export else job_of(await imports.load_import(ports, reader.scope, id), "import")


@router.delete("/jobs/{id}", response_model=schemas.Job, summary="取消长任务", dependencies=[Depends(idempotency_key)])
async def cancel_job(id: str, reader: Reader, ports: OwnPorts) -> dict[str, Any]:
    """Stop after the rows under way; cancelling what has ended changes nothing.

    Raises:
        Forbidden: it is an import, and the role imports nothing.
    """
    if await _export(ports, reader, id):
        return job_of(await exports.cancel_export(ports, reader, id), "export")
    if reader.role not in OFFICERS:
        raise Forbidden("您的账号不能停止导入；如确需停止，请联系发起导入的同事。")
    return job_of(await imports.cancel_import(ports, reader, id), "import")


def job_of(record: Record, kind: str) -> dict[str, Any]:
    """Long work as the API shows it."""
    body = record.body
    return {
        "id": record.id,
        "kind": kind,
        "state": body["state"],
        "progress": {"done": body["done"], "total": body["total"]},
        "detail": body["detail"],
        "created_at": body["created_at"],
        "finished_at": body["finished_at"],
    }


def _summary(record: Record) -> dict[str, Any]:
    return job_of(record, "export") | {name: record.body[name] for name in ("file_name", "size", "expires_at")}


async def _export(ports: Ports, reader: Principal, id: str) -> Record | None:
    try:
        return await exports.load_export(ports, reader, id)
    except ExportNotFound:
        return None


def _range(wanted: str | None, size: int) -> tuple[int, int]:
    """The first range that was asked for, to before its end; everything where none is understood."""
    found = _RANGE.fullmatch(wanted or "")
    if found is None:
        return 0, size
    start, end = int(found[1]), min(int(found[2] or size), size - 1) + 1
    if start >= min(end, size):
        raise RangeNotSatisfiable("要下载的范围超出了文件，请重新下载。", headers={"Content-Range": f"bytes */{size}"})
    return start, end
