"""The first catalogue: the policies that come with the product, which never replace what an editor changed."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from kit.clock import to_text
from kit.errors import AlreadyExists
from kit.ports import Ports
from kit.store.port import Record, Scope, Write
from services.incentives.catalogue import catalogue_version, content_hash
from services.incentives.commands.publication import (
    EARLIER,
    published_body,
    published_event,
    until_it_begins,
    version_record,
)
from services.incentives.policy import Policy
from services.incentives.policy_folder import read_folder
from services.incentives.repository import CATALOGUE, POLICIES, VERSIONS, events_of, readable, today
from services.incentives.settings import POLICIES as FOLDER
from services.incentives.settings import counts_illustrative

log = logging.getLogger(__name__)

_SCOPE: Final = Scope.system("seeding policies")
_READERS: Final = frozenset({"public", CATALOGUE})


async def seed_policies(ports: Ports) -> int:
    """Publish what the files say and the store does not; how many. An office starts without any.

    A file that cannot be used is told in the log and left out: what was published of it before goes on to count.
    """
    if not counts_illustrative(ports.settings):
        return 0
    found = await asyncio.to_thread(read_folder, FOLDER)
    for problem in found.problems:
        log.error("policy file left out, what was published before goes on to count: %s", problem)
    policies = found.policies
    stored = {record.id: record async for record in ports.store.scan(POLICIES.name, _SCOPE)}
    seeds = {policy.id: content_hash(policy) for policy in policies}
    writes: list[Write] = []
    fresh = [numbered for policy in policies if (numbered := _fresh(policy, stored.get(policy.id))) is not None]
    kept = readable(record.body["document"] for record in stored.values() if record.body["document"])
    version = catalogue_version({each.id: each for each in (*kept, *fresh)}.values(), illustrative=True)
    for policy in fresh:
        writes += _publishing(ports, policy, seeds[policy.id], stored.get(policy.id), version)
    for outcome in await ports.store.save_many(writes):
        if isinstance(outcome, Exception) and not isinstance(outcome, AlreadyExists):
            raise outcome
    return len(writes) // 2


def _fresh(policy: Policy, record: Record | None) -> Policy | None:
    """The policy under its number, where the store does not have it yet; None where it does, or an editor's."""
    if record is None:
        return policy
    if record.body["origin"] != "seed" or record.body["seed"] == content_hash(policy):
        return None
    stored = readable([record.body["document"]])
    if stored == [policy.model_copy(update={"version": record.body["version"]})]:
        return None
    return policy.model_copy(update={"version": max(policy.version, record.body["version"] + 1)})


def _publishing(ports: Ports, policy: Policy, seed: str, record: Record | None, catalogue: str) -> list[Write]:
    """The version first, then the policy that names it: a crash in between leaves nothing that anybody sees."""
    at = to_text(ports.clock.now())
    base = record or Record(policy.id, {}, _READERS)
    before = EARLIER if record is None else record.body
    body = published_body(policy, at=at, origin="seed", seed=seed, before=before) | {"draft": base.body.get("draft")}
    body = until_it_begins(body, before, today(ports))
    event = published_event(policy, catalogue)
    events = events_of(ports, f"policy-{policy.id}", base.revision + 1, event)
    return [
        Write(VERSIONS.name, version_record(policy, by="seed", at=at)),
        Write(POLICIES.name, base.with_body(body, _READERS), events),
    ]
