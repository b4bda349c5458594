"""Answers: for facts that anybody gives, for a lead from what was stored when it was matched.

They are put together beside the event loop: of a large catalogue one takes most of a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from contracts.vocabulary.facts import FactsError, FactValue, SourceKind, given, parse_facts
from kit.auth import Principal
from kit.errors import FieldError
from kit.ports import Ports
from services.incentives.errors import InvalidFacts, MatchNotReady
from services.incentives.matching import MatchResult, Rendering, match, render
from services.incentives.matching.answer import Order
from services.incentives.queries.shelf import STAFF
from services.incentives.repository import MATCHES, Given, Library, body_of, stored_facts, today
from services.incentives.schemas import EligibilityInput
from services.incentives.settings import RETRY_AFTER_SECONDS
from services.incentives.versions import versions

_SOURCES: Final[Mapping[str, SourceKind]] = {"partner": "partner", "anonymous": "visitor"}


async def answer_for_facts(ports: Ports, library: Library, principal: Principal, asked: EligibilityInput) -> Given:
    """What a project with these facts could get.

    Raises:
        InvalidFacts: a value does not fit its fact.
    """
    facts = _facts(principal, asked)
    how = _rendering(principal, None if asked.zones is None else [zone.value for zone in asked.zones])
    day = asked.as_of or today(ports)
    catalogue = await library.on(day)

    def put_together() -> Given:
        answer = render(match(facts, catalogue, day), facts, catalogue, how)
        return Given({"lead_revision": None, **answer}, facts, how, versions(catalogue.version))

    return await asyncio.to_thread(put_together)


async def answer_for_lead(ports: Ports, library: Library, principal: Principal, lead: str) -> Given:
    """A lead against every zone, from the match that was stored and the policies it saw, with the versions of then.

    Raises:
        MatchNotReady: there is none yet, or the lead is not the reader's to see.
    """
    record = await ports.store.get(MATCHES.name, principal.scope, lead)
    if record is None:
        raise MatchNotReady(
            "这条线索还没有匹配结果，或您没有查看权限。刚登记的线索请稍候片刻再看。",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    body, how, current, day = body_of(record), _rendering(principal, None), library.current, today(ports)
    seen = await library.at(body["result"]["catalogue_version"])

    def put_together() -> Given:
        facts = stored_facts(body["facts"])
        result = MatchResult.from_document(body["result"])
        catalogue, made_with = seen, body.get("versions")
        if catalogue is None or (how.public and catalogue.version != current.version):
            catalogue, made_with = current, None
            result = match(facts, catalogue, day if how.public else result.as_of)
        answer = {"lead_revision": body["lead_revision"], **render(result, facts, catalogue, how)}
        return Given(answer, facts, how, made_with or versions(result.catalogue_version), lead)

    return await asyncio.to_thread(put_together)


def _rendering(principal: Principal, zones: list[str] | None) -> Rendering:
    """Zones by amount for the offices, by industry fit for others; numbers to reach for whose own project it is.

    Companies see what holds; the public the rule beside the value given, and no numbers to aim at.
    """
    staff = principal.role in STAFF
    order: Order = "amount" if staff else "fit"
    return Rendering(zones=zones, order=order, nearest=staff or principal.role == "partner", public=not staff)


def _facts(principal: Principal, asked: EligibilityInput) -> dict[str, FactValue]:
    source = _SOURCES.get(principal.role, "officer")
    try:
        return parse_facts(given(asked.facts), source, principal.account or None)
    except FactsError as error:
        errors = [FieldError(f"facts.{name}", message) for name, message in error.errors]
        raise InvalidFacts(f"请更正后重试：{error}", errors=errors) from error
