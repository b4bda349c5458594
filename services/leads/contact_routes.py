"""The contacts API: masked for everybody who reads the lead; in the clear, with a reason, for officers only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from kit.web import IfMatch, OwnPorts, set_etag
from operating.idempotency import IdempotencyKey
from services.leads import erasing, people_kept, queries, schemas
from services.leads.routes import Officer, Reader

router = APIRouter()

NO_STORE = {"Cache-Control": "no-store"}


@router.post("/contacts", status_code=201, response_model=schemas.ContactReceipt, summary="添加联系人")
async def add_contact(
    officer: Officer, body: schemas.NewContact, key: IdempotencyKey, ports: OwnPorts, response: Response
) -> dict[str, Any]:
    """Add a person to a lead, with the basis for keeping their data."""
    receipt = await people_kept.add(ports, officer, body, key)
    response.headers["Location"] = f"/api/v1/contacts/{receipt['id']}"
    return _receipt(receipt, response)


@router.get("/contacts/{id}", summary="联系人")
async def read_contact(id: str, reader: Reader, ports: OwnPorts, response: Response) -> schemas.ContactItem:
    """One contact, masked."""
    contact = await queries.contact(ports, reader.scope, id)
    set_etag(response, contact.revision)
    return contact


@router.patch("/contacts/{id}", response_model=schemas.ContactReceipt, summary="更正联系人")
async def correct_contact(
    officer: Officer, id: str, body: schemas.ContactPatch, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Correct a person's data."""
    return _receipt(await people_kept.correct(ports, officer, id, body, revision, key), response)


@router.delete("/contacts/{id}", response_model=schemas.ContactReceipt, summary="删除联系人")
async def erase_contact(
    officer: Officer, id: str, body: schemas.ReasonInput, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Erase a person: the key is destroyed, and the texts of the lead forget them."""
    return _receipt(await erasing.erase(ports, officer, id, body, revision, key), response)


@router.post("/contacts/{id}/unmask", summary="查看完整联系方式")
async def unmask_contact(
    officer: Officer, id: str, body: schemas.ReasonInput, key: IdempotencyKey, ports: OwnPorts, response: Response
) -> schemas.ContactPlain:
    """One contact in the clear; the reason is logged."""
    response.headers.update(NO_STORE)
    return await people_kept.unmask(ports, officer, id, body, key)


@router.post("/contacts/{id}/export", summary="导出本人信息")
async def export_contact(
    officer: Officer, id: str, body: schemas.ReasonInput, key: IdempotencyKey, ports: OwnPorts, response: Response
) -> schemas.ContactExport:
    """Everything that is kept of a person, for that person; the reason is logged."""
    response.headers.update(NO_STORE)
    return await people_kept.export(ports, officer, id, body, key)


def _receipt(receipt: dict[str, Any], response: Response) -> dict[str, Any]:
    set_etag(response, receipt["revision"])
    return receipt
