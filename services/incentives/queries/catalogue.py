"""Zones and policies as anybody may read them; drafts for those who write and review them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from contracts.vocabulary.fair_competition import GroundId
from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Clause, Eq, In, Matches, Range, Record, Scope, Sort
from kit.web import Answer
from services.incentives.errors import PolicyNotFound, ZoneNotFound
from services.incentives.policy import Policy, stored_policy
from services.incentives.policy.schema import Override, PolicyScope, scopes_of
from services.incentives.repository import POLICIES, VERSIONS, Library, scope_of_author, version_id
from services.incentives.schemas import Day, DraftState, StandingName, Status, ValidAnswer
from services.incentives.settings import counts_illustrative
from services.incentives.zone_profile import ZoneProfile

AUTHORS = ("policy_editor", "reviewer", "administrator")


class ZoneAnswer(ZoneProfile):
    """A zone, and how many policies may be evaluated for it today."""

    model_config = ConfigDict(title="ZoneProfile", extra="forbid")

    policies: int


class ZonePage(Answer):
    """All zones, in the city's order."""

    items: list[ZoneAnswer]
    next: str | None = None


class DraftAnswer(Answer):
    """A draft under way, for editors and reviewers."""

    document: Policy
    author: str
    author_name: str
    at: str
    approved: bool | None = Field(description="null: 尚未审查")
    conclusion: str | None
    basis: str | None
    reviewer: str | None
    ground: GroundId | None = None
    until: Day | None = None
    overrides: list[Override] = Field(default_factory=list)


class PolicyItem(Answer):
    """A policy in a list; what counts is what was published, the draft's words where nothing was."""

    id: str
    revision: int
    version: int
    status: Status
    title: str
    title_en: str | None
    standing: StandingName
    scope: str
    zones: list[str]
    instrument: str
    beneficiary: str
    claim_mode: str
    summary: str
    benefit: str
    valid: ValidAnswer
    in_effect: bool
    cleanup_reason: str | None
    exclusive_group: str | None
    has_draft: bool
    draft_state: DraftState | None = Field(None, description="草稿审查到哪一步；只给起草和审查的人")
    draft_author: str | None = None


class PolicyDetail(PolicyItem):
    """A policy with everything it says."""

    document: Policy
    versions: list[int]
    published_at: str | None
    draft: DraftAnswer | None


class VersionAnswer(Answer):
    """One immutable version."""

    policy: str
    version: int
    published_at: str
    document: Policy


@dataclass(frozen=True, slots=True)
class PolicyFilter:
    """Which policies a list shows."""

    zone: str | None = None
    standing: str | None = None
    instrument: str | None = None
    status: str | None = None
    text: str | None = None
    drafted: bool = False


def zones(library: Library, day: date) -> ZonePage:
    """Every zone."""
    return ZonePage(items=[_zone(library, profile, day) for profile in library.zones.values()])


def zone(library: Library, id: str, day: date) -> ZoneAnswer:
    """One zone.

    Raises:
        ZoneNotFound: there is none of this id.
    """
    if id not in library.zones:
        raise ZoneNotFound(f"没有「{id}」这个区，可用：{'、'.join(library.zones)}。")
    return _zone(library, library.zones[id], day)


async def policies(
    ports: Ports, principal: Principal, wanted: PolicyFilter, day: date, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of policies in the order of their titles."""
    page = await ports.store.find(
        POLICIES.name, _scope(principal), _clauses(ports, wanted), sort=Sort("title"), limit=limit, cursor=cursor
    )
    return {"items": [_item(record, day) | _drafting(record, principal) for record in page.records], "next": page.next}


async def policy(ports: Ports, principal: Principal, id: str, day: date) -> PolicyDetail:
    """One policy.

    Raises:
        PolicyNotFound: there is none, or only a draft that the reader may not see.
    """
    record = await _published(ports, principal, id)
    item = _item(record, day) | _drafting(record, principal)
    draft = record.body["draft"]
    return PolicyDetail(
        **item,
        document=stored_policy(record.body["document"] or draft["document"], record.id),
        versions=list(range(1, record.body["version"] + 1)),
        published_at=record.body["published_at"],
        draft=_draft(draft) if draft is not None and principal.role in AUTHORS else None,
    )


async def body(ports: Ports, principal: Principal, id: str) -> dict[str, Any]:
    """A policy as it is stored, with its draft.

    Raises:
        PolicyNotFound: there is none, or only a draft that the reader may not see.
    """
    return (await _published(ports, principal, id)).body


async def version(ports: Ports, principal: Principal, id: str, number: int) -> VersionAnswer:
    """One version of a policy, as it was when it counted.

    Raises:
        PolicyNotFound: there is no such policy or version.
    """
    record = await _published(ports, principal, id)
    found = await ports.store.get(VERSIONS.name, _scope(principal), version_id(id, number))
    if found is None or number > record.body["version"]:
        raise PolicyNotFound(f"「{record.body['title']}」没有第 {number} 版，现行为第 {record.body['version']} 版。")
    document = stored_policy(found.body["document"], id)
    return VersionAnswer(policy=id, version=number, published_at=found.body["at"], document=document)


def _scope(principal: Principal) -> Scope:
    return scope_of_author(principal) if principal.role in AUTHORS else principal.scope


async def _published(ports: Ports, principal: Principal, id: str) -> Record:
    record = await ports.store.get(POLICIES.name, _scope(principal), id)
    hidden = (
        record is not None and record.body["standing"] == "illustrative" and not counts_illustrative(ports.settings)
    )
    if record is None or (hidden and principal.role not in AUTHORS):
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    return record


def _clauses(ports: Ports, wanted: PolicyFilter) -> Sequence[Clause]:
    clauses: list[Clause] = []
    if wanted.zone is not None:
        clauses.append(In("scope", scopes_of(wanted.zone)))
    if wanted.standing is None and not counts_illustrative(ports.settings):
        clauses.append(In("standing", ("in_force", "historical")))
    for name in ("standing", "instrument", "status"):
        value = getattr(wanted, name)
        if value is not None:
            clauses.append(Eq(name, value))
    if wanted.drafted:
        clauses.append(Range("draft.author", low=""))
    if wanted.text and wanted.text.strip():
        clauses.append(Matches(wanted.text))
    return clauses


def _zone(library: Library, profile: ZoneProfile, day: date) -> ZoneAnswer:
    here = sum(profile.id.value in each.zones for each in library.current.effective(day))
    return ZoneAnswer(**dict(profile), policies=here)


def _item(record: Record, day: date) -> dict[str, Any]:
    body = record.body
    content = body["document"] or body["draft"]["document"]
    valid, cleanup = content["valid"], content["cleanup"]
    return {
        "id": record.id,
        "revision": record.revision,
        "version": body["version"],
        "status": body["status"],
        **{name: content[name] for name in ("title", "title_en", "standing", "instrument", "beneficiary")},
        **{name: content[name] for name in ("claim_mode", "summary", "exclusive_group")},
        "scope": body["scope"],
        "zones": list(PolicyScope.model_validate(content["scope"]).zones),
        "benefit": content["benefit"]["text"],
        "valid": valid,
        "in_effect": _holds(valid, day.isoformat()),
        "cleanup_reason": cleanup["reason"] if cleanup and cleanup["pending"] else None,
        "has_draft": body["draft"] is not None,
    }


def _drafting(record: Record, principal: Principal) -> dict[str, Any]:
    """How far a draft has come, for those who write and review."""
    draft = record.body["draft"]
    if draft is None or principal.role not in AUTHORS:
        return {}
    review = draft["review"]
    state = "unreviewed" if review is None else "approved" if review["approved"] else "turned_down"
    return {"draft_state": state, "draft_author": draft["author"]}


def _holds(valid: dict[str, Any], day: Day) -> bool:
    return bool(valid["from"]) and valid["from"] <= day and (valid["until"] is None or day <= valid["until"])


def _draft(content: dict[str, Any]) -> DraftAnswer:
    given = content["review"] or {}
    return DraftAnswer(
        document=stored_policy(content["document"], "draft"),
        author=content["author"],
        author_name=content["author_name"],
        at=content["at"],
        approved=given.get("approved"),
        conclusion=given.get("conclusion"),
        basis=given.get("basis"),
        reviewer=given.get("reviewer"),
        ground=given.get("ground"),
        until=given.get("until"),
        overrides=given.get("overrides", []),
    )
