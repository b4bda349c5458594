"""Answers on record: one of them exactly as it was given, those of a person, those about a lead."""

from __future__ import annotations

import re
from typing import Any, Final

from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Clause, Eq, Record, Scope, Sort
from services.incentives.errors import DecisionNotFound
from services.incentives.repository import DECISIONS, MATCHES, ON_LEADS, body_of, own_reader, said
from services.incentives.schemas import DecisionFilter

_ID: Final = re.compile(r"^[0-9a-f-]{36}$")
_NEWEST: Final = Sort("last_given_at", descending=True)


async def decision(ports: Ports, principal: Principal, id: str) -> dict[str, Any]:
    """An answer, exactly as it was given.

    Raises:
        DecisionNotFound: there is none of this id that the reader may see.
    """
    return await said(ports, await on_record(ports, principal, id))


async def on_record(ports: Ports, principal: Principal, id: str) -> Record:
    """What is on record of an answer; of one about a lead only as long as the reader may see the lead.

    Raises:
        DecisionNotFound: there is none of this id that the reader may see.
    """
    record = await ports.store.get(DECISIONS.name, _scope(principal), id) if _ID.match(id) else None
    if record is not None:
        lead = body_of(record).get("lead")
        if lead is None or await title_of(ports, principal, lead) is not None:
            return record
    raise DecisionNotFound("没有这份测算记录，或您没有查看权限；请核对编号，或重新测算。")


async def decisions(ports: Ports, principal: Principal, wanted: DecisionFilter) -> dict[str, Any]:
    """What the reader was told, latest first; of one lead what anybody was told, if they may see the lead."""
    scope, where = Scope.of({own_reader(principal.account)}), list[Clause]()
    if wanted.lead is not None:
        seen = await title_of(ports, principal, wanted.lead) is not None
        scope, where = (_scope(principal) if seen else Scope.of(())), [Eq("lead", wanted.lead)]
    page = await ports.store.find(DECISIONS.name, scope, where, sort=_NEWEST, limit=wanted.limit, cursor=wanted.cursor)
    titles = await _titles(ports, principal, page.records)
    return {"items": [_item(record, titles) for record in page.records], "next": page.next}


async def title_of(ports: Ports, principal: Principal, lead: str) -> str | None:
    """The title of a lead; None where the reader may not see it (any more)."""
    match = await ports.store.get(MATCHES.name, principal.scope, lead)
    return None if match is None else str(match.body["title"])


async def _titles(ports: Ports, principal: Principal, records: tuple[Record, ...]) -> dict[str, str | None]:
    leads = {record.body["lead"] for record in records if record.body.get("lead")}
    return {lead: await title_of(ports, principal, lead) for lead in leads}


def _item(record: Record, titles: dict[str, str | None]) -> dict[str, Any]:
    """A line of the list; of a lead that its reader may not see any more only that something was asked."""
    body = body_of(record)
    lead = body.get("lead")
    hidden = lead is not None and titles[lead] is None
    return {
        "id": record.id,
        "saved_at": body["saved_at"],
        "last_given_at": body["last_given_at"],
        "given_to": body["saved_by"],
        "as_of": body["as_of"],
        "lead": None if hidden else lead,
        "title": None if hidden or lead is None else titles[lead],
        "hidden": hidden,
        "facts": {} if lead is not None else body["asked"]["facts"],
        "zones": None if hidden else body["asked"]["zones"],
        "best": None if hidden else body["best"],
    }


def _scope(principal: Principal) -> Scope:
    """What somebody was told or may open, and every answer about a lead, for the lead itself to decide."""
    own = set[str]() if principal.anonymous else {own_reader(principal.account), ON_LEADS}
    return Scope.of(principal.readers | own)
