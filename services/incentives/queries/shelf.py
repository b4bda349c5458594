"""Policies as one reader sees them on a day: which version, what has become of it, and whether they may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from kit.auth import Principal
from kit.ports import Ports
from kit.store.port import Record, Scope
from services.incentives.lives import Hidden, Life, Phase, State, hidden_on, state_of, visible
from services.incentives.policy import Policy, chained, stored_policy, version_id
from services.incentives.repository import VERSIONS, Library, scope_of_author

STAFF: Final = frozenset({"officer", "bureau_officer", "manager", "policy_editor", "reviewer", "administrator"})
"""Who works for the city; everybody else is a company, or speaks for one."""
AUTHORS: Final = frozenset({"policy_editor", "reviewer", "administrator"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A policy as it is on a day; ``policy`` is the draft where nothing was ever published."""

    record: Record
    policy: Policy
    life: Life
    day: date
    status: State | Literal["draft"]
    hidden: Hidden | None
    next: Phase | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is to read for somebody as of a day."""

    ports: Ports
    library: Library
    principal: Principal
    day: date

    @property
    def staff(self) -> bool:
        """Whether the reader sees what companies do not."""
        return self.principal.role in STAFF

    @property
    def author(self) -> bool:
        """Whether the reader sees drafts."""
        return self.principal.role in AUTHORS

    @property
    def scope(self) -> Scope:
        """What of the store is the reader's."""
        return scope_of_author(self.principal) if self.author else self.principal.scope

    async def seen(self, record: Record) -> Seen | None:
        """The policy, unless the reader may not see it that day."""
        life = Life.stored(record.body)
        number = life.told_on(self.day)
        if number is None:
            draft = stored_policy(record.body["draft"]["document"], record.id)
            return Seen(record, draft, life, self.day, "draft", None, None)
        policy = await self._policy(record, number)
        if not visible(policy, self.day, staff=self.staff, life=life):
            return None
        status, hidden = state_of(policy, self.day, life), hidden_on(policy, self.day, life)
        return Seen(record, policy, life, self.day, status, hidden, self._next(life) if self.staff else None)

    async def version(self, id: str, number: int) -> Record | None:
        """One stored version."""
        return await self.ports.store.get(VERSIONS.name, self.scope, version_id(id, number))

    def status(self, found: Seen, number: int) -> State:
        """What has become of a version by the day; of one that is in effect on no day its own term is no matter."""
        policy = self.library.policy(found.record.id, number)
        return found.life.became(number, self.day) if policy is None else state_of(policy, self.day, found.life)

    def may_read(self, found: Seen, number: int) -> bool:
        """Whether the reader may read a version: companies the one in effect, and those that go on beside it."""
        if self.staff or number == found.policy.version:
            return True
        beside = chained(self.library.versions(found.record.id, self.day))[1:]
        return any(each.version == number and visible(each, self.day, staff=False) for each in beside)

    def without_hidden(self, policy: Policy) -> Policy:
        """The text; to companies it names no other policy that they may not see."""
        if self.staff or not policy.tops_up:
            return policy
        shown = [id for id in policy.tops_up if self._shows(id)]
        return policy.model_copy(update={"tops_up": shown or None})

    def _shows(self, id: str) -> bool:
        life = self.library.life(id)
        number = life.version_on(self.day)
        policy = None if number is None else self.library.policy(id, number)
        return policy is not None and visible(policy, self.day, staff=self.staff, life=life)

    async def _policy(self, record: Record, number: int) -> Policy:
        """The text of a version; of one that another replica has just published, from the store."""
        known = self.library.policy(record.id, number)
        if known is not None:
            return known
        stored = await self.version(record.id, number)
        return stored_policy((record if stored is None else stored).body["document"], record.id)

    def _next(self, life: Life) -> Phase | None:
        """What takes the place of the version told of, or that version itself where it has not begun."""
        coming = life.next_after(self.day)
        return coming if coming is not None and coming.version is not None else None
