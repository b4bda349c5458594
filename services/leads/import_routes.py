"""The import API: a workbook in, a job out, its rows when it is done."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from contracts.vocabulary.zones import ZoneId
from kit.errors import Invalid, TooLarge
from kit.store.port import Clause, Eq, Record, Sort
from kit.web import OwnPorts, PageOf
from operating.idempotency import IdempotencyKey
from services.leads import imports, schemas
from services.leads.export_routes import job_of
from services.leads.repository import IMPORT_ROWS, IMPORTS
from services.leads.routes import Officer, Pages, Reader

router = APIRouter()

UPLOAD_LIMIT = 20 * 1024 * 1024 + 64 * 1024
FILE_LIMIT = 20 * 1024 * 1024


@router.post("/imports", status_code=202, response_model=schemas.ImportSummary, summary="导入台账")
async def request_import(
    officer: Officer,
    request: Request,
    key: IdempotencyKey,
    ports: OwnPorts,
    response: Response,
    file: Annotated[UploadFile, File(description="xlsx、xls 或 ods 工作簿，不超过 20 MB")],
    default_zone: Annotated[ZoneId | None, Form(description="没有写意向落户区的行归到哪个区")] = None,
) -> dict[str, Any]:
    """Take a ledger workbook; the job says how it goes."""
    content = await file.read()
    if not content:
        raise Invalid("文件是空的，请重新选择台账文件。")
    if len(content) > FILE_LIMIT:
        raise TooLarge("文件超过 20 MB，请拆成几个工作簿分别导入。")
    record = await imports.request_import(ports, officer, content, file.filename or "台账.xlsx", default_zone, key)
    request.app.state.importer.wake()
    response.headers["Location"] = f"/api/v1/jobs/{record.id}"
    return _summary(record)


@router.get("/imports", response_model=PageOf[schemas.ImportSummary], summary="导入记录")
async def list_imports(reader: Reader, ports: OwnPorts, paging: Pages) -> dict[str, Any]:
    """Imports of one's offices, latest first."""
    order = Sort("created_at", descending=True)
    page = await ports.store.find(IMPORTS.name, reader.scope, sort=order, limit=paging.limit, cursor=paging.cursor)
    return {"items": [_summary(record) for record in page.records], "next": page.next}


@router.get("/imports/{id}", response_model=schemas.ImportSummary, summary="一次导入")
async def read_import(id: str, reader: Reader, ports: OwnPorts) -> dict[str, Any]:
    """One import."""
    return _summary(await imports.load_import(ports, reader.scope, id))


@router.get("/imports/{id}/rows", response_model=PageOf[schemas.ImportRow], summary="导入逐行结果")
async def list_rows(
    id: str,
    reader: Reader,
    ports: OwnPorts,
    paging: Pages,
    result: Literal["created", "linked", "refused"] | None = None,
    troubled: bool | None = None,
) -> dict[str, Any]:
    """How each row ended, in the order of the sheet."""
    await imports.load_import(ports, reader.scope, id)
    where: list[Clause] = [Eq("import_id", id)]
    if result is not None:
        where.append(Eq("result", result))
    if troubled is not None:
        where.append(Eq("troubled", troubled))
    page = await ports.store.find(
        IMPORT_ROWS.name, reader.scope, where, sort=Sort("row"), limit=paging.limit, cursor=paging.cursor
    )
    rows = [{name: record.body[name] for name in schemas.ImportRow.model_fields} for record in page.records]
    return {"items": rows, "next": page.next}


def _summary(record: Record) -> dict[str, Any]:
    names = ("file_name", "importer", "counts")
    return job_of(record, "import") | {"import_id": record.id, **{name: record.body[name] for name in names}}
