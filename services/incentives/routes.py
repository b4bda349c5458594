"""The incentives API: the catalogue and eligibility are public, a lead's matches are its readers' alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.vocabulary.zones import ZoneId
from kit.web import Asking, OwnPorts, PageOf, Paging, set_etag
from operating.idempotency import IdempotencyKey, RequestKey
from services.incentives.commands.decisions import save_decision
from services.incentives.policy.schema import Instrument
from services.incentives.queries import answers, catalogue, replays
from services.incentives.queries.catalogue import PolicyFilter
from services.incentives.queries.policy_answers import PolicyDetail, PolicyItem, VersionAnswer, ZonePage
from services.incentives.queries.policy_answers import ZoneAnswer as Zone
from services.incentives.queries.shelf import Shelf
from services.incentives.repository import Library, today
from services.incentives.schemas import (
    DecisionReceipt,
    EligibilityInput,
    MatchAnswer,
    ReplayAnswer,
    StandingName,
    Status,
)

router = APIRouter()

PolicyId = Annotated[str, Path(max_length=80, description="政策编号")]


def library_of(request: Request) -> Library:
    """The catalogues of the app that handles this request."""
    library: Library = request.app.state.library
    return library


Shelves = Annotated[Library, Depends(library_of)]


def json_of(document: dict[str, Any]) -> Response:
    """An answer whose shape the engine's tests vouch for, written without validating it again."""
    return Response(orjson.dumps(document), media_type="application/json")


@router.get("/zones", summary="各区档案")
async def list_zones(ports: OwnPorts, library: Shelves) -> ZonePage:
    """The fourteen zones."""
    return catalogue.zones(library, library.current, today(ports))


@router.get("/zones/{id}", summary="一个区的档案")
async def read_zone(id: Annotated[str, Path(max_length=40)], ports: OwnPorts, library: Shelves) -> Zone:
    """One zone."""
    return catalogue.zone(library, library.current, id, today(ports))


AsOf = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31), description="按哪一天查看，默认今天")]


def shelf_of(principal: Asking, ports: OwnPorts, library: Shelves, as_of: AsOf = None) -> Shelf:
    """What the caller may read as of the day asked about, or today."""
    return Shelf(ports, library, principal, as_of or today(ports))


Reading = Annotated[Shelf, Depends(shelf_of)]


@router.get("/policies", response_model=PageOf[PolicyItem], summary="政策库")
async def list_policies(
    shelf: Reading,
    page: Annotated[Paging, Depends()],
    zone: ZoneId | None = None,
    standing: StandingName | None = None,
    instrument: Instrument | None = None,
    status: Status | None = None,
    q: Annotated[str | None, Query(max_length=100, description="标题和摘要中的文字")] = None,
) -> dict[str, Any]:
    """Policies, filtered, in the order of their titles: to companies those that hold on the day."""
    wanted = PolicyFilter(zone, standing, instrument, status, q)
    return await catalogue.policies(shelf, wanted, limit=page.limit, cursor=page.cursor)


@router.get("/policies/{id}", summary="一项政策")
async def read_policy(id: PolicyId, shelf: Reading, response: Response) -> PolicyDetail:
    """One policy as it counts on the day; to companies one that does not is as one that does not exist."""
    found = await catalogue.policy(shelf, id)
    set_etag(response, found.revision)
    return found


@router.get("/policies/{id}/versions/{number}", summary="政策的某一版")
async def read_version(id: PolicyId, number: Annotated[int, Path(ge=1, le=10_000)], shelf: Reading) -> VersionAnswer:
    """One version, as it was when it counted; companies see the one that does."""
    return await catalogue.version(shelf, id, number)


@router.post("/eligibility", response_model=MatchAnswer, summary="政策测算")
async def eligibility(asked: EligibilityInput, principal: Asking, ports: OwnPorts, library: Shelves) -> Response:
    """What a project with these facts could get, in which zone, and why or why not. Nothing is stored."""
    return json_of((await answers.answer_for_facts(ports, library, principal, asked)).answer)


@router.post("/decisions", status_code=201, response_model=DecisionReceipt, summary="保存测算结果")
async def save(
    asked: EligibilityInput,
    key: IdempotencyKey,
    principal: Asking,
    ports: OwnPorts,
    library: Shelves,
    response: Response,
) -> dict[str, Any]:
    """Answer as ``/eligibility`` does and keep the answer under a random id."""
    given = await answers.answer_for_facts(ports, library, principal, asked)
    request = RequestKey.of(key, asked, "decision")
    receipt = await save_decision(ports, principal, given.answer, given.asked, key, request)
    response.headers["Location"] = f"/api/v1/decisions/{receipt['id']}"
    set_etag(response, receipt["revision"])
    return receipt


@router.get("/decisions/{id}", response_model=MatchAnswer, summary="打开保存的测算结果")
async def read_decision(id: Annotated[str, Path(max_length=40)], principal: Asking, ports: OwnPorts) -> Response:
    """The answer exactly as it was saved."""
    return json_of(await answers.decision(ports, principal, id))


@router.get("/decisions/{id}/replay", response_model=ReplayAnswer, summary="重放保存的测算结果")
async def replay_decision(
    id: Annotated[str, Path(max_length=40)], principal: Asking, ports: OwnPorts, library: Shelves
) -> dict[str, Any]:
    """Whether the saved answer would be given again, what would be said otherwise, and what explains it."""
    return await replays.replay(ports, library, principal, id)


@router.get("/leads/{id}/matches", response_model=MatchAnswer, summary="线索的政策匹配")
async def lead_matches(
    id: Annotated[str, Path(max_length=40)], principal: Asking, ports: OwnPorts, library: Shelves
) -> Response:
    """A lead against every zone's policies, from what was stored when it was matched."""
    return json_of(await answers.answer_for_lead(ports, library, principal, id))
