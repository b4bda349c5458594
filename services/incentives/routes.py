"""The incentives API: the catalogue and eligibility are public, a lead's matches are its readers' alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from kit.auth import Principal
from kit.web import Asking, OwnPorts, PageOf, require, set_etag
from operating.idempotency import IdempotencyKey, RequestKey
from services.incentives.commands.decisions import give, save_decision
from services.incentives.queries import answers, catalogue, decisions, replays, texts
from services.incentives.queries.catalogue import PolicyFilter
from services.incentives.queries.policy_answers import PolicyDetail, PolicyItem, VersionAnswer, ZoneAnswer, ZonePage
from services.incentives.queries.shelf import Shelf
from services.incentives.repository import Library, today
from services.incentives.schemas import (
    DecisionFilter,
    DecisionInput,
    DecisionItem,
    DecisionReceipt,
    EligibilityInput,
    MatchAnswer,
    ReplayAnswer,
)

router = APIRouter()

SignedIn = Annotated[Principal, Depends(require())]
YAML = "application/yaml"
_YAML: dict[int | str, dict[str, Any]] = {200: {"content": {YAML: {"schema": {"type": "object"}}}}}
PolicyId = Annotated[str, Path(max_length=80, description="政策编号")]


async def library_of(request: Request) -> Library:
    """The catalogues of the app that handles this request."""
    library: Library = request.app.state.library
    return library


Shelves = Annotated[Library, Depends(library_of)]


def as_json(content: bytes) -> Response:
    """An answer whose shape the engine's tests vouch for, sent without validating it again."""
    return Response(content, media_type="application/json")


@router.get("/zones", summary="各区档案")
async def list_zones(ports: OwnPorts, library: Shelves) -> ZonePage:
    """The fourteen zones."""
    return catalogue.zones(library, library.current, today(ports))


@router.get("/zones/{id}", summary="一个区的档案")
async def read_zone(id: Annotated[str, Path(max_length=40)], ports: OwnPorts, library: Shelves) -> ZoneAnswer:
    """One zone."""
    return catalogue.zone(library, library.current, id, today(ports))


AsOf = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31), description="按哪一天查看，默认今天")]


async def shelf_of(principal: Asking, ports: OwnPorts, library: Shelves, as_of: AsOf = None) -> Shelf:
    """What the caller may read as of the day asked about, or today."""
    return Shelf(ports, library, principal, as_of or today(ports))


Reading = Annotated[Shelf, Depends(shelf_of)]


@router.get("/policies", response_model=PageOf[PolicyItem], summary="政策库")
async def list_policies(shelf: Reading, wanted: Annotated[PolicyFilter, Query()]) -> dict[str, Any]:
    """Policies, filtered, in the order of their titles: to companies those that hold on the day."""
    return await catalogue.policies(shelf, wanted)


@router.get("/policies/{id}", summary="一项政策")
async def read_policy(id: PolicyId, shelf: Reading, response: Response) -> PolicyDetail:
    """One policy as it counts on the day; to companies one that does not is as one that does not exist."""
    found = await catalogue.policy(shelf, id)
    set_etag(response, found.revision)
    return found


@router.get("/policies/{id}/text", summary="政策文件", response_class=Response, responses=_YAML)
async def read_text(
    id: PolicyId,
    shelf: Reading,
    version: Annotated[int | None, Query(ge=1, le=10_000, description="哪一版，默认现行")] = None,
    draft: Annotated[bool, Query(description="草稿，按起草人写的原样；起草人和审查员可用")] = False,
) -> Response:
    """The policy as a file; a draft of this text says the same, and is exported in the same bytes."""
    text = await texts.policy_text(shelf, id, version=version, draft=draft)
    headers = {"Content-Disposition": f'attachment; filename="{id}.yaml"'}
    return Response(text, media_type=YAML, headers=headers)


@router.get("/policies/{id}/versions/{number}", summary="政策的某一版")
async def read_version(id: PolicyId, number: Annotated[int, Path(ge=1, le=10_000)], shelf: Reading) -> VersionAnswer:
    """One version, as it was when it counted; companies see the one that does."""
    return await catalogue.version(shelf, id, number)


@router.post("/eligibility", response_model=MatchAnswer, summary="政策测算")
async def eligibility(asked: EligibilityInput, principal: Asking, ports: OwnPorts, library: Shelves) -> Response:
    """What a project with these facts could get, in which zone, and why or why not.

    Nothing is kept of what visitors ask; what somebody with an account is told is on record.
    """
    return as_json(await give(ports, principal, await answers.answer_for_facts(ports, library, principal, asked)))


@router.post("/decisions", status_code=201, response_model=DecisionReceipt, summary="保存测算结果")
async def save(
    asked: DecisionInput,
    key: IdempotencyKey,
    principal: Asking,
    ports: OwnPorts,
    library: Shelves,
    response: Response,
) -> dict[str, Any]:
    """Answer as ``/eligibility`` does and keep the answer under a random id, for the caller and whom they work with."""
    given = await answers.answer_for_facts(ports, library, principal, asked)
    request = RequestKey.of(key, asked, "decision")
    zone = None if asked.sent_to is None else asked.sent_to.value
    receipt = await save_decision(ports, principal, given, zone, key, request)
    response.headers["Location"] = f"/api/v1/decisions/{receipt['id']}"
    set_etag(response, receipt["revision"])
    return receipt


@router.get("/decisions", response_model=PageOf[DecisionItem], summary="测算记录")
async def list_decisions(
    principal: SignedIn, ports: OwnPorts, wanted: Annotated[DecisionFilter, Query()]
) -> dict[str, Any]:
    """What the caller was told, latest first."""
    return await decisions.decisions(ports, principal, wanted)


@router.get("/decisions/{id}", response_model=MatchAnswer, summary="打开测算记录")
async def read_decision(id: Annotated[str, Path(max_length=40)], principal: Asking, ports: OwnPorts) -> Response:
    """The answer exactly as it was given."""
    return as_json(orjson.dumps(await decisions.decision(ports, principal, id)))


@router.get("/decisions/{id}/replay", response_model=ReplayAnswer, summary="重放测算记录")
async def replay_decision(
    id: Annotated[str, Path(max_length=40)], principal: Asking, ports: OwnPorts, library: Shelves
) -> dict[str, Any]:
    """Whether the answer would be given again, what would be said otherwise, and what explains it."""
    return await replays.replay(ports, library, principal, id)


@router.get("/leads/{id}/matches", response_model=MatchAnswer, summary="线索的政策匹配")
async def lead_matches(
    id: Annotated[str, Path(max_length=40)], principal: Asking, ports: OwnPorts, library: Shelves
) -> Response:
    """A lead against every zone's policies, from what was stored when it was matched; what is told is on record."""
    return as_json(await give(ports, principal, await answers.answer_for_lead(ports, library, principal, id)))
