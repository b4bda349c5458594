"""The routes with which people run a service: its dead letters, and how it is. Each service mounts them once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from pydantic import ValidationError

from kit.auth import Principal
from kit.clock import from_text
from kit.consumer import Consumer
from kit.dead_letters import DeadLetters
from kit.events import Event, Payload
from kit.letters import (
    Decided,
    DiscardInput,
    Failure,
    GroupAnswer,
    Letter,
    LetterListed,
    LetterReceipt,
    Letters,
    MaskedField,
    ReplayCount,
    ReplayFilter,
    ReplayInput,
    SystemAnswer,
    Waiting,
)  # fmt: skip
from kit.masking import HIDDEN, identifier, masked
from kit.parking import BLOCKING, DEAD, OPERATORS, PARKED
from kit.ports import Ports
from kit.service import Service
from kit.store.port import Eq, Record, Scope
from kit.web import IdempotencyKey, IfMatch, PageOf, current_principal, require, set_etag

BEHIND_SHOWN = 20

letters = APIRouter()
system = APIRouter()

Who = Callable[[Request], Awaitable[Principal]]
Id = Annotated[str, Path(max_length=100)]


class Desk:
    """What the routes need of one service."""

    def __init__(self, ports: Ports, service: Service, audited: Callable[..., Payload], who: Who) -> None:
        self.ports, self.who = ports, who
        self._service = service
        self.letters = DeadLetters(ports, lambda: service.consumers, audited)

    @property
    def consumers(self) -> Sequence[Consumer]:
        """The groups of the service."""
        return self._service.consumers


async def _administrator(request: Request) -> Principal:
    return await require("administrator")(await current_principal(request))


def mount(app: FastAPI, service: Service, audited: Callable[..., Payload], who: Who = _administrator) -> None:
    """Add the routes to a service's app; ``audited`` makes the event that the log of acts is told."""
    ports = service.ports
    app.state.desk = Desk(ports, service, audited, who)
    app.include_router(letters, prefix=f"/dead-letters/{ports.service}")
    app.include_router(system, prefix=f"/system/{ports.service}")


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _operator(request: Request) -> Principal:
    desk: Desk = request.app.state.desk
    return await desk.who(request)


Here = Annotated[Desk, Depends(_desk)]
Operator = Annotated[Principal, Depends(_operator)]


@letters.get("", summary="死信列表")
async def list_letters(_asking: Operator, desk: Here, wanted: Annotated[Letters, Query()]) -> PageOf[LetterListed]:
    """Keys that wait, by their first event; with a state the events in it."""
    page = await desk.letters.page(wanted.state, wanted.group, wanted.limit, wanted.cursor)
    return PageOf[LetterListed](
        items=[LetterListed(**await _listed(desk, each)) for each in page.records], next=page.next
    )


@letters.get("/{id}", summary="一条死信")
async def read_letter(id: Id, _asking: Operator, desk: Here, response: Response) -> Letter:
    """Why it failed, when, what it says without its values, and what waits behind it."""
    record = await desk.letters.letter(id)
    set_etag(response, record.revision)
    event, body = _event(record), record.body
    behind = await desk.letters.behind(record, BEHIND_SHOWN) if body["state"] in BLOCKING.values else ()
    return Letter(
        **await _listed(desk, record),
        failures=[Failure(**each) for each in body.get("failures", ())],
        fields=[MaskedField(path=path, value=value) for path, value in masked(event.data if event else {})],
        lane=[Waiting(**_named(each)) for each in behind],
        decided=Decided(**body["decided"]) if "decided" in body else None,
    )


@letters.post("/dry-run", summary="试算全部重放")
async def count_letters(body: ReplayFilter, _asking: Operator, desk: Here) -> ReplayCount:
    """What starting all again would do; nothing is done."""
    counted = await desk.letters.count(body.group)
    return ReplayCount(lanes=len(counted.letters), events=counted.events, groups=counted.groups)


@letters.post("/replay", summary="全部重放")
async def replay_letters(body: ReplayInput, key: IdempotencyKey, asking: Operator, desk: Here) -> ReplayCount:
    """Start again all that the dry run counted."""
    return ReplayCount(**await desk.letters.start_all_again(asking, body.group, body.expected, key))


@letters.post("/{id}/replay", summary="重放一条死信")
async def replay_letter(id: Id, revision: IfMatch, key: IdempotencyKey, asking: Operator, desk: Here) -> LetterReceipt:
    """Handle it again, then what waits behind it."""
    return LetterReceipt(**await desk.letters.start_again(asking, id, revision, key))


@letters.post("/{id}/discard", summary="放弃一条死信")
async def discard_letter(
    id: Id, body: DiscardInput, revision: IfMatch, key: IdempotencyKey, asking: Operator, desk: Here
) -> LetterReceipt:
    """Leave it out for good; what waits behind it goes on."""
    return LetterReceipt(**await desk.letters.discard(asking, id, revision, body.reason, key))


@system.get("", summary="服务状况")
async def read_system(_asking: Operator, desk: Here) -> SystemAnswer:
    """Version, outbox, lag and parked keys."""
    now = desk.ports.clock.now()
    oldest = await desk.ports.store.pending(1)
    age = (now - from_text(oldest[0].event.time)).total_seconds() if oldest else 0
    groups = [await _group(desk, consumer) for consumer in desk.consumers]
    return SystemAnswer(
        service=desk.ports.service, version=version("quce"), outbox_seconds=max(0, int(age)), groups=groups
    )


async def _group(desk: Desk, consumer: Consumer) -> GroupAnswer:
    ports, scope, own = desk.ports, Scope.of({OPERATORS}), Eq("group", consumer.group)
    positions = [each for each in await ports.bus.positions(consumer.group) if each.topic in consumer.topics]
    unread = [each.oldest_unread_at for each in positions if each.lag and each.oldest_unread_at]
    seconds = (ports.clock.now() - from_text(min(unread))).total_seconds() if unread else 0
    parked = await ports.store.tally(PARKED.name, scope, [own, BLOCKING], group_by="lane")
    dead = await ports.store.tally(PARKED.name, scope, [own, Eq("state", DEAD)])
    return GroupAnswer(
        group=consumer.group,
        lag=sum(each.lag for each in positions),
        lag_seconds=max(0, int(seconds)),
        parked=len(parked),
        dead=sum(each.count for each in dead),
    )


async def _listed(desk: Desk, record: Record) -> dict[str, Any]:
    names = ("group", "topic", "state", "reason", "attempts", "parked_at")
    return {
        **{name: record.body[name] for name in names},
        "id": record.id,
        "revision": record.revision,
        "key": identifier(record.body["key"]),
        "event": _named(record)["event"],
        "type": _named(record)["type"],
        "failed_at": record.body.get("failed_at"),
        "behind": await desk.letters.waiting(record),
    }


def _named(record: Record) -> dict[str, str]:
    event = _event(record)
    if event is None:
        return {"event": HIDDEN, "type": HIDDEN, "at": record.body["parked_at"]}
    return {"event": identifier(event.id), "type": identifier(event.type), "at": identifier(event.time)}


def _event(record: Record) -> Event | None:
    try:
        return Event.decode(bytes.fromhex(record.body["value"]))
    except ValidationError:
        return None
