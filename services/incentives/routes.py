"""The incentives API: the catalogue and eligibility are public, a lead's matches are its readers' alone."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.vocabulary.zones import ZoneId
from kit.web import Asking, OwnPorts, PageOf, Paging, set_etag
from operating.idempotency import IdempotencyKey, RequestKey
from services.incentives.commands.decisions import save_decision
from services.incentives.policy.schema import Instrument
from services.incentives.queries import answers, catalogue, replays, texts
from services.incentives.queries.catalogue import PolicyDetail, PolicyFilter, PolicyItem, VersionAnswer, ZonePage
from services.incentives.queries.catalogue import ZoneAnswer as Zone
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

YAML = "application/yaml"
_YAML: dict[int | str, dict[str, Any]] = {200: {"content": {YAML: {"schema": {"type": "object"}}}}}
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
    return catalogue.zones(library, today(ports))


@router.get("/zones/{id}", summary="一个区的档案")
async def read_zone(id: Annotated[str, Path(max_length=40)], ports: OwnPorts, library: Shelves) -> Zone:
    """One zone."""
    return catalogue.zone(library, id, today(ports))


@router.get("/policies", response_model=PageOf[PolicyItem], summary="政策库")
async def list_policies(
    principal: Asking,
    ports: OwnPorts,
    page: Annotated[Paging, Depends()],
    zone: ZoneId | None = None,
    standing: StandingName | None = None,
    instrument: Instrument | None = None,
    status: Status | None = None,
    q: Annotated[str | None, Query(max_length=100, description="标题和摘要中的文字")] = None,
    has_draft: Annotated[bool, Query(description="只看有草稿的")] = False,
) -> dict[str, Any]:
    """Policies, filtered, in the order of their titles."""
    wanted = PolicyFilter(zone, standing, instrument, status, q, has_draft)
    return await catalogue.policies(ports, principal, wanted, today(ports), limit=page.limit, cursor=page.cursor)


@router.get("/policies/{id}", summary="一项政策")
async def read_policy(id: PolicyId, principal: Asking, ports: OwnPorts, response: Response) -> PolicyDetail:
    """One policy as it counts now."""
    found = await catalogue.policy(ports, principal, id, today(ports))
    set_etag(response, found.revision)
    return found


@router.get("/policies/{id}/text", summary="政策文件", response_class=Response, responses=_YAML)
async def read_text(
    id: PolicyId,
    principal: Asking,
    ports: OwnPorts,
    version: Annotated[int | None, Query(ge=1, le=10_000, description="哪一版，默认现行")] = None,
    draft: Annotated[bool, Query(description="草稿，按起草人写的原样；起草人和审查员可用")] = False,
) -> Response:
    """The policy as a file; a draft of this text says the same, and is exported in the same bytes."""
    text = await texts.policy_text(ports, principal, id, version=version, draft=draft)
    headers = {"Content-Disposition": f'attachment; filename="{id}.yaml"'}
    return Response(text, media_type=YAML, headers=headers)


@router.get("/policies/{id}/versions/{number}", summary="政策的某一版")
async def read_version(
    id: PolicyId, number: Annotated[int, Path(ge=1, le=10_000)], principal: Asking, ports: OwnPorts
) -> VersionAnswer:
    """One version, as it was when it counted."""
    return await catalogue.version(ports, principal, id, number)


@router.post("/eligibility", response_model=MatchAnswer, summary="政策测算")
async def eligibility(asked: EligibilityInput, principal: Asking, ports: OwnPorts, library: Shelves) -> Response:
    """What a project with these facts could get, in which zone, and why or why not. Nothing is stored."""
    return json_of(answers.answer_for_facts(ports, library, principal, asked).answer)


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
    given = answers.answer_for_facts(ports, library, principal, asked)
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
