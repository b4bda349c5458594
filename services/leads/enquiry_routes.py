"""The enquiry API: visitors ask and follow with a code in the body, never in an address; the office writes back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from contracts.vocabulary.zones import ZoneId
from kit.auth import Principal
from kit.web import Answer, Asking, IfMatch, OwnPorts, PageOf, require
from operating.idempotency import IdempotencyKey
from services.leads import enquiries, enquiry_office
from services.leads.schemas import enquiries as schemas

router = APIRouter()

Officer = Annotated[Principal, Depends(require("officer", "bureau_officer"))]
Reader = Annotated[Principal, Depends(require("officer", "bureau_officer", "manager"))]


class EnquiryChange(Answer):
    """The enquiry's id and revision after a reply."""

    id: str
    revision: int


@router.post("/enquiries", status_code=201, response_model=schemas.EnquiryReceipt, summary="我要咨询")
async def enquire(
    asking: Asking, body: schemas.EnquiryInput, key: IdempotencyKey, ports: OwnPorts, request: Request
) -> dict[str, Any]:
    """Ask a zone; the tracking code is shown this once."""
    receipt = await enquiries.enquire(ports, asking, body, key)
    request.app.state.enquirer.wake()
    return receipt


@router.get("/enquiries", summary="收到的咨询")
async def list_enquiries(
    reader: Reader,
    ports: OwnPorts,
    lead_id: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> PageOf[schemas.EnquiryItem]:
    """The enquiries of one's zones, latest first."""
    items, following = await enquiry_office.enquiries(ports, reader.scope, lead_id, limit, cursor)
    return PageOf(items=items, next=following)


@router.post("/enquiries/track", summary="查询咨询进度")
async def track(body: schemas.TrackInput, ports: OwnPorts) -> schemas.Tracked:
    """Where an enquiry stands and what the office wrote back."""
    return await enquiries.track(ports, body.code)


@router.post("/enquiries/track/message", summary="补充说明")
async def add_message(
    body: schemas.MessageInput, key: IdempotencyKey, ports: OwnPorts, request: Request
) -> schemas.Tracked:
    """Add one message to an enquiry."""
    await enquiries.add_message(ports, body.code, body.text, key)
    request.app.state.enquirer.wake()
    return await enquiries.track(ports, body.code)


@router.post("/enquiries/track/withdraw", summary="撤回同意")
async def withdraw(
    asking: Asking, body: schemas.TrackInput, key: IdempotencyKey, ports: OwnPorts, request: Request
) -> schemas.Tracked:
    """Withdraw the consent; the office is asked to erase the contact."""
    await enquiries.withdraw(ports, asking, body.code, key)
    request.app.state.enquirer.wake()
    return await enquiries.track(ports, body.code)


@router.post("/enquiries/{id}/answer", response_model=EnquiryChange, summary="答复咨询")
async def answer(
    officer: Officer, id: str, body: schemas.ReplyInput, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    request: Request,
) -> dict[str, Any]:  # fmt: skip
    """Write back; the respond clock is met."""
    receipt = await enquiry_office.reply(ports, officer, id, body, revision, key)
    request.app.state.enquirer.wake()
    return receipt


@router.get("/duties/{zone}", summary="值班人")
async def read_duty(zone: ZoneId, reader: Reader, ports: OwnPorts) -> schemas.Duty:
    """Who answers a zone's enquiries first."""
    return schemas.Duty(zone=zone, officer=await enquiry_office.duty(ports, reader, zone))


@router.put("/duties/{zone}", summary="安排值班人")
async def set_duty(zone: ZoneId, body: schemas.DutyInput, officer: Officer, ports: OwnPorts) -> schemas.Duty:
    """Say who is on duty; repeatable."""
    await enquiry_office.set_duty(ports, officer, zone, body.officer)
    return schemas.Duty(zone=zone, officer=body.officer)
