"""Zones and policies as each may read them: companies what holds, the office everything, its authors drafts as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from pydantic import Field

from contracts.vocabulary.zones import ZoneId
from kit.ports import Ports
from kit.store.port import Clause, Eq, In, Matches, Range, Record, Sort
from kit.web import Paging
from services.incentives.catalogue import Catalogue
from services.incentives.errors import PolicyNotFound, ZoneNotFound
from services.incentives.lives import state_of, visible
from services.incentives.policy import stored_policy
from services.incentives.policy.schema import Instrument, scopes_of
from services.incentives.queries.policy_answers import (
    DraftAnswer,
    PhaseAnswer,
    PolicyDetail,
    VersionAnswer,
    WithdrawalAnswer,
    ZoneAnswer,
    ZonePage,
)
from services.incentives.queries.shelf import Seen, Shelf
from services.incentives.repository import POLICIES, Library, text_hash
from services.incentives.schemas import StandingName, Status
from services.incentives.settings import counts_illustrative
from services.incentives.zone_profile import ZoneProfile

ROUNDS: Final = 20
"""So often the store is asked for one page, most of which the reader may not see; the rest is behind ``next``."""


class PolicyFilter(Paging):
    """Which policies a list shows."""

    zone: ZoneId | None = None
    standing: StandingName | None = None
    instrument: Instrument | None = None
    status: Status | None = None
    q: str | None = Field(None, max_length=100, description="标题和摘要中的文字")
    has_draft: bool = Field(False, description="只看有草稿的")


def zones(library: Library, catalogue: Catalogue, day: date) -> ZonePage:
    """Every zone."""
    return ZonePage(items=[_zone(catalogue, profile, day) for profile in library.zones.values()])


def zone(library: Library, catalogue: Catalogue, id: str, day: date) -> ZoneAnswer:
    """One zone.

    Raises:
        ZoneNotFound: there is none of this id.
    """
    if id not in library.zones:
        raise ZoneNotFound(f"没有「{id}」这个区，可用：{'、'.join(library.zones)}。")
    return _zone(catalogue, library.zones[id], day)


async def policies(shelf: Shelf, wanted: PolicyFilter) -> dict[str, Any]:
    """A page of policies in the order of their titles; what the reader may not see takes no place on it."""
    clauses, cursor = _clauses(shelf.ports, wanted), wanted.cursor
    shown: list[dict[str, Any]] = []
    if wanted.status not in (None, "published") and not shelf.staff:
        return {"items": [], "next": None}
    for _ in range(ROUNDS):
        page = await shelf.ports.store.find(
            POLICIES.name, shelf.scope, clauses, sort=Sort("title"), limit=wanted.limit - len(shown), cursor=cursor
        )
        for record in page.records:
            found = await shelf.seen(record)
            if found is not None and wanted.status in (None, found.status):
                shown.append(_item(found) | _drafting(record, shelf))
        cursor = page.next
        if cursor is None or len(shown) == wanted.limit:
            break
    return {"items": shown, "next": cursor}


async def policy(shelf: Shelf, id: str) -> PolicyDetail:
    """One policy.

    Raises:
        PolicyNotFound: there is none, or none that the reader may see.
    """
    found = await seen(shelf, id)
    body = found.record.body
    draft = body["draft"]
    published = found.policy.version if body["version"] else None
    version = None if published is None else await shelf.version(id, published)
    return PolicyDetail(
        **_item(found),
        **_drafting(found.record, shelf),
        document=shelf.without_hidden(found.policy),
        content_hash=None if version is None else text_hash(version.body["document"]),
        versions=list(range(1, body["version"] + 1)) if shelf.staff else [found.policy.version],
        history=_history(shelf, found) if shelf.staff else [],
        published_at=body["published_at"],
        withdrawals=[_withdrawal(each) for each in body.get("acts", ()) if each["version"] is None]
        if shelf.staff
        else [],
        draft=_draft(draft) if draft is not None and shelf.author else None,
    )


async def version(shelf: Shelf, id: str, number: int) -> VersionAnswer:
    """One version of a policy, as it was when it counted; companies see the one that is in effect.

    Raises:
        PolicyNotFound: there is no such policy or version, or none that the reader may see.
    """
    found = await seen(shelf, id)
    stored = await shelf.version(id, number)
    if stored is None or number > found.record.body["version"] or not shelf.may_read(found, number):
        raise PolicyNotFound(f"「{found.policy.title}」没有第 {number} 版，现行为第 {found.policy.version} 版。")
    document = stored_policy(stored.body["document"], id)
    return VersionAnswer(
        policy=id,
        published_at=stored.body["at"],
        **_phase(found, number, state_of(document, shelf.day, found.life), document.valid.until),
        content_hash=text_hash(stored.body["document"]),
        document=shelf.without_hidden(document),
    )


async def seen(shelf: Shelf, id: str) -> Seen:
    """A policy as the reader sees it.

    Raises:
        PolicyNotFound: there is none, or none that the reader may see.
    """
    record = await shelf.ports.store.get(POLICIES.name, shelf.scope, id)
    found = None if record is None else await shelf.seen(record)
    if found is None:
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    illustrative = found.policy.standing == "illustrative"
    if illustrative and not counts_illustrative(shelf.ports.settings) and not shelf.author:
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    return found


def _clauses(ports: Ports, wanted: PolicyFilter) -> Sequence[Clause]:
    clauses: list[Clause] = []
    if wanted.zone is not None:
        clauses.append(In("scope", scopes_of(wanted.zone)))
    if wanted.standing is None and not counts_illustrative(ports.settings):
        clauses.append(In("standing", ("in_force", "historical")))
    for name in ("standing", "instrument"):
        value = getattr(wanted, name)
        if value is not None:
            clauses.append(Eq(name, value))
    if wanted.status is not None:
        clauses.append(Eq("status", "draft" if wanted.status == "draft" else "published"))
    if wanted.has_draft:
        clauses.append(Range("draft.author", low=""))
    if wanted.q and wanted.q.strip():
        clauses.append(Matches(wanted.q))
    return clauses


def _zone(catalogue: Catalogue, profile: ZoneProfile, day: date) -> ZoneAnswer:
    """A zone with the number of policies that companies find there: what they may not see is in no count."""
    here = (each for each in catalogue.effective(day) if profile.id.value in each.zones)
    return ZoneAnswer(**dict(profile), policies=sum(visible(each.policy, day, staff=False) for each in here))


def _item(found: Seen) -> dict[str, Any]:
    record, policy = found.record, found.policy
    valid, cleanup = policy.valid, policy.cleanup
    names = ("title", "title_en", "standing", "instrument", "beneficiary", "claim_mode", "summary", "exclusive_group")
    return {
        "id": record.id,
        "revision": record.revision,
        "version": policy.version if record.body["version"] else 0,
        "status": found.status,
        **{name: getattr(policy, name) for name in names},
        "scope": policy.scope.key,
        "zones": list(policy.scope.zones),
        "benefit": policy.benefit.text,
        "valid": valid.model_dump(mode="json", by_alias=True),
        "in_effect": found.status == "published" and valid.holds(found.day),
        "hidden_because": found.hidden,
        "next_version": found.next and found.next.version,
        "next_from": found.next and found.next.first.isoformat(),
        "cleanup_reason": cleanup.reason if cleanup is not None and cleanup.pending else None,
        "has_draft": record.body["draft"] is not None,
    }


def _phase(found: Seen, number: int, status: Status, until: date | None) -> dict[str, Any]:
    """The days of a version: until another takes its place, or its own term (``until``) is over."""
    phase = found.life.phase_of(number)
    last = None if phase is None else min(phase.last, until or date.max)
    return {
        "version": number,
        "status": status,
        "first_day": None if phase is None or phase.first == date.min else phase.first.isoformat(),
        "last_day": None if last is None or last == date.max else last.isoformat(),
    }


def _history(shelf: Shelf, found: Seen) -> list[PhaseAnswer]:
    answers = []
    for number in (act.version for act in found.life.acts if act.version is not None):
        policy = shelf.library.policy(found.record.id, number)
        until = None if policy is None else policy.valid.until
        answers.append(PhaseAnswer(**_phase(found, number, shelf.status(found, number), until)))
    return answers


def _withdrawal(act: Mapping[str, Any]) -> WithdrawalAnswer:
    return WithdrawalAnswer(from_=act["from"], reason=act["reason"], by=act["by_name"], at=act["at"])


def _drafting(record: Record, shelf: Shelf) -> dict[str, Any]:
    """How far a draft has come, for those who write and review."""
    draft = record.body["draft"]
    if draft is None or not shelf.author:
        return {}
    review = draft["review"]
    state = "unreviewed" if review is None else "approved" if review["approved"] else "turned_down"
    return {"draft_state": state, "draft_author": draft["author"]}


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
