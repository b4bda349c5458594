"""The routes with which people run a service: its dead letters, and how it is. Each service mounts them once."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response

from contracts.audit import Audited
from kit.auth import Principal
from kit.store.port import Record
from kit.web import IfMatch, PageOf, require, set_etag
from operating import schemas
from operating.consumer import Consumer
from operating.dead_letters import ACTS, DeadLetters, event_of
from operating.idempotency import IdempotencyKey
from operating.masking import HIDDEN, identifier, masked
from operating.measuring import backlog_of, outbox_seconds
from operating.parking import BLOCKING
from operating.service import Service

BEHIND_SHOWN = 20

_letters = APIRouter()
_system = APIRouter()

Id = Annotated[str, Path(max_length=100)]


def mount(app: FastAPI, service: Service, audited: type[Audited]) -> None:
    """Add the routes to a service's app; ``audited`` is its event for the audit log."""
    ports = service.ports
    service.collections = (*service.collections, ACTS)
    app.state.dead_letters = DeadLetters(ports, lambda: service.consumers, audited)
    app.include_router(_letters, prefix=f"/dead-letters/{ports.service}")
    app.include_router(_system, prefix=f"/system/{ports.service}")


async def _of_this_app(request: Request) -> DeadLetters:
    own: DeadLetters = request.app.state.dead_letters
    return own


Desk = Annotated[DeadLetters, Depends(_of_this_app)]
Wanted = Annotated[schemas.Letters, Query()]
Operator = Annotated[Principal, Depends(require("administrator"))]


@_letters.get("", summary="死信列表")
async def list_letters(
    _by: Operator, desk: Desk, wanted: Annotated[schemas.Letters, Query()]
) -> PageOf[schemas.LetterListed]:
    """What waits for somebody: keys, by their first event, and messages that are none; with a state what is in it."""
    page = await desk.page(wanted.state, wanted.group, wanted.limit, wanted.cursor)
    return PageOf[schemas.LetterListed](
        items=[schemas.LetterListed(**await _listed(desk, each)) for each in page.records], next=page.next
    )


@_letters.get("/{id}", summary="一条死信")
async def read_letter(id: Id, _by: Operator, desk: Desk, response: Response) -> schemas.Letter:
    """Why it failed, when, what it says without its values, and what waits behind it."""
    record = await desk.letter(id)
    set_etag(response, record.revision)
    event, body = event_of(record), record.body
    behind = await desk.behind(record, BEHIND_SHOWN) if body["state"] in BLOCKING.values else ()
    return schemas.Letter(
        **await _listed(desk, record),
        failures=[schemas.Failure(**each) for each in body.get("failures", ())],
        fields=[schemas.MaskedField(path=path, value=value) for path, value in masked(event.data if event else {})],
        lane=[schemas.Waiting(**_named(each)) for each in behind],
        decided=schemas.Decided(**body["decided"]) if "decided" in body else None,
    )


@_letters.post("/dry-run", summary="试算全部重放")
async def count_all(body: schemas.ReplayFilter, _by: Operator, desk: Desk) -> schemas.ReplayCount:
    """What starting all again would do; nothing is done."""
    counted = await desk.count(body.group)
    return schemas.ReplayCount(lanes=len(counted.letters), events=counted.events, groups=counted.groups)


@_letters.post("/replay", summary="全部重放")
async def replay_all(body: schemas.ReplayInput, key: IdempotencyKey, by: Operator, desk: Desk) -> schemas.ReplayCount:
    """Start again all that the dry run counted."""
    return schemas.ReplayCount(**await desk.start_all_again(by, body.group, body.expected, key))


@_letters.post("/{id}/replay", summary="重放一条死信")
async def replay_one(id: Id, revision: IfMatch, key: IdempotencyKey, by: Operator, desk: Desk) -> schemas.LetterReceipt:
    """Handle it again, then what waits behind it."""
    return schemas.LetterReceipt(**await desk.start_again(by, id, revision, key))


@_letters.post("/{id}/discard", summary="放弃一条死信")
async def discard_one(
    id: Id, body: schemas.DiscardInput, revision: IfMatch, key: IdempotencyKey, by: Operator, desk: Desk
) -> schemas.LetterReceipt:
    """Leave it out for good; what waits behind it goes on."""
    return schemas.LetterReceipt(**await desk.discard(by, id, revision, body.reason, key))


@_system.get("", summary="服务状况")
async def read_system(_by: Operator, desk: Desk) -> schemas.SystemAnswer:
    """Version, outbox, lag and parked keys."""
    age = await outbox_seconds(desk.ports)
    groups = [await _group(desk, consumer) for consumer in desk.consumers()]
    return schemas.SystemAnswer(
        service=desk.ports.service, version=version("quce"), outbox_seconds=int(age), groups=groups
    )


async def _group(desk: Desk, consumer: Consumer) -> schemas.GroupAnswer:
    found = await backlog_of(desk.ports, consumer)
    return schemas.GroupAnswer(
        group=consumer.group,
        lag=found.lag,
        lag_seconds=int(found.lag_seconds),
        parked=found.parked,
        dead=found.dead,
    )


async def _listed(desk: Desk, record: Record) -> dict[str, Any]:
    names = ("group", "topic", "state", "reason", "attempts", "parked_at")
    partition, offset = map(int, record.body["place"].split(":"))
    return {
        **{name: record.body[name] for name in names},
        "partition": partition,
        "offset": offset,
        "id": record.id,
        "revision": record.revision,
        "key": identifier(record.body["key"]),
        "event": _named(record)["event"],
        "type": _named(record)["type"],
        "failed_at": record.body.get("failed_at"),
        "behind": await desk.waiting(record),
    }


def _named(record: Record) -> dict[str, str]:
    event = event_of(record)
    if event is None:
        return {"event": HIDDEN, "type": HIDDEN, "at": record.body["parked_at"]}
    return {"event": identifier(event.id), "type": identifier(event.type), "at": identifier(event.time)}
