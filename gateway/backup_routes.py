"""The API of backups: administrators ask for one, follow it, and learn where it lies; its content never leaves here."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from gateway.backups import Backups
from gateway.routes import CHECKED, Cursor, Id, Limit, administrator_for
from gateway.settings import ADMINISTRATORS, API
from kit.auth import Principal
from kit.store.port import Record, Scope
from kit.web import Answer, PageOf, StrictModel
from operating.idempotency import IdempotencyKey

router = APIRouter(prefix=API, tags=["backups"])
ADMINISTRATION = Scope.of({ADMINISTRATORS})


class BackupRequest(StrictModel):
    """Nothing is to be chosen: a backup is of everything but the keys."""


class BackupProgress(Answer):
    """Bytes done, and in all where that is known."""

    done: int
    total: int | None


class BackupJob(Answer):
    """A backup, under way or ended; ``file`` is where it lies on the server."""

    id: str
    kind: Literal["backup"]
    origin: Literal["manual", "nightly"]
    state: Literal["queued", "running", "finished", "failed"]
    progress: BackupProgress
    file: str | None
    size: int | None
    detail: str | None
    created_at: str
    finished_at: str | None


async def backups_of(request: Request) -> Backups:
    """The backups of this app."""
    backups: Backups = request.app.state.backups
    return backups


Administrator = Annotated[Principal, Depends(administrator_for("备份"))]
BackupsHere = Annotated[Backups, Depends(backups_of)]


@router.post("/backups", status_code=202, summary="备份", dependencies=CHECKED)
async def request_backup(
    response: Response, _body: BackupRequest, by: Administrator, backups: BackupsHere, key: IdempotencyKey
) -> BackupJob:
    """Queue a backup of everything but the keys."""
    record = await backups.request(by, key)
    response.headers["Location"] = f"{API}/backups/{record.id}"
    return _job(record)


@router.get("/backups", summary="备份记录")
async def list_backups(
    _by: Administrator, backups: BackupsHere, limit: Limit = 50, cursor: Cursor = None
) -> PageOf[BackupJob]:
    """Backups, newest first."""
    page = await backups.list(ADMINISTRATION, limit, cursor)
    return PageOf(items=[_job(record) for record in page.records], next=page.next)


@router.get("/backups/{id}", summary="一次备份")
async def read_backup(id: Id, _by: Administrator, backups: BackupsHere) -> BackupJob:
    """How far a backup is."""
    return _job(await backups.read(id, ADMINISTRATION))


def _job(record: Record) -> BackupJob:
    body = record.body
    kept = {name: body[name] for name in BackupJob.model_fields if name in body}
    return BackupJob.model_validate(
        {"id": record.id, "kind": "backup", "progress": {"done": body["done"], "total": body["total"]}, **kept}
    )
