"""Putting answers on record: each that somebody with an account is given, before they see it; a visitor's when saved.

Who may read one:

* An answer to facts is for the account that it was given to, and for the desks or the organisation with whom it was
  saved or to whom it was sent. A visitor's is for whoever knows its random id.
* An answer about a lead is for whoever may read that lead at that moment, whoever was told: who loses the lead loses
  what was said of it, whoever takes it over finds it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from kit.auth import PUBLIC, Principal
from kit.clock import SHANGHAI, from_text, to_text
from kit.errors import AlreadyExists, Stale
from kit.ports import Ports
from kit.store.port import Range, Record, Scope
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id, random_id
from services.incentives.repository import (
    DECISION_CLAIMS,
    DECISIONS,
    ON_LEADS,
    Given,
    keep,
    own_reader,
    today,
)
from services.incentives.settings import SCHEMA

KEPT_FOR_VISITORS: Final = timedelta(days=365)
"""What nobody's account answers for is not kept for longer."""
_CLAIMS: Final = frozenset({"claims"})
_EXPIRY: Final = Scope.system("forgetting visitors' answers")
_SCOPE: Final = Scope.of(_CLAIMS)


async def give(ports: Ports, principal: Principal, given: Given) -> bytes:
    """The answer to be sent, under the id that it is on record under; a visitor's has none and is not kept.

    The same answer to the same question of the same person is the same decision; that it was given again is noted
    once a day. Where it cannot be kept, it is not given.
    """
    if principal.anonymous:
        return given.under(None)
    own = frozenset({own_reader(principal.account)})
    id = derive_id(ports.secret, "given", principal.account, given.lead or "", *given.digests())
    record = await ports.store.get(DECISIONS.name, Scope.of(own), id)
    if record is None:
        readers = own if given.lead is None else own | {ON_LEADS}
        await _put(ports, principal, given, id, given.content, readers)
    elif from_text(record.body["last_given_at"]).astimezone(SHANGHAI).date() != today(ports):
        again = record.body | {"last_given_at": to_text(ports.clock.now())}
        with suppress(Stale):  # somebody else has noted it
            await ports.store.save(DECISIONS.name, record.with_body(again))
    return given.under(id)


async def save_decision(
    ports: Ports, principal: Principal, given: Given, zone: str | None, key: str, request: RequestKey
) -> dict[str, Any]:
    """Store an answer under a random id for the caller and those they work with, and for the zone it is sent to.

    The same request gives the same id.

    The claim on the request is written first and holds the id, so that a crash in between is finished by a repeat.

    Raises:
        IdempotencyMismatch: the key was used for something else.
    """
    claim = await _claim(ports, principal, key, request)
    receipt = replay(claim, request)
    assert receipt is not None  # noqa: S101 - the claim was made with this receipt, or replay raised
    readers = _readers(principal, zone)
    if await ports.store.get(DECISIONS.name, Scope.of(readers), receipt["id"]) is None:
        # What is to be forgotten is nobody else's content: it holds its own random id.
        content = given.under(receipt["id"]) if principal.anonymous else given.content
        await _put(ports, principal, given, receipt["id"], content, readers)
    return receipt


async def forget_expired(ports: Ports) -> None:
    """Drop visitors' answers whose time is over."""
    over = [Range("expires_at", None, to_text(ports.clock.now()))]
    async for record in ports.store.scan(DECISIONS.name, _EXPIRY, over):
        if "blob" in record.body:
            await ports.blobs.delete(record.body["blob"])
        await ports.store.erase(DECISIONS.name, record.id)


async def _put(
    ports: Ports, principal: Principal, given: Given, id: str, content: bytes, readers: frozenset[str]
) -> None:
    """The content first, so that no record is without."""
    blob, now = await keep(ports, content), ports.clock.now()
    body = {
        "schema_number": SCHEMA,
        "blob": blob,
        "asked": given.asked,
        "as_of": given.answer["as_of"],
        "best": given.best,
        "versions": dict(given.versions),
        "lead": given.lead,
        "lead_revision": given.answer["lead_revision"],
        "saved_at": to_text(now),
        "saved_by": principal.account or None,
        "last_given_at": to_text(now),
        "expires_at": to_text(now + KEPT_FOR_VISITORS) if principal.anonymous else None,
    }
    with suppress(AlreadyExists):
        await ports.store.save(DECISIONS.name, Record(id, body, readers))


def _readers(principal: Principal, zone: str | None) -> frozenset[str]:
    if principal.anonymous:
        return frozenset({PUBLIC})
    sent_to = frozenset() if zone is None else frozenset({f"zone:{zone}", "city"})
    return principal.readers - {PUBLIC} | {own_reader(principal.account)} | sent_to


async def _claim(ports: Ports, principal: Principal, key: str, request: RequestKey) -> Record:
    id = derive_id(ports.secret, "decision", principal.account, key)
    found = await ports.store.get(DECISION_CLAIMS.name, _SCOPE, id)
    if found is not None:
        return found
    fresh = remember(Record(id, {}, _CLAIMS), request, {"id": random_id(), "revision": 1})
    try:
        return await ports.store.save(DECISION_CLAIMS.name, fresh)
    except AlreadyExists:
        return await _claim(ports, principal, key, request)
