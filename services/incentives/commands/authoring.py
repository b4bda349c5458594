"""From draft to published policy: one person writes, another reviews, and only what was reviewed is published."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from contracts.audit import AuditedChange
from contracts.incentives import IncentivesAudited
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, Stale
from kit.ports import Ports
from kit.store.port import Record, Scope
from operating.idempotency import RequestKey, remember, replay
from services.incentives.auditing import told
from services.incentives.catalogue import catalogue_version
from services.incentives.commands.gate import check_beside, check_review, publishable
from services.incentives.commands.publication import published_body, published_event, until_it_begins, version_record
from services.incentives.commands.soundness import sound
from services.incentives.errors import DraftOfAnother, NoDraft, PolicyNotFound, ReviewOfOwnDraft
from services.incentives.lives import Life, side_by_side
from services.incentives.policy import Policy
from services.incentives.repository import (
    CATALOGUE,
    POLICIES,
    VERSIONS,
    Library,
    events_of,
    scope_of_author,
    text_hash,
    today,
)
from services.incentives.schemas import ReviewInput
from services.incentives.settings import SCHEMA

_PUBLISHED: Final = frozenset({"public", CATALOGUE})
Receipt = dict[str, Any]


async def draft(
    ports: Ports,
    editor: Principal,
    policy: Policy,
    key: RequestKey,
    *,
    text: str | None = None,
    revision: int | None = None,
) -> Receipt:
    """Keep a draft; a new one of the same author replaces the one before and undoes its review.

    ``text`` is kept as its author wrote it, comments and all. ``revision`` is what they began with, where they say so.

    Raises:
        DraftOfAnother: somebody else is at work on this policy.
        Stale: it changed since they began.
    """
    record = await ports.store.get(POLICIES.name, scope_of_author(editor), policy.id)
    if record is not None and (known := replay(record, key)) is not None:
        return known
    open_draft = record.body["draft"] if record is not None else None
    if open_draft is not None and open_draft["author"] != editor.account:
        raise DraftOfAnother(f"「{policy.title}」已有 {open_draft['author_name']} 的草稿，请与其商量，或另用编号。")
    base = record or Record(policy.id, _unpublished(policy), frozenset({CATALOGUE}))
    if revision not in (None, base.revision):
        raise Stale(
            "打开以后，这份草稿在别处改过；没有保存。请核对现在的草稿，再决定以哪一份为准。", revision=base.revision
        )
    described = _unpublished(policy) if base.body["status"] == "draft" else {}
    fresh = base.with_body(base.body | described | {"draft": _content(ports, editor, policy, text)})
    try:
        return await _save(ports, fresh, key, told(ports, editor, "policy.drafted", f"policy:{policy.id}"))
    except AlreadyExists:
        if record is None and await _is_out_of_sight(ports, editor, policy.id):
            raise DraftOfAnother(f"编号「{policy.id}」已被使用，请另用编号。") from None
        return await draft(ports, editor, policy, key, text=text, revision=revision)


def _content(ports: Ports, editor: Principal, policy: Policy, text: str | None) -> dict[str, Any]:
    return {
        "document": policy.model_dump(mode="json", by_alias=True),
        "text": text,
        "author": editor.account,
        "author_name": editor.name or editor.account,
        "at": to_text(ports.clock.now()),
        "review": None,
    }


async def _is_out_of_sight(ports: Ports, editor: Principal, id: str) -> bool:
    """Asking again and again for what one may not read would never end."""
    return await ports.store.get(POLICIES.name, scope_of_author(editor), id) is None


async def review(
    ports: Ports, reviewer: Principal, id: str, conclusion: ReviewInput, revision: int, key: RequestKey
) -> Receipt:
    """Record a fair-competition review of the open draft.

    Raises:
        PolicyNotFound: there is no such policy.
        NoDraft: nothing waits for review.
        ReviewOfOwnDraft: the reviewer wrote it.
        InvalidReview: it cannot be recorded as it is.
        Stale: it changed since it was read.
    """
    record, known = await opened(ports, reviewer, id, revision, key)
    if known is not None:
        return known
    content = _draft_of(record)
    if content["author"] == reviewer.account:
        raise ReviewOfOwnDraft("公平竞争审查应由起草人以外的人进行，请另请审查员。")
    check_review(conclusion, today(ports))
    given = conclusion.model_dump(mode="json") | {
        "reviewer_account": reviewer.account,
        "reviewer": reviewer.name or reviewer.account,
        "on": today(ports).isoformat(),
        "of": text_hash(content["document"]),
    }
    body = record.body | {"draft": content | {"review": given}}
    act = told(ports, reviewer, "policy.reviewed", f"policy:{id}", changes=_concluded(conclusion))
    return await _save(ports, record.with_body(body), key, act)


def _concluded(conclusion: ReviewInput) -> list[AuditedChange]:
    """What the log is told of a review: which rules were answered, not how."""
    said = {
        "approved": str(conclusion.approved).lower(),
        "ground": conclusion.ground,
        "until": conclusion.until and conclusion.until.isoformat(),
        "overrides": " ".join(each.rule for each in conclusion.overrides),
    }
    return [AuditedChange(field=field, after=after) for field, after in said.items() if after]


async def publish(
    ports: Ports, library: Library, editor: Principal, id: str, revision: int, key: RequestKey
) -> Receipt:
    """Make the reviewed draft the version that counts from its first day on, or at once where that is past.

    Raises:
        PolicyNotFound: there is no such policy.
        NoDraft: nothing waits to be published.
        NotReviewed: no other person has approved it.
        ReviewOfAnotherText: what was approved is not what the draft says now.
        ReviewEnded: the review holds no longer.
        UnansweredFlags: it touches rules of fair competition for which no reason was given.
        CatalogueFull: there are too many policies.
        TopUpsInCircle: policies would make up each other's differences.
        Stale: it changed since it was read.
    """
    record, known = await opened(ports, editor, id, revision, key)
    if known is not None:
        return known
    policy = await asyncio.to_thread(sound, publishable(record, _draft_of(record), today(ports)))
    check_beside(policy, library.current.policies)
    at = to_text(ports.clock.now())
    try:
        await ports.store.save(VERSIONS.name, version_record(policy, by=editor.account, at=at))
    except AlreadyExists:
        await _replace_orphan(ports, policy, editor.account, at)
    day = today(ports)
    body = published_body(policy, at=at, origin="editor", seed=record.body.get("seed"), before=record.body)
    version = _catalogue_with(library, policy, Life.stored(body), day)
    body = until_it_begins(body, record.body, day)
    receipt = receipt_of(id, record.revision + 1, body)
    change = AuditedChange(field="version", before=str(record.body["version"]), after=str(body["version"]))
    act = told(ports, editor, "policy.published", f"policy:{id}", changes=[change])
    events = events_of(ports, f"policy-{id}", record.revision + 1, published_event(policy, version), act)
    await ports.store.save(POLICIES.name, remember(record.with_body(body, _PUBLISHED), key, receipt), events)
    await library.refresh()
    return receipt


def _catalogue_with(library: Library, policy: Policy, life: Life, day: date) -> str:
    """The name of today's catalogue once a version is published: the same where it begins later."""
    if life.version_on(day) != policy.version:
        return library.current.version
    others = [each.policy for each in library.current.policies.values() if each.policy.base != policy.id]
    here = side_by_side(library.with_draft(policy, life, day))
    return catalogue_version([*others, *here], illustrative=library.current.illustrative)


async def _replace_orphan(ports: Ports, policy: Policy, by: str, at: str) -> None:
    """A publication that died before the policy named its version left one that nobody has seen: use its place."""
    fresh = version_record(policy, by=by, at=at)
    stored = await ports.store.get(VERSIONS.name, Scope.of(_PUBLISHED), fresh.id)
    if stored is not None and stored.body["document"] != fresh.body["document"]:
        await ports.store.save(VERSIONS.name, stored.with_body(fresh.body))


async def opened(
    ports: Ports, principal: Principal, id: str, revision: int, key: RequestKey
) -> tuple[Record, Receipt | None]:
    """A policy at the revision that somebody read, or what this very request was answered before.

    Raises:
        PolicyNotFound: there is no such policy.
        Stale: it changed since it was read.
    """
    record = await ports.store.get(POLICIES.name, scope_of_author(principal), id)
    if record is None:
        raise PolicyNotFound("没有这项政策，请从政策库重新打开。")
    known = replay(record, key)
    if known is None and record.revision != revision:
        raise Stale("这项政策刚被他人更改，请重新打开、核对后再操作。", revision=record.revision)
    return record, known


def _draft_of(record: Record) -> dict[str, Any]:
    content: dict[str, Any] | None = record.body["draft"]
    if content is None:
        raise NoDraft("这项政策没有待处理的草稿；修改请先提交新的草稿。")
    return content


def _unpublished(policy: Policy) -> dict[str, Any]:
    return {
        "schema_number": SCHEMA,
        "status": "draft",
        "version": 0,
        "title": policy.title,
        "summary": policy.summary,
        "scope": policy.scope.key,
        "standing": policy.standing,
        "instrument": policy.instrument,
        "document": None,
        "draft": None,
        "origin": "editor",
        "seed": None,
        "published_at": None,
    }


async def _save(ports: Ports, record: Record, key: RequestKey, act: IncentivesAudited) -> Receipt:
    receipt = receipt_of(record.id, record.revision + 1, record.body)
    events = events_of(ports, f"policy-{record.id}", record.revision + 1, act)
    await ports.store.save(POLICIES.name, remember(record, key, receipt), events)
    return receipt


def receipt_of(id: str, revision: int, body: Mapping[str, Any]) -> Receipt:
    """What is answered to a change."""
    return {
        "id": id,
        "revision": revision,
        "status": body["status"],
        "version": body["version"],
        "draft": body["draft"] is not None,
    }
