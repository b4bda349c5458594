"""Answers: for facts that anybody gives, for a lead from what was stored when it was matched, for a saved decision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary.facts import FactsError, FactValue, SourceKind, given, parse_facts
from kit.auth import Principal
from kit.errors import FieldError
from kit.ports import Ports
from services.incentives.errors import DecisionNotFound, InvalidFacts, MatchNotReady
from services.incentives.matching import MatchResult, Rendering, match, render
from services.incentives.queries.shelf import STAFF
from services.incentives.repository import DECISIONS, MATCHES, Library, body_of, today
from services.incentives.schemas import EligibilityInput
from services.incentives.settings import RETRY_AFTER_SECONDS

_ID: Final = re.compile(r"^[0-9a-f-]{36}$")
_SOURCES: Final[Mapping[str, SourceKind]] = {"partner": "partner", "anonymous": "visitor"}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with all that it takes to give it again."""

    answer: dict[str, Any]
    facts: Mapping[str, FactValue]
    how: Rendering

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked, as it is stored."""
        facts = {name: value.model_dump(mode="json") for name, value in self.facts.items()}
        zones = None if self.how.zones is None else list(self.how.zones)
        how = {"order": self.how.order, "nearest": self.how.nearest, "public": self.how.public}
        return {"facts": facts, "zones": zones, **how}


async def answer_for_facts(ports: Ports, library: Library, principal: Principal, asked: EligibilityInput) -> Given:
    """What a project with these facts could get; nothing is stored.

    Raises:
        InvalidFacts: a value does not fit its fact.
    """
    facts = _facts(principal, asked)
    how = _rendering(principal, None if asked.zones is None else [zone.value for zone in asked.zones])
    day = asked.as_of or today(ports)
    catalogue = await library.on(day)
    answer = render(match(facts, catalogue, day), facts, catalogue, how)
    return Given({"decision": None, "lead_revision": None, **answer}, facts, how)


async def answer_for_lead(ports: Ports, library: Library, principal: Principal, lead: str) -> dict[str, Any]:
    """A lead against every zone, from the match that was stored and the policies it saw.

    Raises:
        MatchNotReady: there is none yet, or the lead is not the reader's to see.
    """
    record = await ports.store.get(MATCHES.name, principal.scope, lead)
    if record is None:
        raise MatchNotReady(
            "这条线索还没有匹配结果，或您没有查看权限。刚登记的线索请稍候片刻再看。",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    body = body_of(record)
    facts = {name: FactValue.model_validate(value) for name, value in body["facts"].items()}
    result = MatchResult.from_document(body["result"])
    how = _rendering(principal, None)
    catalogue = await library.at(result.catalogue_version)
    if catalogue is None or (how.public and catalogue.version != library.current.version):
        catalogue = library.current
        result = match(facts, catalogue, today(ports) if how.public else result.as_of)
    answer = render(result, facts, catalogue, how)
    return {"decision": None, "lead_revision": body["lead_revision"], **answer}


async def decision(ports: Ports, principal: Principal, id: str) -> dict[str, Any]:
    """A saved answer, exactly as it was.

    Raises:
        DecisionNotFound: there is none of this id that the reader may see.
    """
    answer: dict[str, Any] = (await saved(ports, principal, id))["answer"]
    return answer


async def saved(ports: Ports, principal: Principal, id: str) -> dict[str, Any]:
    """A saved answer with what it was made from.

    Raises:
        DecisionNotFound: there is none of this id that the reader may see.
    """
    record = await ports.store.get(DECISIONS.name, principal.scope, id) if _ID.match(id) else None
    if record is None:
        raise DecisionNotFound("没有这份测算结果，请核对编号，或重新测算。")
    return body_of(record)


def _rendering(principal: Principal, zones: list[str] | None) -> Rendering:
    """Companies see zones by industry fit, what holds and no numbers to aim at; officers see all, by amount."""
    staff = principal.role in STAFF
    return Rendering(zones=zones, order="amount" if staff else "fit", nearest=staff, public=not staff)


def _facts(principal: Principal, asked: EligibilityInput) -> dict[str, FactValue]:
    source = _SOURCES.get(principal.role, "officer")
    try:
        return parse_facts(given(asked.facts), source, principal.account or None)
    except FactsError as error:
        errors = [FieldError(f"facts.{name}", message) for name, message in error.errors]
        raise InvalidFacts(f"请更正后重试：{error}", errors=errors) from error
