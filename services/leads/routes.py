"""The leads API: every route names its roles; the scope of the person asking filters everything."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Response

from kit.auth import Principal
from kit.web import IfMatch, OwnPorts, PageOf, Paging, require, set_etag
from operating.idempotency import IdempotencyKey
from services.leads import commands, follow_ups, queries, schemas
from services.leads.queries import LeadFilter, LeadList

router = APIRouter()

OFFICERS = ("officer", "bureau_officer")
READERS = (*OFFICERS, "manager")

Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Pages = Annotated[Paging, Query()]
Words = Annotated[str | None, Query(max_length=100)]


@router.post("/leads", status_code=201, response_model=schemas.Receipt, summary="登记线索")
async def register_lead(
    officer: Officer, body: schemas.LeadInput, key: IdempotencyKey, ports: OwnPorts, response: Response
) -> dict[str, Any]:
    """Log a lead; its matches and notifications follow within a second."""
    receipt = await commands.register(ports, officer, body, key)
    set_etag(response, receipt["revision"])
    response.headers["Location"] = f"/api/v1/leads/{receipt['id']}"
    return receipt


@router.get("/leads", response_model=PageOf[schemas.LeadItem], summary="线索列表")
async def list_leads(reader: Reader, ports: OwnPorts, wanted: Annotated[LeadList, Query()]) -> Response:
    """Leads that the reader may see, filtered, sorted, a page at a time."""
    content = orjson.dumps(await queries.list_leads(ports, reader.scope, wanted))
    return Response(content, media_type="application/json")  # as the store has them, in the shape declared


@router.get("/leads/board", summary="看板汇总")
async def board(reader: Reader, ports: OwnPorts, wanted: Annotated[LeadFilter, Query()]) -> schemas.Board:
    """Counts and sums by stage."""
    return await queries.board(ports, reader.scope, wanted)


@router.get("/leads/{id}", summary="线索详情")
async def read_lead(id: str, reader: Reader, ports: OwnPorts, response: Response) -> schemas.LeadDetail:
    """One lead."""
    lead = await queries.detail(ports, reader.scope, id)
    set_etag(response, lead.revision)
    return lead


@router.patch("/leads/{id}", response_model=schemas.Receipt, summary="修改线索")
async def change_lead(
    officer: Officer, id: str, body: schemas.LeadPatch, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Correct or complete fields and facts."""
    return _receipt(await commands.change(ports, officer, id, body, revision, key), response)


@router.post("/leads/{id}/stage", response_model=schemas.Receipt, summary="推进阶段")
async def move_lead(
    officer: Officer, id: str, body: schemas.StageInput, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Advance, put aside, end or resume."""
    return _receipt(await commands.move(ports, officer, id, body, revision, key), response)


@router.post("/leads/{id}/assign", response_model=schemas.Receipt, summary="分派")
async def assign_lead(
    officer: Officer, id: str, body: schemas.AssignInput, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Hand over to another officer."""
    return _receipt(await commands.assign(ports, officer, id, body, revision, key), response)


@router.post("/leads/{id}/follow-ups", status_code=201, response_model=schemas.FollowUpReceipt, summary="跟进")
async def follow_up(
    officer: Officer, id: str, body: schemas.FollowUpInput, key: IdempotencyKey, ports: OwnPorts
) -> dict[str, Any]:
    """Note what was done; the respond clock is met."""
    return await follow_ups.follow_up(ports, officer, id, body, key)


@router.get("/leads/{id}/follow-ups", response_model=PageOf[schemas.FollowUpItem], summary="跟进记录")
async def list_follow_ups(id: str, reader: Reader, ports: OwnPorts, paging: Pages) -> dict[str, Any]:
    """Follow-ups, latest first."""
    page = await follow_ups.follow_ups_of(ports, reader.scope, id, paging.limit, paging.cursor)
    names = ("at", "on", "by", "text", "next_plan", "next_on")
    items = [{"id": record.id, **{name: record.body[name] for name in names}} for record in page.records]
    return {"items": items, "next": page.next}


@router.get("/leads/{id}/timeline", summary="线索时间线")
async def read_timeline(id: str, reader: Reader, ports: OwnPorts) -> PageOf[schemas.TimelineItem]:
    """Everything that happened, latest first."""
    return PageOf(items=await queries.timeline(ports, reader.scope, id))


@router.get("/investors", response_model=PageOf[schemas.InvestorDetail], summary="投资方列表")
async def list_investors(reader: Reader, ports: OwnPorts, paging: Pages, q: Words = None) -> dict[str, Any]:
    """Investors of the leads one sees."""
    return await queries.list_investors(ports, reader.scope, q, paging.limit, paging.cursor)


@router.get("/investors/{id}", summary="投资方")
async def read_investor(id: str, reader: Reader, ports: OwnPorts) -> schemas.InvestorDetail:
    """One investor."""
    return await queries.investor_detail(ports, reader.scope, id)


def _receipt(receipt: dict[str, Any], response: Response) -> dict[str, Any]:
    set_etag(response, receipt["revision"])
    return receipt
