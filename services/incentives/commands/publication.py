"""What publishing a policy stores and says, the same for a seed and for an editor's draft."""

from __future__ import annotations

from typing import Any

from contracts.incentives import PolicyPublished
from kit.store.port import Record
from services.incentives.policy import Policy
from services.incentives.repository import version_id
from services.incentives.settings import SCHEMA


def published_body(policy: Policy, *, at: str, origin: str, seed: str | None) -> dict[str, Any]:
    """The body of a published policy; lists filter by what is repeated beside its document."""
    return {
        "schema_number": SCHEMA,
        "status": "published",
        "version": policy.version,
        "title": policy.title,
        "summary": policy.summary,
        "scope": policy.scope.key,
        "standing": policy.standing,
        "instrument": policy.instrument,
        "document": policy.model_dump(mode="json", by_alias=True),
        "draft": None,
        "origin": origin,
        "seed": seed,
        "published_at": at,
    }


def version_record(policy: Policy, *, by: str, at: str) -> Record:
    """One immutable version."""
    document = policy.model_dump(mode="json", by_alias=True)
    body = {"schema_number": SCHEMA, "policy": policy.id, "document": document, "by": by, "at": at}
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
