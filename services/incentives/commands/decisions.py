"""Saving an answer: it replays exactly, whatever becomes of the policies, for whoever knows its random id."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists
from kit.ports import Ports
from kit.store.port import Range, Record, Scope
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id, random_id
from services.incentives.repository import DECISION_CLAIMS, DECISIONS
from services.incentives.settings import SCHEMA
from services.incentives.versions import versions

KEPT_FOR_VISITORS: Final = timedelta(days=365)
"""What nobody's account answers for is not kept for longer."""
_CLAIMS: Final = frozenset({"claims"})
_EXPIRY: Final = Scope.system("forgetting visitors' answers")
_SCOPE: Final = Scope.of(_CLAIMS)


async def save_decision(
    ports: Ports, principal: Principal, answer: dict[str, Any], asked: dict[str, Any], key: str, request: RequestKey
) -> dict[str, Any]:
    """Store an answer under a random id, with what was asked and the versions it was made with.

    The same request gives the same id.

    The claim on the request is written first and holds the id, so that a crash in between is finished by a repeat.

    Raises:
        IdempotencyMismatch: the key was used for something else.
    """
    claim = await _claim(ports, principal, key, request)
    receipt = replay(claim, request)
    assert receipt is not None  # noqa: S101 - the claim was made with this receipt, or replay raised
    body = {
        "schema_number": SCHEMA,
        "answer": answer | {"decision": receipt["id"]},
        "asked": asked,
        "versions": versions(answer["catalogue_version"]),
        "saved_at": to_text(ports.clock.now()),
        "saved_by": principal.account or None,
        "expires_at": None if principal.account else to_text(ports.clock.now() + KEPT_FOR_VISITORS),
    }
    readers = principal.readers - {"public"} or frozenset({"public"})
    with suppress(AlreadyExists):
        await ports.store.save(DECISIONS.name, Record(receipt["id"], body, readers))
    return receipt


async def forget_expired(ports: Ports) -> None:
    """Drop visitors' answers whose time is over."""
    over = [Range("expires_at", None, to_text(ports.clock.now()))]
    async for record in ports.store.scan(DECISIONS.name, _EXPIRY, over):
        await ports.store.erase(DECISIONS.name, record.id)


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
