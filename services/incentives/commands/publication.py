"""What publishing a policy stores and says, the same for a seed and for an editor's draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from contracts.incentives import PolicyPublished
from kit.store.port import Record
from services.incentives.lives import Life
from services.incentives.policy import Policy, version_id
from services.incentives.repository import text_hash
from services.incentives.settings import SCHEMA

_DESCRIBING: Final = ("title", "summary", "scope", "standing", "instrument", "document")
EARLIER: Final[Mapping[str, Any]] = {"version": 0, "document": None}
"""What a policy was before anybody wrote it."""


def published_body(
    policy: Policy, *, at: str, origin: str, seed: str | None, before: Mapping[str, Any] = EARLIER
) -> dict[str, Any]:
    """The body of a policy of which this version is published; ``before`` is what it was until now."""
    return {
        "schema_number": SCHEMA,
        "status": "published",
        "version": policy.version,
        **described(policy),
        **acted(before, {"version": policy.version, "from": _day(policy.valid.from_), "at": at}),
        "draft": None,
        "origin": origin,
        "seed": seed,
        "published_at": at,
    }


def described(policy: Policy) -> dict[str, Any]:
    """The version that a policy's record tells of; lists filter by what is repeated beside its document."""
    return {
        "title": policy.title,
        "summary": policy.summary,
        "scope": policy.scope.key,
        "standing": policy.standing,
        "instrument": policy.instrument,
        "document": policy.model_dump(mode="json", by_alias=True),
    }


def until_it_begins(body: Mapping[str, Any], before: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The record tells of the version before, if there is one, until the day on which what was published begins."""
    if before["document"] is None or Life.stored(body).told_on(day) == body["version"]:
        return dict(body)
    return {**body, **{name: before[name] for name in _DESCRIBING}}


def acted(before: Mapping[str, Any], act: Mapping[str, Any]) -> dict[str, Any]:
    """One more act on a policy, after those that there are; how many tells replicas that there is a new one."""
    acts = before.get("acts") or [
        {"version": version, "from": None if day == date.min else _day(day), "at": before["published_at"]}
        for day, version in Life.stored(before).acts
    ]
    return {"acts": [*acts, act], "acted": len(acts) + 1}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def version_record(policy: Policy, *, by: str, at: str) -> Record:
    """One immutable version."""
    document = policy.model_dump(mode="json", by_alias=True)
    body = {
        "schema_number": SCHEMA,
        "policy": policy.id,
        "document": document,
        "content_hash": text_hash(document),
        "by": by,
        "at": at,
    }
    return Record(version_id(policy.id, policy.version), body, frozenset({"public"}))


def published_event(policy: Policy, catalogue_version: str) -> PolicyPublished:
    """What is told of a publication."""
    return PolicyPublished(
        policy=policy.id,
        version=policy.version,
        title=policy.title,
        standing=policy.standing,
        scope=policy.scope.key,
        catalogue_version=catalogue_version,
    )
