"""The partner portal's API: partners read what is theirs; officers share leads with them and write back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from kit.auth import Principal
from kit.web import IfMatch, OwnPorts, PageOf, require, set_etag
from operating.idempotency import IdempotencyKey
from services.leads import portal, schemas, sharing
from services.leads.routes import Officer, Pages, Reader
from services.leads.schemas import projects

router = APIRouter()

Partner = Annotated[Principal, Depends(require("partner"))]


@router.get("/projects", summary="我的项目")
async def list_projects(partner: Partner, ports: OwnPorts, paging: Pages) -> PageOf[projects.ProjectItem]:
    """The leads that are shared with one's organisation."""
    return await portal.projects(ports, partner.scope, paging)


@router.get("/projects/enquiries", summary="我的咨询")
async def list_asked(partner: Partner, ports: OwnPorts, paging: Pages) -> PageOf[projects.AskedItem]:
    """What one's organisation asked."""
    return await portal.asked(ports, partner.scope, paging)


@router.get("/projects/enquiries/{id}", summary="咨询与答复")
async def read_asked(id: str, partner: Partner, ports: OwnPorts) -> projects.Asked:
    """One enquiry with its answers."""
    return await portal.one_asked(ports, partner, id)


@router.get("/projects/{id}", summary="项目进展")
async def read_project(id: str, partner: Partner, ports: OwnPorts) -> projects.Project:
    """One project: its course and what the office wrote back."""
    return await portal.project(ports, partner, id)


@router.post("/leads/{id}/share", response_model=schemas.Receipt, summary="共享给企业")
async def share_lead(
    officer: Officer, id: str, body: projects.ShareInput, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Let a partner's organisation follow the lead."""
    receipt = await sharing.share(ports, officer, id, body, revision, key)
    set_etag(response, receipt["revision"])
    return receipt


@router.post("/leads/{id}/unshare", response_model=schemas.Receipt, summary="结束共享")
async def unshare_lead(
    officer: Officer, id: str, body: projects.ShareInput, revision: IfMatch, key: IdempotencyKey, ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """A partner's organisation follows the lead no longer."""
    receipt = await sharing.unshare(ports, officer, id, body, revision, key)
    set_etag(response, receipt["revision"])
    return receipt


@router.post("/leads/{id}/answers", status_code=201, response_model=projects.AnswerReceipt, summary="回复企业")
async def answer_partner(
    officer: Officer, id: str, body: projects.AnswerInput, key: IdempotencyKey, ports: OwnPorts
) -> dict[str, Any]:
    """Write back to a partner; the respond clock is met."""
    return await sharing.answer(ports, officer, id, body, key)


@router.get("/leads/{id}/answers", summary="给企业的回复")
async def list_answers(id: str, reader: Reader, ports: OwnPorts, paging: Pages) -> PageOf[projects.OfficeAnswer]:
    """What was written back to partners, latest first."""
    page = await sharing.answers_of(ports, reader.scope, id, paging.limit, paging.cursor)
    names = ("org", "text", "at", "by")
    items = [projects.OfficeAnswer(id=each.id, **{name: each.body[name] for name in names}) for each in page.records]
    return PageOf(items=items, next=page.next)
