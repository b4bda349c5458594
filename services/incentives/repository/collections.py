"""The documents of this service, and the envelope of what their saves say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import orjson

from contracts.event import EventData
from contracts.vocabulary.facts import FactValue
from kit.auth import Principal
from kit.clock import SHANGHAI
from kit.events import Event, envelop
from kit.ports import Ports
from kit.store.port import Collection, Index, Record, Scope
from operating.ids import content_digest
from services.incentives.settings import SCHEMA, SERVICE

POLICIES: Final = Collection(
    "policies",
    (
        Index("scope"),
        Index("standing"),
        Index("instrument"),
        Index("status"),
        Index("version", "integer"),
        Index("acted", "integer"),
        Index("title", "chinese"),
        Index("draft.author", tree=False),
    ),
    ("title", "summary"),
)
VERSIONS: Final = Collection("policy_versions", (Index("policy"),))
CATALOGUES: Final = Collection("catalogues")
MATCHES: Final = Collection("matches", (Index("basis"),))
DECISIONS: Final = Collection("decisions", (Index("expires_at"), Index("last_given_at"), Index("lead")))
DECISION_CLAIMS: Final = Collection("decision_claims")
CODE_TABLES: Final = Collection("code_tables", (Index("valid_from"),))
COLLECTIONS: Final = (
    POLICIES,
    VERSIONS,
    CATALOGUES,
    MATCHES,
    DECISIONS,
    DECISION_CLAIMS,
    CODE_TABLES,
)

CATALOGUE: Final = "catalogue"
"""The reader as which editors and reviewers see drafts."""
ON_LEADS: Final = "answers-on-leads"
"""The reader of answers about leads: whether somebody may read one, the lead's own readers say at that moment."""


class NewerSchema(RuntimeError):
    """A document was written by a later release than this one."""


def body_of(record: Record) -> dict[str, Any]:
    """A document's content, if this release can read it.

    Raises:
        NewerSchema: a later release wrote it.
    """
    if record.body.get("schema_number", 1) > SCHEMA:
        raise NewerSchema("数据由更新版本写入，请升级后再启动。")
    return record.body


def stored_facts(stored: Mapping[str, Any]) -> dict[str, FactValue]:
    """The facts of a match or an answer, by name, as they were stated."""
    return {name: FactValue.model_validate(value) for name, value in stored.items()}


def today(ports: Ports) -> date:
    """The business date in Shanghai."""
    return ports.clock.now().astimezone(SHANGHAI).date()


def scope_of_author(principal: Principal) -> Scope:
    """What an editor or reviewer sees of the catalogue: drafts as well."""
    return Scope.of(principal.readers | {CATALOGUE})


def text_hash(document: Mapping[str, Any]) -> str:
    """What tells one text of a policy from another; the same whatever release reads it."""
    return content_digest(orjson.dumps(document, option=orjson.OPT_SORT_KEYS))


def own_reader(account: str) -> str:
    """The reader under which what somebody was told is kept."""
    return f"account:{account}"


def events_of(
    ports: Ports, aggregate: str, revision: int, *payloads: EventData, key: str | None = None
) -> tuple[Event, ...]:
    """Events of the save that makes ``aggregate`` ``revision``."""
    events = envelop(
        payloads,
        source=SERVICE,
        aggregate=aggregate,
        revision=revision,
        time=ports.clock.now(),
        partition_key=key,
    )
    return tuple(events)
